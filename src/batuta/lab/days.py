"""Days in a scenario's texts, counted from the day on which its clock stands."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, cast

from batuta.core.scenario import DirectCall, Scenario, ScriptedAnswer, ScriptedTurn
from batuta.errors import ConfigError

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAMED = {"yesterday": -1, "today": 0, "tomorrow": 1}
_PLACE = re.compile(r"\{([^{}]*)\}")
_COUNT = re.compile(r"[+-]\d+")
_SAID = ":said"


def dated(text: str, today: dt.date) -> str:
    """Write out the days of a text.

    A weekday is the next one after today. With ``:said`` behind it a day is written as people do.

    Raises:
        ConfigError: It names a day that there is not.

    >>> dated("{tomorrow}T15:00/A ana, {saturday:said}", dt.date(2031, 3, 5))
    '2031-03-06T15:00/A ana, 8 March'
    """
    if "{" not in text:
        return text
    return _PLACE.sub(lambda found: _day(found[1], today), text)


def dated_scenario(scenario: Scenario, today: dt.date) -> Scenario:
    """Write out the days in all texts of a scenario.

    Raises:
        ConfigError: One names a day that there is not.
    """

    def lines(texts: Any) -> Any:
        return None if texts is None else tuple(dated(each, today) for each in texts)

    def calls(given: Any) -> Any:
        return None if given is None else tuple(_call(each, today) for each in given)

    try:
        return replace(
            scenario,
            turns=tuple(_turn(each, today) for each in scenario.turns),
            answers=tuple(_answer(each, today) for each in scenario.answers),
            holds=lines(scenario.holds),
            never=lines(scenario.never),
            before=calls(scenario.before),
            gold=calls(scenario.gold),
        )
    except ConfigError as error:
        raise ConfigError(f"Scenario {scenario.name}: {error.what}", error.mend) from error


def _turn(turn: str | ScriptedTurn, today: dt.date) -> str | ScriptedTurn:
    if isinstance(turn, str):
        return dated(turn, today)
    return replace(turn, say=tuple(dated(each, today) for each in turn.say))


def _answer(answer: ScriptedAnswer, today: dt.date) -> ScriptedAnswer:
    return replace(answer, say=tuple(dated(each, today) for each in answer.say))


def _call(call: DirectCall, today: dt.date) -> DirectCall:
    return replace(call, arguments=cast("Mapping[str, Any]", _values(call.arguments, today)))


def _values(value: Any, today: dt.date) -> Any:
    if isinstance(value, str):
        return dated(value, today)
    if isinstance(value, Mapping):
        inner = cast("Mapping[str, Any]", value)
        return {key: _values(each, today) for key, each in inner.items()}
    if isinstance(value, list):
        return [_values(each, today) for each in cast("list[Any]", value)]
    return value


def _day(name: str, today: dt.date) -> str:
    plain = name.removesuffix(_SAID).strip().lower()
    if plain in _WEEKDAYS:
        ahead = (_WEEKDAYS.index(plain) - today.weekday() - 1) % 7 + 1
    elif plain in _NAMED:
        ahead = _NAMED[plain]
    elif _COUNT.fullmatch(plain):
        ahead = int(plain)
    else:
        near = get_close_matches(plain, [*_NAMED, *_WEEKDAYS], n=1)
        raise ConfigError(
            f"{{{name}}} is no day",
            f"Did you mean {{{near[0]}}}?" if near else "Write {tomorrow}, {saturday} or {+3}.",
        )
    day = today + dt.timedelta(days=ahead)
    return f"{day.day} {day:%B}" if name.endswith(_SAID) else day.isoformat()
