"""How long a vendor asks to wait, in whatever form it says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import cast

from batuta.core.clock import machine_time
from batuta.models.vendors.usage import mapping

_UNITS: dict[str, float] = dict(
    zip("ms s m h d".split(), (0.001, 1.0, 60.0, 3600.0, 86400.0), strict=True)
)
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)(?![a-z])", re.IGNORECASE)
_SAID = re.compile(
    r"(?:try again|retry|wait)[^.\d]{0,30}?(?:in|after|for)?\s*((?:\d+(?:\.\d+)?\s*"
    r"(?:ms|milliseconds?|s|sec(?:onds?)?|m|min(?:utes?)?|h|hours?|d|days?)(?![a-z])\s*)+)",
    re.IGNORECASE,
)
_LONG = re.compile(r"(millisecond|second|sec|minute|min|hour|day)s?\b", re.IGNORECASE)
_SHORT: dict[str, str] = dict(
    zip("millisecond second sec minute min hour day".split(), "ms s s m m h d".split(), strict=True)
)
_LIMITS = ("requests", "tokens")


def pause_s(headers: Mapping[str, str], body: object, words: str) -> float | None:
    """Give the seconds to wait, from headers, body or words; None where nothing says so."""
    lower = {name.lower(): value for name, value in headers.items()}
    millis = _number(lower.get("retry-after-ms", ""))
    if millis is not None:
        return millis / 1000
    for found in (
        _header(lower.get("retry-after", "")),
        _in_body(body),
        _in_words(words),
        _reset(lower),
    ):
        if found is not None:
            return found
    return None


def _header(value: str) -> float | None:
    """Read seconds, whole or not, or a date."""
    seconds = _number(value)
    if seconds is not None:
        return seconds
    spanned = _span(value)
    if spanned is not None:
        return spanned
    try:
        return _until(parsedate_to_datetime(value))
    except (ValueError, TypeError):
        return None


def _in_body(body: object) -> float | None:
    """Read Google's ``RetryInfo``, and a plain field."""
    for one in cast("list[object]", body) if isinstance(body, list) else [body]:
        error = mapping(mapping(one).get("error")) or mapping(one)
        found = _number(
            str(error.get("retry_after") or mapping(error.get("metadata")).get("retry_after") or "")
        )
        if found is not None:
            return found
        details = error.get("details")
        for detail in cast("list[object]", details) if isinstance(details, list) else []:
            delay = _span(str(mapping(detail).get("retryDelay") or ""))
            if delay is not None:
                return delay
    return None


def _in_words(words: str) -> float | None:
    """Read "Please try again in 6m0s", "retry after 20 seconds" and their like."""
    said = _SAID.search(words)
    if said is None:
        return None
    return _span(_LONG.sub(lambda m: _SHORT[m[1].lower()], said[1]))


def _reset(headers: Mapping[str, str]) -> float | None:
    """Read when a limit that is used up is renewed: OpenAI's and Anthropic's headers."""
    waits: list[float] = []
    for limit in _LIMITS:
        for remaining, reset in (
            (f"x-ratelimit-remaining-{limit}", f"x-ratelimit-reset-{limit}"),
            (f"anthropic-ratelimit-{limit}-remaining", f"anthropic-ratelimit-{limit}-reset"),
        ):
            if _number(headers.get(remaining, "")) == 0:
                wait = _span(headers.get(reset, "")) or _moment(headers.get(reset, ""))
                waits += [wait] if wait is not None else []
    return max(waits, default=None)


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


def _until(moment: datetime) -> float | None:
    if moment.tzinfo is None:
        return None
    return max(0.0, (moment - machine_time()).total_seconds())
