"""Agents made with each framework, for the contract of members: each as its own users make it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol

from tests.contract.loops import HERE

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
    more: dict[str, Any] = field(default_factory=dict)


class Maker(Protocol):
    def __call__(self, made: Made) -> Any: ...


INSTRUCTIONS = "Be kind."
WITHOUT_APPROVAL = {"strands"}
"""Those whose own way to wait for a person is not taken: they say so."""
TELLS_NOTHING_DENIED = {"langgraph"}
"""Those whose tools cannot be kept back with words for the model: the run ends."""


def maker_of(framework: str) -> Maker:
    """Import what makes agents of a framework that is here."""
    return import_module(f"tests.contract.foreign.{framework}_made").agent


FOREIGN = HERE
