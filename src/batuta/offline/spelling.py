"""Mending misspelt words that a date, a time or a wish hangs on."""

from __future__ import annotations

from functools import lru_cache

_WORDS = """
monday tuesday wednesday thursday friday saturday sunday january february april august september
october november december morning afternoon evening midnight tonight tomorrow yesterday weekend
cancel cancellation booking reservation reserve available availability appointment schedule
""".split()
_REAL = frozenset("cancer reverse preserve trending fringe mending".split())
"""Words of their own that are as near to one of those as a slip would be."""
_LONG = 8
"""From this length on two slips are mended, below it one."""


@lru_cache(maxsize=4096)
def mended(word: str) -> str:
    """Give the word that a slip of the keyboard has spoilt, or the word itself.

    >>> mended("evning"), mended("cancle"), mended("mornings"), mended("cancer")
    ('evening', 'cancel', 'mornings', 'cancer')
    """
    if word in _REAL or word in _WORDS:
        return word
    most = 2 if len(word) >= _LONG else 1
    for each in _WORDS:
        if each[0] != word[0] or abs(len(each) - len(word)) > most or word.startswith(each):
            continue
        if len(set(each) ^ set(word)) <= 2 * most and _slips(word, each) <= most:
            return each
    return word


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
