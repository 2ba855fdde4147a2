"""Handing a conversation on: how an agent says so, and a model that can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from batuta.core.message import Message, question_of
from batuta.core.tool import Tool, legal_name
from batuta.core.toolset import LiveTools, tools_of
from batuta.parts.instructions import system_message
from batuta.parts.tool_loop import ReadyTools, new_loop, offered

if TYPE_CHECKING:
    from batuta.core.model import Model, ModelReply
    from batuta.core.run import Run
    from batuta.core.trace import Decider

OPEN = "may_hand_to"
"""Key of a message's data: name to role of those that its reader may hand the conversation to."""
_PREFIX = "transfer_to_"


class Handoff(NamedTuple):
    """An agent's wish that another one answers.

    Args:
        others: What it wished for besides, which is not done.
    """

    to: str
    reason: str = ""
    others: tuple[str, ...] = ()


def read_handoff(reply: Message) -> Handoff | None:
    """Read ``{"handoff": name, "reason": …}`` out of a reply's data; None where it is an answer.

    Of several names the first counts. What is no name at all is a handoff to nobody, so that it is
    never taken for an answer.
    """
    data = reply.data
    wished = data.get("handoff") if data else None
    if data is None or wished is None:
        return None
    if isinstance(wished, str):
        return Handoff(wished.strip(), str(data.get("reason") or ""))
    several = cast("Sequence[Any]", wished if isinstance(wished, list | tuple) else (wished,))
    names = [name.strip() if isinstance(name, str) else repr(name) for name in several] or [""]
    return Handoff(names[0], str(data.get("reason") or ""), tuple(names[1:]))


def hand_to(name: str, reason: str = "", text: str = "", **more: Any) -> Message:
    """Make the reply of an agent that hands the conversation on.

    Args:
        reason: Why; the next agent reads it.
        text: What it says to the user before, if anything.
        more: Further data.
    """
    return Message.assistant(text, {"handoff": name, "reason": reason, **more})


@dataclass(frozen=True, kw_only=True)
class HandoffAgent:
    """A model with tools that may hand the conversation on, to whomever its message allows.

    Each of these is one more tool, ``transfer_to_<name>``. A handoff beside other calls wins: they
    are not done. Of two handoffs in one turn the first wins. Both are noted in the trace. A
    transfer that was not offered is an unknown tool: the model reads so as its result.

    Args:
        model: None takes the run's default.
        max_turns: Most times that the model is asked for one message.
    """

    name: str
    instructions: str
    tools: Sequence[Tool] = ()
    role: str = "answers, or hands over to who can"
    model: str | Model | None = None
    max_turns: int = 8
    decides: Decider = "agent"

    def __post_init__(self) -> None:
        if self.max_turns < 1:
            raise ValueError("max_turns must be 1 or more.")
        object.__setattr__(self, "tools", tools_of(self.tools, "Agent", self.name))

    async def execute(self, message: Message, run: Run) -> Message:
        """Ask, use tools, and ask again until there is an answer or a handoff."""
        words, transfers, offer = self._way((message.data or {}).get(OPEN) or {})
        messages = [system_message(words, run), *run.history(), question_of(message)]
        loop = new_loop(
            tools=self.tools,
            model=self.model,
            max_turns=self.max_turns,
            ends=partial(_handed_over, transfers=transfers, run=run),
            offer=offer,
        )
        return await loop.answer(messages, run)

    def _way(self, open_to: Mapping[str, str]) -> _Way:
        """Give what the model is told and offered where these may be handed to, made once."""
        key = tuple(open_to.items())
        made = {} if type(self.tools) is LiveTools else self._made
        way = made.get(key)
        if way is None:
            if len(made) >= _MOST_WAYS:
                made.clear()
            transfers = _transfers(open_to, self.tools)
            words = f"{self.instructions}\n\n{_HAND_OVER}" if transfers else self.instructions
            tools = [*self.tools, *(transfer for _, transfer in transfers.values())]
            way = made[key] = _Way(words, transfers, offered(tools))
        return way

    @cached_property
    def _made(self) -> dict[tuple[tuple[str, str], ...], _Way]:
        return {}


class _Way(NamedTuple):
    """What a model is told and offered where it may hand over to certain others."""

    words: str
    transfers: Mapping[str, tuple[str, Tool]]
    offer: ReadyTools


_MOST_WAYS = 32


def _handed_over(
    reply: ModelReply,
    results: Sequence[Message],
    *,
    transfers: Mapping[str, tuple[str, Tool]],
    run: Run,
) -> Message | None:
    """Read a handoff among a turn's calls; the next agent hears what the tools gave before it."""
    whole = [call for call in reply.tool_calls if not call.cut]
    wished = next((call for call in whole if call.name in transfers), None)
    if wished is None:
        return None
    if len(reply.tool_calls) > 1:
        others = ", ".join(call.name for call in reply.tool_calls if call is not wished)
        run.decide(f"leave out {others}", f"beside {wished.name}", by="code")
    reason = str(wished.arguments.get("reason") or "")
    used = [f"{result.name} gave {result.text}" for result in results]
    return hand_to(transfers[wished.name][0], reason, reply.text, used=used)


def _transfers(open_to: Mapping[str, str], own: Sequence[Tool]) -> dict[str, tuple[str, Tool]]:
    """Make a tool for each agent that may be handed to: the tool's name to agent and tool.

    Raises:
        ConfigError: Two of them, or one and a tool of its own, would have one name.
    """
    made = {name: _transfer_to(name, role) for name, role in open_to.items()}
    if made:
        tools_of((*own, *made.values()), "Agent", "that may hand over")
    return {transfer.name: (name, transfer) for name, transfer in made.items()}


@lru_cache(maxsize=512)
def _transfer_to(name: str, role: str) -> Tool:
    legal = legal_name(f"{_PREFIX}{name}")
    return Tool(_transfer, name=legal, description=f"Hand over to {name}: {role}")


def _transfer(reason: str = "") -> None:
    """Shape of a handoff.

    Args:
        reason: Why, and what the next agent must know.
    """


_HAND_OVER = """\
You share this conversation with other agents. Answer yourself what is yours to answer; where
another is the right one, hand over to it and say nothing of that to the user."""
