"""Replies made wrong, each in one way that real models are known for."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from batuta.core.ids import new_id
from batuta.core.message import ToolCall
from batuta.core.model import ModelReply, ModelRequest, StopReason, ToolSchema
from batuta.errors import ModelCut, ModelError
from batuta.faults.model_faults import Fault

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_ID_IN_TEXT = re.compile(r"(?<![\w/])(?=[\w:.-]*\d)[\w:.-]+[/_][\w:.-]*\w")
_ID_NAME = re.compile(r"(?:^|_)id$")
_MOST_TRIES = 400
_REFUSAL = "I am sorry, I cannot help with that."
_NONSENSE = "Colourless green ideas sleep furiously."


@dataclass(frozen=True, slots=True)
class SpoiledReply:
    """What is said in the place of a reply.

    Args:
        pieces: Text to stream before it.
        detail: What was changed.
    """

    reply: ModelReply | ModelError
    pieces: Sequence[str] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class GoodReply:
    """A good reply, and what it was said to.

    Args:
        pieces: Its text as it was streamed.
        luck: Seeded, for whatever must be chosen.
        made_up: An id to invent; empty makes one.
    """

    request: ModelRequest
    reply: ModelReply
    pieces: Sequence[str]
    luck: random.Random
    made_up: str = ""

    def instead(self, text: str, stop: StopReason = "end") -> SpoiledReply:
        """Keep only what it took, and say something else."""
        said = replace(self.reply, text=text, tool_calls=(), output=None, stop_reason=stop)
        return SpoiledReply(said, [text] if text else [])

    def calling(self, calls: Sequence[ToolCall], detail: str) -> SpoiledReply:
        """Keep only what it took, and call other tools."""
        made = replace(
            self.reply, text="", tool_calls=tuple(calls), output=None, stop_reason="tool_calls"
        )
        return SpoiledReply(made, (), detail)


def cut(said: GoodReply) -> SpoiledReply:
    """Break off after half of the text."""
    half = said.pieces[: (len(said.pieces) + 1) // 2]
    return SpoiledReply(ModelCut(said.reply.model, heard=bool(half)), half)


def wrong_type(said: GoodReply) -> SpoiledReply | None:
    """Give one field of a structured reply a value of another type."""
    request, reply = said.request, said.reply
    if request.output is None or reply.output is None:
        return None
    fields: Mapping[str, Any] = request.output.schema.get("properties", {})
    if not fields:
        return None
    name = said.luck.choice(sorted(fields))
    wrong = "none" if fields[name].get("type") in ("object", "array") else {"unexpected": True}
    output = {**reply.output, name: wrong}
    text = json.dumps(output)
    return SpoiledReply(replace(reply, output=output, text=text), [text], name)


def bad_arguments(said: GoodReply) -> SpoiledReply | None:
    """Break off the JSON of the first call's arguments."""
    if not said.reply.tool_calls:
        return None
    first, *others = said.reply.tool_calls
    written = json.dumps(dict(first.arguments))
    broken = written[: max(1, len(written) // 2)]
    return said.calling([ToolCall(first.id, first.name, {}, invalid=broken), *others], broken)


def unknown_tool(said: GoodReply) -> SpoiledReply | None:
    """Call a tool that is not there in the place of the first."""
    if not said.reply.tool_calls:
        return None
    first, *others = said.reply.tool_calls
    name = f"{first.name}_now"
    return said.calling([replace(first, name=name), *others], name)


def endless(said: GoodReply) -> SpoiledReply | None:
    """Make the conversation's last call again; where there was none, the reply's own or any."""
    tools = said.request.tools
    known = {tool.name for tool in tools}
    before = [c for m in said.request.messages for c in m.tool_calls if c.name in known]
    again = [*said.reply.tool_calls[:1], *before[-1:]]
    if not again and tools:
        again = [ToolCall("", tools[0].name, {})]
    if not again:
        return None
    return said.calling([replace(again[-1], id=new_id("call"))], again[-1].name)


def invented_id(said: GoodReply) -> SpoiledReply | None:
    """Put an id into a call that stands nowhere in the conversation.

    It looks like the one in the call. A given one makes a call of its own where there is no id.
    """
    calls, made_up = list(said.reply.tool_calls), said.made_up
    for place, call in enumerate(calls):
        for name, found in _ids(call):
            fresh = made_up or _like(found, said.request)
            arguments = {**call.arguments, name: call.arguments[name].replace(found, fresh)}
            calls[place] = replace(call, arguments=arguments)
            return said.calling(calls, fresh)
    target = next(_takers(said.request.tools), None)
    if not made_up or target is None:
        return None
    call = ToolCall(new_id("call"), target[0], {target[1]: made_up})
    return said.calling([call], made_up)


def _ids(call: ToolCall) -> Iterator[tuple[str, str]]:
    """Find ids in a call: arguments that are named so, and tokens in texts such as tasks."""
    for name, value in call.arguments.items():
        if not isinstance(value, str):
            continue
        if _ID_NAME.search(name):
            yield name, value
        elif found := _ID_IN_TEXT.search(value):
            yield name, found[0]


def _takers(tools: Sequence[ToolSchema]) -> Iterator[tuple[str, str]]:
    for tool in tools:
        for name in tool.parameters.get("properties", {}):
            if _ID_NAME.search(name):
                yield tool.name, name


def _like(known: str, request: ModelRequest) -> str:
    """Make an id of the same look: of another day where it has a date, else another number."""
    talk = " ".join(m.text for m in request.messages)
    for step in range(1, _MOST_TRIES):
        made = _moved(known, step)
        if made not in talk:
            return made
    raise AssertionError("unreachable: a conversation does not hold so many ids")


def _moved(known: str, step: int) -> str:
    dated = _DATE.search(known)
    if dated:
        day = date.fromisoformat(dated[0]) + timedelta(days=step)
        return known.replace(dated[0], day.isoformat())
    numbers = list(re.finditer(r"\d+", known))
    if not numbers:
        return f"{known}-{step}"
    last = numbers[-1]
    return f"{known[: last.start()]}{int(last[0]) + step}{known[last.end() :]}"


MISTAKES: Mapping[Fault, Callable[[GoodReply], SpoiledReply | None]] = {
    Fault.CUT: cut,
    Fault.BAD_ARGUMENTS: bad_arguments,
    Fault.UNKNOWN_TOOL: unknown_tool,
    Fault.INVENTED_ID: invented_id,
    Fault.WRONG_TYPE: wrong_type,
    Fault.ENDLESS: endless,
    Fault.EMPTY: lambda said: said.instead(""),
    Fault.REFUSAL: lambda said: said.instead(_REFUSAL, "refused"),
    Fault.NONSENSE: lambda said: said.instead(_NONSENSE),
}
"""How each fault that a reply can have is made of a good one; None where it cannot happen to it."""
