"""Small programming tasks with tests to be seen, tests held back, and the slips people make."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass

TIMEOUT_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Task:
    """One function to write.

    Args:
        right: A program that is right.
        slips: Pairs of a piece of it and what stands there when somebody slips.
        seen: Expressions that must be true, which the critic runs.
        held_back: Others, which judge the outcome.
    """

    request: str
    right: str
    slips: Sequence[tuple[str, str]]
    seen: Sequence[str]
    held_back: Sequence[str]


_RUN: dict[tuple[str, tuple[str, ...]], list[bool]] = {}


async def passed(program: str, tests: Sequence[str]) -> list[bool]:
    """Tell which tests a program passes; the same one is run once."""
    key = program, tuple(tests)
    if key not in _RUN:
        _RUN[key] = await _passed(program, tests)
    return _RUN[key]


async def _passed(program: str, tests: Sequence[str]) -> list[bool]:
    """Run a program with its tests in a process of its own; one that does not end fails all."""
    checks = "\n".join(
        f"try: print(int(bool({test})))\nexcept Exception: print(0)" for test in tests
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", "-c", f"{_LIMITS}\n{program}\n{checks}"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        stdin=asyncio.subprocess.DEVNULL,
        env={},
    )
    try:
        async with asyncio.timeout(TIMEOUT_S):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return [False] * len(tests)
    found = said.decode(errors="replace").split()
    return [mark == "1" for mark in found] if len(found) == len(tests) else [False] * len(tests)


_LIMITS = """\
import resource
resource.setrlimit(resource.RLIMIT_CPU, (2, 2))
resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"""

TASKS: tuple[Task, ...] = (
    Task(
        request="Write clamp(x, low, high): x, but never below low nor above high.",
        right="def clamp(x, low, high):\n    return max(low, min(x, high))\n",
        slips=(("max(low, min(x, high))", "min(low, max(x, high))"),),
        seen=("clamp(5, 0, 3) == 3", "clamp(-1, 0, 3) == 0", "clamp(2, 0, 3) == 2"),
        held_back=("clamp(0, 0, 0) == 0", "clamp(9, -5, 7) == 7", "clamp(-9, -5, 7) == -5"),
    ),
    Task(
        request="Write is_leap(year): whether it is a leap year of the Gregorian calendar.",
        right="def is_leap(y):\n    return y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)\n",
        slips=((" or y % 400 == 0", ""), (" and (y % 100 != 0 or y % 400 == 0)", "")),
        seen=("is_leap(2024)", "not is_leap(1900)", "is_leap(2000)", "not is_leap(2023)"),
        held_back=("is_leap(1600)", "not is_leap(2100)", "is_leap(2096)", "not is_leap(1)"),
    ),
    Task(
        request="Write median(values) of a list of numbers that is not empty.",
        right=(
            "def median(values):\n    v = sorted(values)\n    h = len(v) // 2\n"
            "    return v[h] if len(v) % 2 else (v[h - 1] + v[h]) / 2\n"
        ),
        slips=(("sorted(values)", "list(values)"), ("v[h - 1] + v[h]", "v[h] + v[h]")),
        seen=("median([3, 1, 2]) == 2", "median([4, 1, 2, 3]) == 2.5", "median([7]) == 7"),
        held_back=("median([9, 2]) == 5.5", "median([5, 3, 1, 2, 4]) == 3"),
    ),
    Task(
        request="Write count_words(text): words separated by any white space.",
        right="def count_words(text):\n    return len(text.split())\n",
        slips=(("text.split()", "text.split(' ')"),),
        seen=("count_words('a b') == 2", "count_words('') == 0", "count_words('a  b') == 2"),
        held_back=("count_words('\\n') == 0", "count_words('a\\tb\\nc ') == 3"),
    ),
    Task(
        request="Write chunk(items, n): lists of n items in order, the last one may be shorter.",
        right=(
            "def chunk(items, n):\n    return [items[i:i + n] for i in range(0, len(items), n)]\n"
        ),
        slips=(("len(items), n)", "len(items) - n + 1, n)"), ("i:i + n", "i:i + n - 1")),
        seen=("chunk([1, 2, 3], 2) == [[1, 2], [3]]", "chunk([], 2) == []"),
        held_back=("chunk([1, 2, 3, 4], 2) == [[1, 2], [3, 4]]", "chunk([1], 5) == [[1]]"),
    ),
    Task(
        request="Write is_palindrome(text), deaf to case and to all but letters and digits.",
        right=(
            "def is_palindrome(text):\n"
            "    t = [c for c in text.lower() if c.isalnum()]\n    return t == t[::-1]\n"
        ),
        slips=(("text.lower()", "text"), (" if c.isalnum()", "")),
        seen=("is_palindrome('Anna')", "is_palindrome('a, a')", "not is_palindrome('ab')"),
        held_back=("is_palindrome('No lemon, no melon')", "not is_palindrome('a b')"),
    ),
    Task(
        request="Write unique(items): each item once, in the order of first coming.",
        right="def unique(items):\n    return list(dict.fromkeys(items))\n",
        slips=(("dict.fromkeys(items)", "set(items)"),),
        seen=("unique([3, 1, 3]) == [3, 1]", "unique(['b', 'a']) == ['b', 'a']"),
        held_back=("unique([9, 8, 9, 7]) == [9, 8, 7]", "unique([]) == []"),
    ),
    Task(
        request="Write roman(n): the Roman numeral of 1 to 3999.",
        right=(
            "def roman(n):\n    out = ''\n"
            "    for v, s in ((1000, 'M'), (900, 'CM'), (500, 'D'), (400, 'CD'), (100, 'C'),\n"
            "                 (90, 'XC'), (50, 'L'), (40, 'XL'), (10, 'X'), (9, 'IX'), (5, 'V'),\n"
            "                 (4, 'IV'), (1, 'I')):\n"
            "        while n >= v:\n            out += s\n            n -= v\n    return out\n"
        ),
        slips=(("(4, 'IV'), ", ""), ("(900, 'CM'), ", ""), ("n >= v", "n > v")),
        seen=("roman(4) == 'IV'", "roman(1990) == 'MCMXC'", "roman(1) == 'I'"),
        held_back=("roman(944) == 'CMXLIV'", "roman(3999) == 'MMMCMXCIX'", "roman(8) == 'VIII'"),
    ),
    Task(
        request="Write merge(a, b): two sorted lists as one sorted list.",
        right=(
            "def merge(a, b):\n    out, i, j = [], 0, 0\n"
            "    while i < len(a) and j < len(b):\n"
            "        if a[i] <= b[j]:\n            out.append(a[i]); i += 1\n"
            "        else:\n            out.append(b[j]); j += 1\n"
            "    return out + a[i:] + b[j:]\n"
        ),
        slips=((" + b[j:]", ""), ("a[i] <= b[j]", "a[i] >= b[j]")),
        seen=("merge([1, 3], [2]) == [1, 2, 3]", "merge([1], [2, 3]) == [1, 2, 3]"),
        held_back=("merge([], [1]) == [1]", "merge([5], [1, 9]) == [1, 5, 9]"),
    ),
    Task(
        request="Write balanced(text): whether (), [] and {} in it are closed in order.",
        right=(
            "def balanced(text):\n    open_, pair = [], {')': '(', ']': '[', '}': '{'}\n"
            "    for c in text:\n        if c in '([{':\n            open_.append(c)\n"
            "        elif c in pair and (not open_ or open_.pop() != pair[c]):\n"
            "            return False\n    return not open_\n"
        ),
        slips=(("return not open_", "return True"), (" or open_.pop() != pair[c]", "")),
        seen=("balanced('([])')", "not balanced('(]')", "not balanced('(')", "balanced('')"),
        held_back=(
            "not balanced('())')",
            "balanced('a{b}[c]')",
            "not balanced('([)]')",
            "not balanced('{')",
        ),
    ),
    Task(
        request="Write gcd(a, b) of two whole numbers, not both 0; never negative.",
        right="def gcd(a, b):\n    while b:\n        a, b = b, a % b\n    return abs(a)\n",
        slips=(("abs(a)", "a"), ("a, b = b, a % b", "a, b = b, a // b")),
        seen=("gcd(12, 18) == 6", "gcd(-4, 6) == 2", "gcd(0, 5) == 5"),
        held_back=("gcd(7, 13) == 1", "gcd(-8, -12) == 4", "gcd(9, 0) == 9"),
    ),
    Task(
        request="Write title(text): each word with a capital first letter, the rest as it is.",
        right=(
            "def title(text):\n"
            "    return ' '.join(w[:1].upper() + w[1:] for w in text.split(' '))\n"
        ),
        slips=(("w[:1].upper() + w[1:]", "w.capitalize()"), ("w[:1]", "w[0]")),
        seen=("title('ab cD') == 'Ab CD'", "title('a  b') == 'A  B'"),
        held_back=("title('iPhone x') == 'IPhone X'", "title('') == ''"),
    ),
)
