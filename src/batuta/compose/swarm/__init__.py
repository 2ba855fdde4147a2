"""Agents hand the conversation to each other until one of them answers.

**Decides:** the agent that holds the word.
**Model calls:** those of each agent that gets the word, for each time that it does.
**Fails when:** nobody feels responsible, or two send the user back and forth.
**Source:** I. Bigio, "Orchestrating Agents: Routines and Handoffs", OpenAI Cookbook, 2024.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from batuta.compose.swarm.turn_taking import TurnRules, TurnTaking
from batuta.core.message import Message
from batuta.core.slots import new_dict
from batuta.errors import BudgetExceeded, ConfigError
from batuta.errors.public import public_words
from batuta.parts.effects import with_done
from batuta.parts.handoff import read_handoff
from batuta.parts.members import (
    Composed,
    MemberResult,
    attempt,
    check_members,
    name_of,
    with_record,
)
from batuta.parts.options import check_options

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.run import Run
    from batuta.core.trace import Decider

REFUSED = "handoff refused"


@dataclass(frozen=True, kw_only=True)
class Swarm(Composed):
    """Lets members answer, each with the user's request and all that was said in view.

    A member hands over by a reply with ``{"handoff": name, "reason": …}`` as data. A handoff that
    is not possible comes back to it once, with why; so does the word where the next one fails.

    Args:
        entry: Name of the member that has the word first; None takes the first.
        max_handoffs: Most handoffs for one message: 2 let three members speak.
        allow: Member to those that it may hand over to; a member without an entry may to all.
        max_visits: Most times that one member gets the word for one message, against circles;
            None for no limit.
        keeps_holder: Whether whoever answered has the word first in the conversation's next turn.
    """

    members: Sequence[Agent | str]
    entry: str | None = None
    max_handoffs: int = 10
    allow: Mapping[str, Sequence[str]] = field(default_factory=new_dict)
    max_visits: int | None = 2
    keeps_holder: bool = True
    name: str = "swarm"
    role: str = "agents that hand the conversation to each other"
    decides: Decider = "agent"

    def __post_init__(self) -> None:
        check_options(self)
        names = check_members(self.members, "member")
        self._rules.check()
        if self.entry is not None and self.entry not in names:
            raise ValueError(f"entry is {self.entry}, no member of the swarm.")

    def parts(self) -> Sequence[Agent | str]:
        """Give the members."""
        return self.members

    async def execute(self, message: Message, run: Run) -> Message:
        """Let one member after the other have the word until one answers."""
        members = {name_of(member): member for member in self.members}
        kept: str = run.state().get(self.name, {}).get("holder", "")
        turns = TurnTaking(
            self._rules, kept if kept in members else self.entry or next(iter(members))
        )
        ran: list[MemberResult] = []
        stop = ""
        while not stop:
            holder = members[turns.holder]
            ran.append(await attempt(run, holder, turns.task(message), shares_history=True))
            stop = _next(turns, ran[-1], run)
        reply = ran[-1].reply or Message.assistant("")
        if stop == REFUSED:
            reply = Message.assistant(with_done(f"{reply.text}\n\n{_STUCK}".lstrip(), run))
        if self.keeps_holder:
            run.state()[self.name] = {"holder": turns.holder}
        handoffs = [{"from": giver, "to": to, "reason": why} for giver, to, why in turns.given]
        return with_record(reply, "swarm", ran, stop=stop, holder=turns.holder, handoffs=handoffs)

    @cached_property
    def _rules(self) -> TurnRules:
        roles = {name_of(m): m if isinstance(m, str) else m.role for m in self.members}
        return TurnRules(
            roles=roles,
            allow=self.allow,
            max_handoffs=self.max_handoffs,
            max_visits=self.max_visits,
        )


def _next(turns: TurnTaking, ran: MemberResult, run: Run) -> str:
    """Settle who has the word next, or say why it ends: empty where it goes on."""
    if ran.error is not None:
        if isinstance(ran.error, BudgetExceeded | ConfigError):
            raise ran.error
        if not turns.give_back(with_done(public_words(ran.error), run)):
            raise ran.error
        run.decide(f"give back to {turns.holder}", f"{ran.agent} failed: {ran.error}", by="code")
    reply = ran.reply
    if reply is None:
        return ""
    wish = read_handoff(reply)
    if wish is None:
        return "answered"
    for other in wish.others:
        run.decide(f"leave out the handoff to {other}", f"beside that to {wish.to}", by="code")
    why = turns.why_not(wish.to)
    if not why:
        run.decide(f"hand over to {wish.to}", wish.reason)
        turns.hand_over(wish, reply)
        return ""
    run.decide(f"refuse the handoff to {wish.to}", why, by="code")
    if turns.refused:
        return REFUSED
    turns.refuse(wish, reply, why)
    return ""


_STUCK = """\
I could not pass this on to the right place, so I stopped. Please say it in other words, or ask for
one thing at a time."""
