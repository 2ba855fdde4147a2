"""Spelling out English text so that the date and time rules need to know one form of each thing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache, lru_cache, partial

from batuta.offline.spelling import mended

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
TENS = {**{word: 10 * n for n, word in enumerate(_TENS, 2)}, "fourty": 40}
ORDINALS = (
    *("zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"),
    *("ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth"),
    *("sixteenth", "seventeenth", "eighteenth", "nineteenth"),
)
TENTHS = {"twentieth": 20, "thirtieth": 30}

DAY = (
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:s|nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?"
    r"|sat(?:urday)?|(?<!the )sun|sunday)"
)
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
PICKED = (
    r"(?:one|option|slot|court|choice|available|free|open|possible|time|thing|opening|item|room"
    r"|copy|pick|1|offer|entry|suggestion|alternative|result)s?\b"
)
"""Words after an ordinal that make it a choice among things, not a day of the month."""


@cache
def rx(pattern: str) -> re.Pattern[str]:
    """Compile a pattern when it is first used."""
    return re.compile(pattern)


def weekday_number(word: str) -> int:
    """Number a weekday's name or abbreviation; Monday is 0."""
    return next(i for i, name in enumerate(WEEKDAYS) if name.startswith(word[:3]))


def month_number(word: str) -> int:
    """Number a month's name or abbreviation; January is 1."""
    return next(i for i, name in enumerate(MONTHS, 1) if name.startswith(word[:3]))


def _suffixed(number: int) -> str:
    return f"{number}th"


_PLACES = ("first", "second", "third")
"""Ordinals that stand for more than days: "whichever is first", "at first", "on second thought"."""
_DATING = (
    rf"(?<!is )(?<!comes )\b(?:the|on|for|of|until|till|by|from|to|and|or|not|{DAY},?|{MONTH}) $"
)
_DATED = rf" (?:of )?{MONTH}\b| of (?:the |this |next )?(?:month|{DAY})| {DAY}\b"
_ONE_OF_THEM = (
    r"\b((?:book|reserve|get|grab|take|find|order|schedule|hold|have)(?: (?:me|us))?) one"
    r"(?=,? (?:please|tomorrow|today|tonight|this|next|for (?:me|us)|on the|on \w+day|for \w+day"
    r"|for tomorrow|for today)\b)"
)
"""A thing that is not named again: "book one tomorrow"; an hour, as in "book 1 tomorrow", else."""


_UNITS = "|".join(UNITS[1:10])
_HYPHENATED = rf"\b({_UNITS}|ten|eleven|twelve)-(?={'|'.join((*UNITS[10:], *TENS))})"
_COMPOUND = rf"\b({'|'.join(TENS)})[\s-]+({'|'.join(ORDINALS[1:10])}|{_UNITS})\b"
_ORDINAL = (
    rf"(?<!at )\b(?:{'|'.join((*ORDINALS[1:], *TENTHS))})\b"
    rf"(?!\s+(?:{PICKED}|thoughts?\b|things?\b|come\b|of all\b|class\b|floor\b|round\b))"
)
_ONE = (
    r"\bone\b(?! (?:that|which|free|available|going|left|of them|is|will|would|should|does|has)\b)"
    r"(?<!\bthe one)(?<!\bthat one)(?<!\bthis one)(?<!\bany one)(?<!\bwhich one)(?<!\bno one)"
    r"(?<!\beach one)(?<!\blike one)(?<!\bneed one)(?<!\bwant one)(?<!\bother one)"
    r"(?<!\bthere is one)(?<!\bthere's one)(?<!\bgot one)(?<!\bhave one)(?<!\bif one)"
)
_NUMBER = rf"\b(?:{'|'.join((UNITS[0], *UNITS[2:], *TENS))})(?=ish\b|\b)"


def _compound(m: re.Match[str]) -> str:
    low, value = m[2], TENS[m[1]]
    if low in ORDINALS:
        return _suffixed(value + ORDINALS.index(low))
    return str(value + UNITS.index(low))


def _ordinal(m: re.Match[str]) -> str:
    dated = rx(_DATING).search(m.string[: m.start()]) or rx(_DATED).match(m.string, m.end())
    if m[0] in _PLACES and not dated:
        return m[0]
    return _suffixed(TENTHS.get(m[0]) or ORDINALS.index(m[0]))


def _number(m: re.Match[str]) -> str:
    return str(TENS.get(m[0]) or UNITS.index(m[0]))


def _number_words(text: str) -> str:
    text = rx(_HYPHENATED).sub(r"\1 ", text)
    text = rx(_ORDINAL).sub(_ordinal, rx(_COMPOUND).sub(_compound, text))
    if "one" in text:
        text = rx(_ONE).sub("1", rx(_ONE_OF_THEM).sub(r"\1 something", text))
    return rx(_NUMBER).sub(_number, text)


def _mend_day(m: re.Match[str]) -> str:
    word = m[0]
    if word in {"today", "everyday", "midday", "weekday", "holiday", "birthday", "someday"}:
        return word
    near = get_close_matches(word, WEEKDAYS, n=1, cutoff=0.8)
    return near[0] if near else word


_OWNED = (
    r"(?:(?!and\b|at\b|for\b|or\b)\w+ )?(?:booking|reservation|appointment|court|slot|game|match"
    r"|session|hour|lesson"
    r"|practice|training)\b"
)
"""What is somebody's on a day: "wednesdays booking" is one, "wednesdays" are many."""
_SPELLINGS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (
        r"\b(?:tomm?orr?ow|tom+or+ow|tmrw?|tm[ow]|tomo[zs]?|2mor+ow?|2moz|tommorrow|tmoro+w?)\b",
        "tomorrow",
    ),
    (r"(?<!court )(?<!slot )\bu\b(?! ?\d)", "you"),
    (r"\b(?:pls|plz|plse|pleas|pleaze)\b", "please"),
    (r"\b(?:wk)(s?)\b", r"week\1"),
    (r"\bto?m+[oa]*r+[oe]*w+e?\b", "tomorrow"),
    (r"\b(?:over ?morrow)\b", "the day after tomorrow"),
    (r"\b(what|how|when|where|that|who|let)s\b(?! (?:me|us|him|her|them|you)\b)", r"\1's"),
    (r"^(i|we)(?:ll|d) (?=like|love|take|have|go|rather|prefer|need|want)", r"\1 would "),
    (r"\b(\d{4})([01]\d)([0-3]\d)t(\d\d):?(\d\d)(?::?\d\d)?z?\b", r"\1-\2-\3 at \4:\5"),
    (r"\b(?:1|a|an) weeks? and (?:an? )?half\b", "some day"),
    (
        (
            r"\b(?:when|once|as soon as) (?:i'?m|i am|we'?re|we are|i get|i come|we get|we come)"
            r" (?:back |home )+(?:from )?(?:the )?(?:work|office|school)\b"
        ),
        "after work",
    ),
    (r"(?<=\bat )([01]?\d|2[0-3]) (?:hours|hrs)\b(?!\s*(?:from|later|long))", r"\1:00"),
    (r"\b(?:mrng|mornin|morn)\b", "morning"),
    (rf"\b({DAY}) eve\b", r"\1 evening"),
    (rf"\b({DAY}|tomorrow|today) ([ap])\.?m\.?,? (\d{{1,2}}(?::\d\d)?)\b(?! ?[ap]m)", r"\1 \3\2m"),
    (r"\b(?:the )?day following tomorrow\b", "the day after tomorrow"),
    (r"\bprox(?:imo)?\b\.?", "of next month"),
    (r"\b(?:at|on|over) the week-?end,? (?=(?:on )?(?:sat|sun)(?:ur)?(?:day)?\b)", ""),
    (r"\b(?:evenin|evng|evn)\b", "evening"),
    (r"\b(?:nite|nights?time)\b", "night"),
    (r"(?<=\bfor )(\d+) ?h\b", r"\1 hours"),
    (r"\b(?:st\.?|saint) (?=(?:patrick|andrew|george|david|stephen|valentine|nichola))", "st "),
    (r"\bnxt\b", "next"),
    (r"\bb4\b", "before"),
    (r"\b(?:happy|merry) (?:new year|easter|christmas|xmas|birthday|halloween)\b", " "),
    (r"\barvo\b", "afternoon"),
    (r"\b(?:tonite|2nite|2night|tonight's)\b", "tonight"),
    (r"\b(?:todays?|2day)\b(?!')", "today"),
    (r"\b\w{3,}day\b", _mend_day),
    (r"\bo(?:h| of the|f the)?[^a-z0-9]{0,2}clock\b", "oclock"),
    (r"(?<=\d)[ -]oclock\b", "oclock"),
    (r"\buntill?\b|(?<!\w)'?til\b", "until"),
    (r"\bgood (?:morning|afternoon|evening|night|day)\b(?! (?:slot|session|game|time|for))", " "),
    (r"\b(\d{1,2}) hundred(?: hours)?\b(?! \d)", r"\1:00"),
    (r"\b(\d{1,2}) and (?:an? )?half(?= ?[ap]m\b)", r"\1:30"),
    (r"\b3 quarters of an hour\b", "45 minutes"),
    (r"\b(\d+) and (?:an? )?half hours?\b", lambda m: f"{int(m[1]) * 60 + 30} minutes"),
    (r"\b(half|quarter)[ -](?:an? )?hour\b", r"\1 hour"),
    (r"\b(?:1/2|half)(?: of)?(?: an)? hours?\b", "30 minutes"),
    (r"\b(?:an? )?(?:1/4|quarter)(?: of)?(?: an)? hours?\b", "15 minutes"),
    (r"\b(?:an?|1) hours? and (?:an? )?(?:half|30 minutes)\b", "90 minutes"),
    (r"\b(\d+)\.(\d) ?h(?:ou)?rs?\b", lambda m: f"{int(m[1]) * 60 + int(m[2]) * 6} minutes"),
    (r"\b(?:a )?couple (?:of )?(?=\w)", "2 "),
    (r"\b(?:a |the next )?few (?=(?:min|hour|day|week|month))", "3 "),
    (r"\b(?:an? |1 )?fortnights?\b", "2 weeks"),
    (r"\ban? (?=(?:minute|hour|day|week|month|year)\b)", "1 "),
    (r"(\d+) ?(?:'|mins?\b|minutes?\b)(?!\w)", r"\1 minutes"),
    (r"\b(\d+) ?h(?:ou)?rs?\b", r"\1 hours"),
    (r"\b(\d+) hours?,? (?:and )?(\d+) minutes", lambda m: f"{int(m[1]) * 60 + int(m[2])} minutes"),
    (r"(?<!\d )(?<!next )(?<!this )(?<!last )\bweek (?=from (?:now|today|tomorrow))", "1 week "),
    (r"\b(\d{1,2})h(\d\d)\b", r"\1:\2"),
    (r"(?<!in )(?<!for )(?<!within )\b([01]?\d|2[0-3]) ?h\b", r"\1:00"),
    (r"(\d)\s*([ap])\s?(?:\.\s?m\b\.?|m\b)", r"\1\2m"),
    (r"(\d)([ap])\b\.?(?!')", r"\1\2m"),
    (r"(\d)\s?-?ish\b\s*", r"\1 "),
    (r"\b(\d{1,2})\s+oclock\b", r"\1oclock"),
    (r"oclock\s*([ap])\s?\.?\s?m\b\.?", r"\1m"),
    (r"\b(\d{1,2})\s+(st|nd|rd|th)\b", r"\1\2"),
    (r"\b(noon|afternoon|morning|evening|night|lunch)ish\b", r"\1"),
    (r"\b(early|mid|late)-(?=morning|afternoon|evening|day|night)", r"\1 "),
    (r"\b(\d{1,2}) oh? (\d)(?=[ap]m|\b)", r"\1:0\2"),
    (r"(\d:\d\d:\d\d)(?:\.\d+)?(?:[+-]\d\d:?\d\d|z\b)", r"\1"),
    (r"\b(\d{1,2}) 0 (\d)\b", r"\1:0\2"),
    (
        (
            r"(?<!forget )(?<!me )(?<!ask )(?<!talk )(?<!know )"
            r"\b(?:circa|ca\.|approx(?:imately)?\.?|roughly|around|about)(?: (?=at\b)|\b)"
        ),
        "at",
    ),
    (r"\b(?:exactly|precisely) (?=at\b|\d)|(?<=\w) (?:exactly|precisely|sharp)\b", " "),
    (r"\b(?:maybe|perhaps|say,)(?!\w)", " "),
    (r"\bin at (?=\d+ ?(?:h|m|d|w))", "in "),
    (r"\b(at|before|after|by|until|till|to|from|than|and|between) at\b", r"\1"),
    (r"@", " at "),
    (r"\bupto\b", "up to"),
    (r"\bfirst thing(?: in the (?:morning|day))?\b", "early morning"),
    (r"\bweek after next\b", "overnext week"),
    (
        rf"\b((?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|tonight|today)s (?={_OWNED})",
        r"\1's ",
    ),
    (
        r"\b(this|next)(?: coming)? week-?end(?:'s)?,? (?:on )?(?=(?:sat|sun)(?:ur)?(?:day)?\b)",
        r"\1 ",
    ),
    (r"\b((?:sat|sun)(?:ur)?(?:day)?) (?:of )?(this|next) week-?end\b", r"\2 \1"),
    (r"[§¤¶]", " "),
    (r"~", " "),
    (r"(?<=\d)\s*(?:hours|hrs)(?= on\b)(?<=\d{4} hours)", ""),
)


MOST_CHARACTERS = 1000
"""What stands after so many characters is not read: rules over text take their time."""


@cache
def _spellings() -> tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]:
    """Give the patterns compiled; a template with groups is filled in where one was found alone."""
    return tuple(
        (rx(pattern), partial(_filled, new) if isinstance(new, str) and "\\" in new else new)
        for pattern, new in _SPELLINGS
    )


def _filled(template: str, m: re.Match[str]) -> str:
    return m.expand(template)


@lru_cache(maxsize=512)
def normalise(text: str) -> str:
    """Write numbers as digits, spellings in one way, everything in lower case."""
    text = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS]).lower()
    text = text.translate({0x2019: "'", 0x2018: "'", 0x2013: "-", 0x2014: " - ", 0x201C: '"'})
    text = _number_words(rx(r"[a-z]{5,}").sub(lambda m: mended(m[0]), text))
    for pattern, new in _spellings():
        text = pattern.sub(new, text)
    return rx(r"\s+").sub(" ", text).strip()
