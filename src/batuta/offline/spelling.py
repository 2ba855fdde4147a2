"""Mending misspelt words that a date, a time or a wish hangs on."""

from __future__ import annotations

from functools import lru_cache

_WORDS = """
monday tuesday wednesday thursday friday saturday sunday january february april august september
october november december morning afternoon evening midnight tonight tomorrow yesterday weekend
cancel cancellation booking reservation reserve available availability appointment schedule
""".split()
_REAL = frozenset(
    "cancer reverse preserve trending fringe mending study sturdy wendy sundry".split()
)
"""Words of their own that are as near to one of those as a slip would be."""
_LONG = 8
"""From this length on two slips are mended, below it one."""
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()


@lru_cache(maxsize=4096)
def mended(word: str) -> str:
    """Give the word that a slip of the keyboard has spoilt, or the word itself.

    >>> mended("evning"), mended("cancle"), mended("mornings"), mended("cancer"), mended("wensdy")
    ('evening', 'cancel', 'mornings', 'cancer', 'wednesday')
    """
    if word in _REAL or word in _WORDS:
        return word
    if word.endswith(("dy", "dey", "dai", "dae")) and (day := _clipped(word)):
        return day
    most = 2 if len(word) >= _LONG else 1
    for each in _WORDS:
        if each[0] != word[0] or abs(len(each) - len(word)) > most or word.startswith(each):
            continue
        if len(set(each) ^ set(word)) <= 2 * most and _slips(word, each) <= most:
            return each
    return word


def _clipped(word: str) -> str | None:
    """Give the weekday that a word leaves letters out of, None where it is none."""
    stem = word.rstrip("yeai")
    for day in _DAYS:
        letters = iter(day)
        if day[0] == word[0] and all(each in letters for each in stem) and len(stem) > len("day"):
            return day
    return None


def _slips(one: str, other: str) -> int:
    """Count the letters to add, drop, change or swap with a neighbour.

    Source: optimal string alignment, as in Damerau, Comm. ACM 7 (1964), 171-176.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, row, older = row, [i], before
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        before = last
    return row[-1]
