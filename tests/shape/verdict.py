"""Weighs findings against the list of exceptions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from tests.shape.sources import Finding


@dataclass(frozen=True)
class Exemption:
    """A place that may break a rule, by no more than today's number.

    ``place`` is ``path::name``, with ``<module>`` for what stands in no function or class.
    """

    place: str
    rule: str
    number: int
    reason: str


def complaints(
    findings: Iterable[Finding], exemptions: Iterable[Exemption], rules: Iterable[str]
) -> list[str]:
    """What is wrong: a new breach, a grown one, an exemption larger than needed."""
    numbers: defaultdict[tuple[str, str], int] = defaultdict(int)
    lines: dict[tuple[str, str], int] = {}
    for found in findings:
        numbers[found.place, found.rule] += found.number
        lines.setdefault((found.place, found.rule), found.line)
    allowed = {(e.place, e.rule): e for e in exemptions if e.rule in set(rules)}
    said = [
        f"{place} (line {lines[place, rule]}): {rule} {number}, "
        f"{allowed[place, rule].number if (place, rule) in allowed else 'none'} exempt"
        for (place, rule), number in numbers.items()
        if (place, rule) not in allowed or number > allowed[place, rule].number
    ]
    said += [
        f"{e.place}: exempt from {e.rule} with {e.number}, today {numbers[key] or 'not needed'}: "
        f"{'lower the number' if numbers[key] else 'remove the entry'} in exceptions.py"
        for key, e in allowed.items()
        if numbers[key] < e.number
    ]
    return sorted(said)
