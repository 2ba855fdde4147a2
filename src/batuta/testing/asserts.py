"""What a test says of a run: what it did to the world, who decided what, and what it answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from batuta.core.record import RunRecord
    from batuta.core.trace import Decider

Expected = str | tuple[str, Mapping[str, Any]]
"""A writing tool's name, alone or with facts of its result."""


def assert_effects(record: RunRecord, *expected: Expected) -> None:
    """Say what a run did to the world, all of it and in order; nothing says that it did nothing.

    Args:
        expected: Names of writing tools; with facts, its result must hold those.

    Raises:
        AssertionError: It did something else, or nobody knows whether it did.
    """
    done = [(effect.tool, effect.result) for effect in record.effects if effect.status == "done"]
    unknown = [effect.tool for effect in record.effects if effect.status != "done"]
    fits = len(done) == len(expected) and all(map(_fits, done, expected))
    if unknown or not fits:
        told = "; ".join(f"{tool} {result!r}" for tool, result in done) or "nothing"
        more = f"; not known whether: {', '.join(unknown)}" if unknown else ""
        wanted = "; ".join(map(str, expected)) or "nothing"
        raise AssertionError(f"expected to be done: {wanted}\ndone: {told}{more}{_why(record)}")


def assert_decided(record: RunRecord, choice: str, by: Decider | None = None) -> None:
    """Say that a run's trace has a decision whose words hold these.

    Args:
        by: Who decided it; None for anybody.

    Raises:
        AssertionError: It has none.
    """
    made = [(e.name, e.by) for e in record.events if e.kind == "decision"]
    if not any(choice in name and by in (None, who) for name, who in made):
        told = "; ".join(f"{name} (by {who})" for name, who in made) or "nothing"
        whose = "" if by is None else f" by {by}"
        raise AssertionError(
            f"expected to be decided{whose}: {choice}\ndecided: {told}{_why(record)}"
        )


def assert_used(record: RunRecord, *tools: str) -> None:
    """Say which tools a run used, all of them and in order.

    Raises:
        AssertionError: It used others.
    """
    used = tuple(e.name for e in record.events if (e.kind, e.phase) == ("tool", "start"))
    if used != tools:
        told = ", ".join(used) or "none"
        raise AssertionError(
            f"expected tools: {', '.join(tools) or 'none'}\nused: {told}{_why(record)}"
        )


def _fits(done: tuple[str, Any], expected: Expected) -> bool:
    tool, result = done
    if isinstance(expected, str):
        return tool == expected
    name, facts = expected
    told = cast("Mapping[str, Any]", result if isinstance(result, Mapping) else {})
    return tool == name and all(k in told and told[k] == v for k, v in facts.items())


def _why(record: RunRecord) -> str:
    return f"\nanswer: {record.text}"
