"""Random trees of agents, and the plain program that does the same without any of them.

A ``Node`` is made into an agent by ``agents_of`` and played by ``Play``, which knows no Run, no
task and no runtime: a pattern nested in a pattern must say, ask and use exactly what the play does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from batuta.compose.debate import Debate, _asked  # its prompt's wording is not what is tested
from batuta.compose.ensemble import Ensemble
from batuta.compose.map_reduce import MapReduce
from batuta.compose.parallel import Parallel
from batuta.core.agent import Agent, FunctionAgent
from batuta.core.message import Message
from batuta.core.model import ModelReply, ModelRequest, Usage
from batuta.core.run import Run
from batuta.errors import BatutaError, EmptyAnswer, ToolFailed
from batuta.parts.answers import by_name, gathered, with_headings
from batuta.parts.ballots import SingleVote, count
from batuta.parts.likeness import plain, written
from batuta.parts.members import MemberResult
from tests.contract.trees_staged import STAGED, Kind, all_failed

LEAVES = ("echo", "asks", "x", "y", "fails", "mute", "picky")
MODES = ("all", "fail_fast", "first", "quorum", "partial")
SEEN = 2_000  # a trace keeps that much of a text


@dataclass(eq=False)
class Node:
    """An agent of the tree.

    Args:
        by_name: Whether its parent knows it by name.
        option: Picks between a pattern's ways.
    """

    kind: str
    children: tuple[Node, ...] = ()
    option: int = 0
    by_name: bool = False
    name: str = ""
    role: str = ""

    def __repr__(self) -> str:
        return f"{self.name}:{self.kind}{self.option}{list(self.children) or ''}"

    def everybody(self) -> list[Node]:
        """The node and all below it."""
        return [self, *(node for child in self.children for node in child.everybody())]


def named(root: Node) -> Node:
    """Give every node its name, and the role that its agent has."""
    for number, node in enumerate(root.everybody()):
        node.name = f"n{number}"
    agents_of(root)
    return root


def _leaf() -> st.SearchStrategy[Node]:
    # Leaves that fail or say nothing are rare, so that most trees get far.
    kinds = st.sampled_from((*LEAVES, "echo", "asks", "asks", "x", "picky"))
    return st.builds(Node, kind=kinds, by_name=st.booleans())


def trees(depth: int) -> st.SearchStrategy[Node]:
    """Trees of that depth at most."""
    if depth == 1:
        return _leaf()
    below = trees(depth - 1)

    def of(kind: str, least: int, most: int) -> st.SearchStrategy[Node]:
        children = st.lists(below, min_size=least, max_size=most).map(tuple)
        options = st.integers(0, 4)
        return st.builds(Node, st.just(kind), children, options, by_name=st.booleans())

    return st.one_of(*(of(kind, *sizes) for kind, (sizes, *_) in KINDS.items()), _leaf())


def model_says(request: ModelRequest) -> ModelReply:
    text = request.messages[-1].text
    return ModelReply(f"m{len(text)}", usage=_used(text), model="scripted:lines", stand_in=True)


def _used(text: str) -> Usage:
    return Usage(len(text) % 50 + 1, 3)


def agents_of(root: Node) -> list[Agent]:
    """Make the agents that the runtime must know; the root is the last."""
    made: list[Agent] = []

    def make(node: Node) -> Agent | str:
        members = [make(child) for child in node.children]
        agent = _leaf_agent(node) if not members else KINDS[node.kind][1](node, members)
        node.role = agent.role
        if node.by_name or node is root:
            made.append(agent)
        return node.name if node.by_name else agent

    make(root)
    return made


def _leaf_agent(node: Node) -> Agent:
    async def answer(message: Message, run: Run) -> Message:
        if node.kind == "asks":
            return Message.assistant((await run.ask([message])).text)
        return Message.assistant(_plain_leaf(node, message.text))

    return FunctionAgent(name=node.name, answer=answer)


def _plain_leaf(node: Node, text: str) -> str:
    # One that fails in a debate's second round, and at the second of three parts.
    picky = node.kind == "picky" and ("last position" in text or text.endswith("right"))
    if node.kind == "fails" or picky:
        raise ToolFailed("t", f"{node.name} is broken")
    return {"echo": f"{node.name}<{text[:40]}>", "mute": ""}.get(node.kind, node.kind)


@dataclass
class Play:
    """The plain program: calls functions, keeps what each heard and said, and counts."""

    heard: list[tuple[str, str, str | None]] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    model_calls: int = 0

    def play(self, node: Node, message: Message) -> Message:
        """Do what the node's agent does."""
        at = self.begin(node.name, message)
        if node.children:
            reply = KINDS[node.kind][2](self, node, message)
        elif node.kind == "asks":
            self.model_calls += 1
            self.usage += _used(message.text)
            reply = Message.assistant(f"m{len(message.text)}")
        else:
            reply = Message.assistant(_plain_leaf(node, message.text))
        self.end(at, reply.text)
        return reply

    def begin(self, name: str, message: Message) -> int:
        self.heard.append((name, message.text[:SEEN], None))
        return len(self.heard) - 1

    def end(self, at: int, text: str) -> None:
        self.heard[at] = (*self.heard[at][:2], text[:SEEN])

    def said(self, name: str, message: Message, reply: Message) -> Message:
        """Keep what an agent that is no node heard and said."""
        self.end(self.begin(name, message), reply.text)
        return reply

    def attempt(self, node: Node, message: Message) -> MemberResult:
        try:
            reply = self.play(node, message)
            if not reply.text.strip() and not reply.data:
                raise EmptyAnswer(node.name)
        except BatutaError as error:
            return MemberResult(agent=node.name, status="failed", error=error)
        return MemberResult(agent=node.name, reply=reply)

    def all_of(self, nodes: Sequence[Node], message: Message) -> list[MemberResult]:
        return [self.attempt(node, message) for node in nodes]


# Parallel ----------------------------------------------------------------------------------------


def _wanted(node: Node) -> int:
    number = len(node.children)
    return {"first": 1, "partial": 1, "quorum": (number + 1) // 2}.get(MODES[node.option], number)


def _parallel(node: Node, members: Sequence[Agent | str]) -> Agent:
    mode: Any = MODES[node.option]
    return Parallel(
        name=node.name,
        members=members,
        mode=mode,
        k=_wanted(node) if mode == "quorum" else None,
        # One at a time where somebody may be given up: who was begun is then no matter of chance.
        limit=None if mode in {"all", "partial"} else 1,
    )


def _play_parallel(play: Play, node: Node, message: Message) -> Message:
    mode, number, wanted = MODES[node.option], len(node.children), _wanted(node)
    ran: list[MemberResult] = []
    for child in node.children:
        good, bad = sum(m.ok for m in ran), sum(not m.ok for m in ran)
        over = {
            "fail_fast": bad > 0,
            "first": good == 1,
            "quorum": good == wanted or bad > number - wanted,
        }
        if over.get(mode, False):
            ran.append(MemberResult(agent=child.name, status="skipped"))
        else:
            ran.append(play.attempt(child, message))
    failed = [m for m in ran if m.error is not None]
    if mode == "fail_fast" and failed:
        failed[0].answer()
    if sum(m.ok for m in ran) < wanted:
        part = "all" if len(failed) == number else f"{len(failed)} of"
        aim = f", so there is no quorum of {wanted}" if mode == "quorum" else ""
        raise all_failed(node.name, ran, f"{part} {number} members failed{aim}")
    if mode == "first":
        return next(m.reply for m in ran if m.reply is not None)
    return by_name(ran)


# Ensemble ----------------------------------------------------------------------------------------


def _ensemble(node: Node, members: Sequence[Agent | str]) -> Agent:
    return Ensemble(name=node.name, voters=members, threshold=_threshold(node))


def _threshold(node: Node) -> float | None:
    return (None, 0.0, 0.5, 0.75, 1.0)[node.option]


def _play_ensemble(play: Play, node: Node, message: Message) -> Message:
    ran = play.all_of(node.children, message)
    if not any(m.ok for m in ran):
        raise all_failed(node.name, ran, f"all {len(ran)} voters failed")
    first: dict[str, str] = {}
    votes: list[SingleVote] = []
    for member in ran:
        text = member.reply and written(member.reply)
        label = first.setdefault(plain(text), text) if text else None
        votes.append(SingleVote(member.agent, label))
    ballot = count(votes, needed=_threshold(node))
    at = ballot.elected()
    if at is None:
        return Message.assistant(f"No answer was agreed on: {ballot.why}.")
    return ran[at].answer()


# Map-reduce --------------------------------------------------------------------------------------


def _split(message: Message) -> list[str | Message]:
    return [f"{message.text} {part}" for part in ("left", "right", "rest")]


def _partial(node: Node) -> bool:
    return node.option % 2 == 0


def _map_reduce(node: Node, members: Sequence[Agent | str]) -> Agent:
    return MapReduce(
        name=node.name,
        split=_split,
        mapper=members[0],
        reducer=members[1] if len(members) > 1 else with_headings,
        on_error="partial" if _partial(node) else "fail_fast",
        limit=None if _partial(node) else 1,
    )


def _play_map_reduce(play: Play, node: Node, message: Message) -> Message:
    ran: list[MemberResult] = []
    for part in _split(message):
        asked = part if isinstance(part, Message) else Message.user(part)
        ran.append(play.attempt(node.children[0], asked))
        if not _partial(node):
            ran[-1].answer()
    if not any(m.ok for m in ran):
        raise all_failed(node.name, ran, f"all {len(ran)} parts failed")
    parts = [
        MemberResult(agent=f"part {at}", status=m.status, reply=m.reply, error=m.error)
        for at, m in enumerate(ran, 1)
    ]
    if len(node.children) == 1:
        return with_headings(parts)
    return play.attempt(node.children[1], gathered(message, parts)).answer()


# Debate ------------------------------------------------------------------------------------------


def _rounds(node: Node) -> int:
    return node.option % 2 + 1


def _debate(node: Node, members: Sequence[Agent | str]) -> Agent:
    return Debate(name=node.name, debaters=members[:-1], judge=members[-1], rounds=_rounds(node))


def _play_debate(play: Play, node: Node, message: Message) -> Message:
    *debaters, judge = node.children
    held: list[MemberResult] = []
    turns: list[MemberResult] = []
    for _ in range(_rounds(node)):
        asked = [_asked(message, held, at) if held else message for at in range(len(debaters))]
        ran = [play.attempt(node, text) for node, text in zip(debaters, asked, strict=True)]
        turns += ran
        held = [now if now.ok or not held else held[at] for at, now in enumerate(ran)]
        if sum(m.ok for m in held) < 2:
            raise all_failed(node.name, turns, "fewer than two debaters have a position")
        texts = {plain(written(m.reply) or "") for m in held if m.reply is not None}
        if len(texts) == 1 and all(m.ok for m in held):
            return held[0].answer()
    return play.attempt(judge, gathered(message, held)).answer()


KINDS: dict[str, Kind] = {
    "parallel": ((1, 3), _parallel, _play_parallel),
    "ensemble": ((1, 3), _ensemble, _play_ensemble),
    "map_reduce": ((1, 2), _map_reduce, _play_map_reduce),
    "debate": ((3, 3), _debate, _play_debate),
    **STAGED,
}
"""Of each pattern: fewest and most members, how it is made, and how it is played."""
