"""Choosing one option of a list by the preferences that a text states."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from batuta.core.model import ModelRequest
from batuta.offline.extract import last_said
from batuta.offline.options import ListedOption, json_parts, options_in
from batuta.offline.premises import now_of
from batuta.offline.schema import Field, empty, fields_of, fits
from batuta.offline.when import read_when
from batuta.offline.when_words import normalise, rx


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:5])


def _words(option: ListedOption) -> set[str]:
    plain = " ".join(
        [option.label, *(str(v) for v in option.facts.values() if v not in (None, False))]
    )
    flags = [k for k, v in option.facts.items() if v is True]
    return set(rx(r"[a-z]{3,}").findall(" ".join([plain, *flags]).lower()))


def _named(text: str, option: ListedOption) -> int:
    """Score labels that the text names ("court B") or refuses ("not court A")."""
    score = 0
    for m in re.finditer(r"\b([a-z]+) ([a-z]|\d{1,2})\b", text, re.I):
        if re.search(rf"\b{m[1]} {m[2]}\b", option.label, re.I):
            refused = rx(r"(?:not|except|anything but|but not|avoid)\s+$").search(
                text[: m.start()].lower()
            )
            score += -8 if refused else 8
    return score


def _score(text: str, option: ListedOption, wanted: int | None) -> float:
    plain = normalise(text)
    score = float(_named(text, option))
    for word in _words(option) & set(rx(r"[a-z]{3,}").findall(plain)):
        refused = rx(rf"(?:not|no|without|except)\s+(?:\w+\s+)?{word}\b").search(plain)
        score += -1 if refused else 0.5
    if option.start and wanted is not None:
        score -= abs(_minutes(option.start) - wanted) / 60
    if option.start and rx(
        r"\b(?:earliest|as early|soonest|first thing|early as possible)\b"
    ).search(plain):
        score -= _minutes(option.start) / 60
    if option.start and rx(r"\b(?:latest|as late|last thing|late as possible)\b").search(plain):
        score += _minutes(option.start) / 60
    return score


def best_of(
    options: Sequence[ListedOption], text: str, request: ModelRequest
) -> ListedOption | None:
    """Pick the option that fits the text's preferences best, the first among equals."""
    if not options:
        return None
    when = read_when(text, now_of(request.messages))
    at = when.time or when.start
    wanted = at.hour * 60 + at.minute if at else None
    return max(options, key=lambda o: _score(text, o, wanted))


def choose(request: ModelRequest, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Fill ``option_id`` and ``reason`` from the options listed in the last user message."""
    said = last_said(request.messages, "user")
    found = [options_in(part) for part in json_parts(said)]
    options = max(found, key=len, default=list[ListedOption]())
    prose = _without_json(said)
    best = best_of(options, prose, request)
    fields = fields_of(schema)
    return {f.name: _filled(f, best, options) for f in fields}


def _without_json(text: str) -> str:
    return re.sub(r"\[\s*\{.*\}\s*\]|\{.*\}", " ", text, flags=re.S)


def _filled(field: Field, best: ListedOption | None, options: Sequence[ListedOption]) -> Any:
    value: Any = None
    if best is not None and field.is_id:
        value = best.id
    elif best is not None and field.name in ("reason", "why", "explanation"):
        first = best is options[0]
        value = (
            f"{best.label} is the first that fits."
            if first
            else f"{best.label} fits the wishes best."
        )
    return value if value is not None and fits(field, value) else empty(field)
