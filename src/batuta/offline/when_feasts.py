"""Days with a name of their own, as an English speaker would use them for a date."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

_FIXED = {
    "christmas eve": (12, 24),
    "xmas eve": (12, 24),
    "christmas": (12, 25),
    "christmas day": (12, 25),
    "xmas": (12, 25),
    "boxing day": (12, 26),
    "new year's eve": (12, 31),
    "new years eve": (12, 31),
    "new year's day": (1, 1),
    "new years day": (1, 1),
    "new year's": (1, 1),
    "new year": (1, 1),
    "valentine's day": (2, 14),
    "valentines day": (2, 14),
    "st valentine's day": (2, 14),
    "st patrick's day": (3, 17),
    "st patricks day": (3, 17),
    "st paddy's day": (3, 17),
    "independence day": (7, 4),
    "halloween": (10, 31),
    "halloween day": (10, 31),
    "veterans day": (11, 11),
}
_FLOATING = {
    "martin luther king day": (1, 0, 3),
    "mlk day": (1, 0, 3),
    "mother's day": (5, 6, 2),
    "mothers day": (5, 6, 2),
    "memorial day": (5, 0, -1),
    "father's day": (6, 6, 3),
    "fathers day": (6, 6, 3),
    "labor day": (9, 0, 1),
    "thanksgiving": (11, 3, 4),
    "thanksgiving day": (11, 3, 4),
}
_FROM_EASTER = {
    "shrove tuesday": -47,
    "pancake day": -47,
    "ash wednesday": -46,
    "mothering sunday": -21,
    "palm sunday": -7,
    "maundy thursday": -3,
    "good friday": -2,
    "easter saturday": -1,
    "easter": 0,
    "easter sunday": 0,
    "easter day": 0,
    "easter monday": 1,
    "ascension day": 39,
    "whit sunday": 49,
    "pentecost": 49,
    "whit monday": 50,
}
_AMERICAN = frozenset(
    {
        *("independence day", "veterans day", "martin luther king day", "mlk day"),
        *("memorial day", "labor day", "thanksgiving", "thanksgiving day"),
    }
)
"""Days that other countries have not, or have on another date."""
_MOTHERS = frozenset({"mother's day", "mothers day"})
_AMERICA = "US"
FEASTS = "|".join(
    sorted((*_FIXED, *_FLOATING, *_FROM_EASTER, "black friday"), key=len, reverse=True)
)


def _easter(year: int) -> date:
    """Date Easter by the anonymous Gregorian computus.

    Source: Nature, 20 April 1876, as given by Meeus, Astronomical Algorithms (1991), chapter 8.
    """
    golden, century, rest = year % 19, year // 100, year % 100
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - correction + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _nth(year: int, month: int, *, weekday: int, number: int) -> date:
    if number > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - weekday) % 7)


def _in_year(name: str, year: int) -> date:
    if name in _FIXED:
        return date(year, *_FIXED[name])
    if name in _FLOATING:
        month, weekday, number = _FLOATING[name]
        return _nth(year, month, weekday=weekday, number=number)
    if name == "black friday":
        return _nth(year, 11, weekday=3, number=4) + timedelta(days=1)
    return _easter(year) + timedelta(days=_FROM_EASTER[name])


def feast(name: str, today: date, year: int | None = None, *, region: str) -> date | None:
    """Date such a day: in a year, or the next one, today included; None where it is not known."""
    if region != _AMERICA and name in _AMERICAN:
        return holiday(name, today, region=region)
    if region in ("GB", "IE") and name in _MOTHERS:
        name = "mothering sunday"
    if year is not None:
        return _in_year(name, year)
    this_year = _in_year(name, today.year)
    return this_year if this_year >= today else _in_year(name, today.year + 1)


def holiday(name: str, today: date, *, region: str) -> date | None:
    """Date the next public holiday of that name in a country, by the holidays library.

    None where there is none of the name, or the library is not installed.
    """
    wanted = _bare(name)
    known = {_bare(said): day for day, said in reversed(_public(region, today.year))}
    soon = {said: day for said, day in known.items() if day >= today}
    found = [said for said in known if said == wanted] or [
        said for said in soon if wanted in said or said in wanted
    ]
    days = [day for day, said in _public(region, today.year) if _bare(said) in found]
    return next((day for day in days if day >= today), None)


def _bare(name: str) -> str:
    plain = name.lower().replace("'s", "").replace("'", "").replace("holiday", "").split("(")[0]
    return " ".join(w for w in plain.split() if w not in ("the", "day"))


@lru_cache(maxsize=16)
def _public(region: str, year: int) -> tuple[tuple[date, str], ...]:
    try:
        import holidays
    except ImportError:
        return ()
    try:
        found = holidays.country_holidays(region, years=(year, year + 1), language="en_US")
    except NotImplementedError:  # a country that the library does not know
        return ()
    return tuple(sorted(found.items()))
