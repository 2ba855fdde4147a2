"""On what terms a foreign agent works here, and what is said and refused on its way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batuta.core.model_settings import UNSET, ModelSettings
from batuta.errors import ConfigError

if TYPE_CHECKING:
    from batuta.core.model import Model, ModelReply


@dataclass(frozen=True, kw_only=True, slots=True)
class ForeignTerms:
    """On what terms a foreign agent works here.

    Args:
        model: None takes the run's default.
        max_turns: Most times that a model is asked for one message.
        approver: Who is asked where the framework wants a person's yes; empty for nobody.
        reads: Names of those of its tools that only read: any other counts as one that writes.
    """

    name: str
    model: str | Model | None
    max_turns: int
    approver: str
    reads: frozenset[str]


def words_of(reply: ModelReply) -> str:
    """Give a reply's words: a structured one as its JSON."""
    if not reply.text and reply.output is not None:
        return json.dumps(dict(reply.output), ensure_ascii=False)
    return reply.text


def model_settings(given: Mapping[str, Any]) -> ModelSettings:
    """Make settings of a framework's, by our names; None is none."""
    held = {name: value for name, value in given.items() if value is not None}
    return ModelSettings(**held) if held else UNSET


def in_loop() -> bool:
    """Tell whether a loop runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def blocking(name: str) -> ConfigError:
    """Make the error of an agent that would wait for its run on the run's own loop."""
    return ConfigError(
        f"A coroutine of {name} makes a call that would wait for its own loop",
        "Await its async form there, as ainvoke.",
    )


def hosted(name: str, tool: str) -> ConfigError:
    """Make the error of an agent that wants a tool which only its own vendor's server does."""
    return ConfigError(
        f"Agent {name} has the hosted tool {tool}, which its vendor's server would do unseen",
        "Give it a function instead: every call of a tool is seen here, and permitted or not.",
    )
