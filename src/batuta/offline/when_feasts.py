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
    "hallowe'en": (10, 31),
    "bonfire night": (11, 5),
    "guy fawkes night": (11, 5),
    "guy fawkes day": (11, 5),
    "guy fawkes": (11, 5),
    "burns night": (1, 25),
    "twelfth night": (1, 5),
    "12th night": (1, 5),
    "epiphany": (1, 6),
    "groundhog day": (2, 2),
    "st david's day": (3, 1),
    "st davids day": (3, 1),
    "international women's day": (3, 8),
    "april fools' day": (4, 1),
    "april fool's day": (4, 1),
    "april fools day": (4, 1),
    "may day": (5, 1),
    "st george's day": (4, 23),
    "st georges day": (4, 23),
    "midsummer's day": (6, 24),
    "midsummer day": (6, 24),
    "all saints' day": (11, 1),
    "all saints day": (11, 1),
    "all souls' day": (11, 2),
    "all souls day": (11, 2),
    "st andrew's day": (11, 30),
    "st andrews day": (11, 30),
    "st nicholas' day": (12, 6),
    "st nicholas day": (12, 6),
    "st stephen's day": (12, 26),
    "st stephens day": (12, 26),
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
    "mardi gras": -47,
    "pancake day": -47,
    "ash wednesday": -46,
    "mothering sunday": -21,
    "palm sunday": -7,
    "maundy thursday": -3,
    "good friday": -2,
    "easter saturday": -1,
    "holy saturday": -1,
    "easter eve": -1,
    "easter": 0,
    "easter sunday": 0,
    "easter day": 0,
    "easter monday": 1,
    "ascension day": 39,
    "whit sunday": 49,
    "pentecost": 49,
    "whit monday": 50,
    "pentecost monday": 50,
    "trinity sunday": 56,
    "corpus christi": 60,
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

    A name that only parts of the country have counts where they have it on the same day.
    None where there is none of the name, or the library is not installed.
    """
    found = _next_named(name, today, _public(region, today.year))
    if not found:
        found = _next_named(name, today, _partly(region, today.year), sure=True)
    return found[0] if found else None


def _next_named(
    name: str, today: date, public: tuple[tuple[date, str], ...], *, sure: bool = False
) -> list[date]:
    """List the days of a name to come; none where two bear it in a year and only one is wanted."""
    wanted = _bare(name)
    exact = [day for day, said in public if _bare(said) == wanted]
    wider = [day for day, said in public if wanted in _bare(said)]
    near = wider or [day for day, said in public if _bare(said) in wanted]
    days = sorted({day for day in (wider if sure else exact or near) if day >= today})
    return [] if sure and len({day.year for day in days}) < len(days) else days


def _bare(name: str) -> str:
    plain = name.lower().replace("'s", "").replace("'", "").replace("holiday", "").split("(")[0]
    return " ".join(w for w in plain.split() if w not in ("the", "day"))


@lru_cache(maxsize=16)
def _partly(region: str, year: int) -> tuple[tuple[date, str], ...]:
    """List the holidays of a country's parts."""
    if not (parts := _public(region, year)):
        return ()
    import holidays

    found: set[tuple[date, str]] = set(parts)
    for part in holidays.country_holidays(region).subdivisions:
        each = holidays.country_holidays(region, part, years=(year, year + 1), language="en_US")
        found |= set(each.items())
    return tuple(sorted(found))


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
