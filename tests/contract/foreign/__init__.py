"""Agents made with each framework, for the contract of members: each as its own users make it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from typing import Any, Protocol

from tests.contract.loops import HERE
from tests.patience import scaled

Function = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a foreign agent is to be.

    Args:
        tools: Plain typed functions.
        held: Those of them that wait for a person's yes.
        tells: With a tool ``who`` that tells what the framework hands its tools as ``context``.
        shape: Of its answer.
    """

    name: str = "support"
    tools: Sequence[Function] = ()
    held: Sequence[Function] = ()
    tells: bool = False
    shape: Any = None


class Maker(Protocol):
    def __call__(self, made: Made) -> Any: ...


INSTRUCTIONS = "Be kind."
TELLS_NOTHING_DENIED = {"langgraph"}
"""Those whose tools cannot be kept back with words for the model: the run ends."""
ENDS_WITH_A_TOOLS_ERROR = {"pydantic_ai", "langgraph", "adk"}
"""Those that end where a tool of theirs raises an error of its own."""
HIDES_A_TOOLS_ERROR = {"openai_agents"}
"""Those whose tools make a text of their errors before anybody sees them."""
NEVER_WAITS = {"strands"}
"""Those whose own way to wait for a person is not taken."""


def maker_of(framework: str) -> Maker:
    """Import what makes agents of a framework that is here."""
    return import_module(f"tests.contract.foreign.{framework}_made").agent


FOREIGN = HERE
APPROVING = tuple(name for name in HERE if name not in NEVER_WAITS)
"""Those that can keep a call of a tool back until a person has said yes."""


async def until(true: Callable[[], object]) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: It never is.
    """
    async with asyncio.timeout(scaled(20)):
        for _ in count():
            if true():
                return
            await asyncio.sleep(0.01)
