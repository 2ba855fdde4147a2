"""The answers of several agents as one message, for whoever makes one answer of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from batuta.core.message import Message
from batuta.errors import BatutaError, InvalidInput
from batuta.errors.public import public_text
from batuta.parts.likeness import written
from batuta.parts.members import RECORD, MemberResult, attempt, is_agent, told_of

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.run import Run

Combine = Callable[[Sequence[MemberResult]], Message]
"""Makes one answer of what became of each member."""


def by_name(members: Sequence[MemberResult]) -> Message:
    """Give name to text as data, and the same in words; who has no answer is named in words only.

    A member that gave data and no text stands with its data as JSON text.
    """
    texts = {m.agent: written(m.reply) or "" for m in members if m.reply is not None}
    lines = [f"{m.agent}: {texts.get(m.agent) or _absent(m)}" for m in members]
    return Message.assistant("\n".join(lines), texts)


def with_headings(members: Sequence[MemberResult]) -> Message:
    """Put the answers below each other, each under its agent's name."""
    return Message.assistant(headed(members))


def headed(members: Sequence[MemberResult]) -> str:
    """Write the answers below each other, each under its agent's name."""
    return "\n\n".join(f"## {m.agent}\n{_body(m)}" for m in members)


def _body(member: MemberResult) -> str:
    return (None if member.reply is None else written(member.reply)) or _absent(member)


def _absent(member: MemberResult) -> str:
    return f"(no answer: {member.how})"


def gathered(question: Message, members: Sequence[MemberResult]) -> Message:
    """Put a question and its answers into one message: as words for a model, as data for code.

    ``answers_in`` reads the data: ``question``, and ``answers`` with agent, text, data, metadata
    and, of a member that has none, ``absent``: its status, with its error.
    """
    told = [_told(m) for m in members]
    return Message.user(
        f"Question: {question.text}\n\nAnswers:\n\n{headed(members)}",
        {"question": question.text, "answers": told},
    )


def _told(member: MemberResult) -> dict[str, Any]:
    if member.reply is None:
        missing = {"agent": member.agent, "absent": member.status}
        return missing if member.error is None else {**missing, "error": public_text(member.error)}
    made: dict[str, Any] = {"agent": member.agent, "text": member.reply.text}
    if member.reply.data is not None:
        made["data"] = dict(member.reply.data)
    about = {key: value for key, value in member.reply.metadata.items() if key != RECORD}
    if about:
        made["metadata"] = about
    return made


def answers_in(message: Message) -> list[MemberResult]:
    """Read the answers out of a message that ``gathered`` made, or one with data of that shape.

    Raises:
        InvalidInput: There are none in it.
    """
    raw: Any = (message.data or {}).get("answers")
    items = cast("list[Any]", raw) if isinstance(raw, list) else []
    read = [_read(item) for item in items]
    if not read or any(ran is None for ran in read):
        raise InvalidInput(
            "The message carries no answers to aggregate",
            'Give data={"answers": [{"agent": name, "text": text}, …]}.',
        )
    return [ran for ran in read if ran is not None]


def _read(item: Any) -> MemberResult | None:
    if not isinstance(item, dict):
        return None
    raw = cast("dict[str, Any]", item)
    if not isinstance(raw.get("agent"), str):
        return None
    if "absent" in raw:
        error = BatutaError(raw["error"]) if "error" in raw else None
        return MemberResult(agent=raw["agent"], status=raw["absent"], error=error)
    reply = Message(
        "assistant", str(raw.get("text", "")), raw.get("data"), raw.get("metadata") or {}
    )
    return MemberResult(agent=raw["agent"], reply=reply)


def question_in(message: Message) -> str:
    """Give the question that the answers in a message are for; empty where it has none."""
    asked = (message.data or {}).get("question")
    return asked if isinstance(asked, str) else ""


def agents_in(*ways: Combine | Agent | str | None) -> list[Agent | str]:
    """Give those of several ways to combine that are agents, or names of them."""
    return [cast("Agent | str", way) for way in ways if isinstance(way, str) or is_agent(way)]


def check_way(name: str, way: object) -> None:
    """Refuse an option that is neither a function nor an agent nor the name of one.

    Raises:
        TypeError: It is something else.
    """
    if not (isinstance(way, str) or is_agent(way) or callable(way)):
        raise TypeError(f"{name} is a function, an agent or the name of one, not {way!r}.")


async def combined(
    run: Run, how: Combine | Agent | str, *, question: Message, members: Sequence[MemberResult]
) -> tuple[Message, list[MemberResult]]:
    """Make one answer of several, by a function or by an agent.

    Gives the answer, and the members with the agent that made it.

    Raises:
        BatutaError: The agent failed.
        TypeError: The function gave no message.
    """
    if not isinstance(how, str) and not is_agent(how):
        answer = cast("Callable[[Sequence[MemberResult]], object]", how)(members)
        if not isinstance(answer, Message):
            kind = type(answer).__name__
            raise TypeError(f"the function that combines gave {kind}, not a Message")
        return answer, list(members)
    made = await attempt(run, cast("Agent | str", how), gathered(question, members))
    everybody = [*members, made]
    if made.reply is None:
        run.decide(f"give up: {made.agent} made no answer of theirs", told_of(everybody))
    return made.answer(), everybody
