"""Where a prompt is marked for a vendor's cache: after tools and instructions, and at its end.

A prefix is found again as far as it is the same to the byte, from tools over instructions to the
conversation. Marking costs where nobody reads it again: the end is marked only where there will be
more, since there are tools to call or somebody has answered before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from batuta.core.message import VOLATILE

if TYPE_CHECKING:
    from batuta.core.model import ModelRequest

Block = dict[str, Any]
_CONTROL: Block = {"type": "ephemeral"}
_POINT: Block = {"cachePoint": {"type": "default"}}
_UNMARKED = ("thinking", "redacted_thinking")


def goes_on(request: ModelRequest) -> bool:
    """Whether more of a conversation is to be expected after a request."""
    return bool(request.tools) or any(message.role == "assistant" for message in request.messages)


def split(system: str) -> tuple[str, str]:
    """Part instructions into what stays the same and what changes from minute to minute."""
    stable, mark, rest = system.rpartition(VOLATILE)
    return (stable, (mark + rest).strip()) if mark and stable.strip() else (system, "")


def marked_system(system: str) -> list[Block]:
    """Write instructions for Anthropic, marked where they end to stay the same."""
    stable, rest = split(system)
    made: list[Block] = [{"type": "text", "text": stable, "cache_control": _CONTROL}]
    return [*made, {"type": "text", "text": rest}] if rest else made


def marked_tools(tools: Sequence[Block]) -> list[Block]:
    """Mark the last tool for Anthropic."""
    return [*tools[:-1], {**tools[-1], "cache_control": _CONTROL}]


def mark_talk(messages: list[Block]) -> None:
    """Mark the end for Anthropic, and what was the end before.

    A prefix is looked for in the last twenty blocks before a mark, which a turn may pass.
    """
    for place in (-1, -3):
        if len(messages) >= -place:
            blocks = messages[place]["content"]
            if blocks and blocks[-1].get("type") not in _UNMARKED:
                blocks[-1] = {**blocks[-1], "cache_control": _CONTROL}


def pointed_system(system: str) -> list[Block]:
    """Write instructions for Converse, with a point where they end to stay the same."""
    stable, rest = split(system)
    made: list[Block] = [{"text": stable}, _POINT]
    return [*made, {"text": rest}] if rest else made


def pointed_tools(tools: Sequence[Block]) -> list[Block]:
    """Put a point after the tools for Converse."""
    return [*tools, _POINT]


def point_talk(messages: list[Block], *, results: bool) -> None:
    """Put a point at the end of the talk for Converse, and where the end was before.

    Args:
        results: Whether the model takes one after results of tools.
    """
    for place in (-1, -3):
        if len(messages) >= -place:
            blocks = messages[place]["content"]
            if results or not any("toolResult" in block for block in blocks):
                blocks.append(_POINT)
