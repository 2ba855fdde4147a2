"""How long a vendor asks to wait, in whatever form it says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

from batuta.core.clock import machine_time

_UNITS: dict[str, float] = dict(
    zip("ms s m h d".split(), (0.001, 1.0, 60.0, 3600.0, 86400.0), strict=True)
)
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)(?![a-z])", re.IGNORECASE)
_LENGTHS = r"ms|milliseconds?|s|sec(?:onds?)?|m|min(?:utes?)?|h|hours?|d|days?"
_ONE = rf"\d+(?:\.\d+)?\s*(?:{_LENGTHS})(?![a-z])"
_SAID = re.compile(
    r"(?:try again|retry|wait|available)[^.\d]{0,30}?(?:in|after|for)?\s*"
    rf"((?:{_ONE}(?:\s*,?\s*(?:and\s+)?)?)+)",
    re.IGNORECASE,
)
_LONG = re.compile(r"(millisecond|second|sec|minute|min|hour|day)s?\b", re.IGNORECASE)
_SHORT: dict[str, str] = dict(
    zip("millisecond second sec minute min hour day".split(), "ms s s m m h d".split(), strict=True)
)
# https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers: r is what is left, t when
# more comes (read 2026-11).
_POLICY = re.compile(r"\br=0\b[^,]*?\bt=(\d+)")
_EPOCH_S = 1e9
_EPOCH_MS = 1e12
_DEEPEST = 5


def pause_s(headers: Mapping[str, str], body: object, words: str) -> float | None:
    """Give the seconds to wait, from headers, body or words; None where nothing says so."""
    found = _asked_for(headers)
    for read in (lambda: _in_body(body, 0), lambda: _in_words(words), lambda: _renewed(headers)):
        found = read() if found is None else found
    return found


def _asked_for(headers: Mapping[str, str]) -> float | None:
    """Read a header that says when to come back; milliseconds are the more exact."""
    plain = {_letters(name): value for name, value in headers.items()}
    for name, value in plain.items():
        if name.endswith("retryafterms") and (millis := _number(value)) is not None:
            return millis / 1000
    return next(
        (_time(value) for name, value in plain.items() if name.endswith("retryafter")), None
    )


def _renewed(headers: Mapping[str, str]) -> float | None:
    """Read when a limit that is used up is renewed, of all such limits the last."""
    lower = {name.lower(): str(value) for name, value in headers.items()}
    waits: list[float | None] = []
    for name, value in lower.items():
        if "remaining" in name and _number(value) == 0:
            waits.append(_time(lower.get(name.replace("remaining", "reset"), "")))
        elif name == "ratelimit":
            waits += [float(each) for each in _POLICY.findall(value)]
    return max((wait for wait in waits if wait is not None), default=None)


def _in_body(node: object, depth: int) -> float | None:
    """Read Google's ``RetryInfo``, a plain field, or headers that a gateway hands on."""
    if depth > _DEEPEST:
        return None
    if isinstance(node, list):
        return _first(_in_body(each, depth + 1) for each in cast("Sequence[object]", node))
    if not isinstance(node, Mapping):
        return None
    fields = cast("Mapping[str, Any]", node)
    told = _first(_field(name, value) for name, value in fields.items())
    if told is not None:
        return told
    inner = _first(_in_body(value, depth + 1) for value in fields.values())
    if inner is not None or not isinstance(fields.get("headers"), Mapping):
        return inner
    return _renewed(cast("Mapping[str, str]", fields["headers"]))


def _field(name: str, value: object) -> float | None:
    """Read a field that names a pause."""
    if not isinstance(value, str | int | float):
        return None
    plain, text = _letters(name), str(value)
    if plain in {"retryafterms", "retryaftermilliseconds"}:
        millis = _number(text)
        return None if millis is None else millis / 1000
    if plain in {"retryafter", "retryafterseconds", "retryafters", "retrydelay", "estimatedtime"}:
        return _time(text)
    return None


def _in_words(words: str) -> float | None:
    """Read "Please try again in 6m0s", "retry after 20 seconds" and their like."""
    said = _SAID.search(words)
    if said is None:
        return None
    return _span(_LONG.sub(lambda m: _SHORT[m[1].lower()], said[1]))


def _time(value: str) -> float | None:
    """Read seconds, whole or not, a span, a date, or a moment; of several the first."""
    value = value.strip()
    number = _number(value.partition(",")[0] if value[:1].isdigit() else value)
    if number is not None:
        moment = number / 1000 if number > _EPOCH_MS else number
        now = machine_time().timestamp()
        return max(0.0, moment - now) if moment > _EPOCH_S else number
    for read in (_moment, _date, _span):
        found = read(_LONG.sub(lambda m: _SHORT[m[1].lower()], value) if read is _span else value)
        if found is not None:
            return found
    return None


def _number(value: str) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None


def _span(value: str) -> float | None:
    found = _SPAN.findall(value)
    return sum(float(n) * _UNITS[unit.lower()] for n, unit in found) if found else None


def _moment(value: str) -> float | None:
    try:
        return _until(datetime.fromisoformat(value))
    except ValueError:
        return None


def _date(value: str) -> float | None:
    try:
        return _until(parsedate_to_datetime(value))
    except (ValueError, TypeError):
        return None


def _until(moment: datetime) -> float | None:
    if moment.tzinfo is None:
        return None
    return max(0.0, (moment - machine_time()).total_seconds())


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _first(waits: Iterator[float | None]) -> float | None:
    return next((wait for wait in waits if wait is not None), None)
