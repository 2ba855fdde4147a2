"""Compositions inside compositions, as far as they are known when they are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from batuta.parts.members import Composed, name_of

if TYPE_CHECKING:
    from batuta.core.agent import Agent

Path = tuple["Agent | str", ...]


def each_once(parts: Iterable[Agent | str | None]) -> tuple[Agent | str, ...]:
    """Give each agent once, in order, None left out."""
    known = {part if isinstance(part, str) else id(part): part for part in parts}
    return tuple(part for part in known.values() if part is not None)


def paths(agent: Agent | str, above: Path = ()) -> Iterator[Path]:
    """Give the way from an agent to each that it may call in the end, through what it holds.

    Raises:
        ValueError: One would call itself.
    """
    path = (*above, agent)
    named = isinstance(agent, str) and any(name_of(upper) == agent for upper in above)
    if named or any(upper is agent for upper in above):
        raise ValueError(f"A circle: {' → '.join(map(name_of, path))}. Take one of them away.")
    inner = agent.parts() if isinstance(agent, Composed) else ()
    if not inner:
        yield path
    for part in inner:
        yield from paths(part, path)


def check_depth(agent: Agent, kind: type[Any], most: int) -> None:
    """Refuse a nesting in which too many of one kind stand inside each other, or one in itself.

    Raises:
        ValueError: It does; what is known by name alone cannot be checked.
    """
    deepest = max(sum(isinstance(each, kind) for each in path) for path in paths(agent))
    if deepest > most:
        raise ValueError(f"It is {deepest} levels deep, and max_depth is {most}.")
