"""The patterns of random trees in which somebody decides: who that is, and how it is played.

Each gets an agent of its own that decides by simple arithmetic (``n3-label``, ``n3-critic``), so
that the plain program can decide the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

# The prompts' wording is not what is tested, so it is taken from where it is.
from batuta.compose.hierarchical import Hierarchical
from batuta.compose.rag import RAG
from batuta.compose.reflection import Reflection, _rewrite
from batuta.compose.reflection import _criticise as _asked_to_criticise
from batuta.compose.router import Router
from batuta.compose.swarm import Swarm
from batuta.compose.swarm.turn_taking import TurnRules, TurnTaking
from batuta.core.agent import Agent, FunctionAgent
from batuta.core.message import Message
from batuta.core.run import Run
from batuta.errors import MembersFailed
from batuta.parts.documents import Document, fenced
from batuta.parts.handoff import OPEN, Handoff, hand_to
from batuta.parts.members import MemberResult
from batuta.parts.plans import asking_for_answer, asking_for_plan

if TYPE_CHECKING:
    from tests.contract.trees import Node, Play

Members = Sequence[Agent | str]


def all_failed(name: str, ran: Sequence[MemberResult], why: str) -> MembersFailed:
    failures = [(m.agent, str(m.error)) for m in ran if m.error is not None]
    return MembersFailed(name, why, tuple(failures))


def _decides(name: str, work: Callable[[Message], Message]) -> FunctionAgent:
    async def answer(message: Message, run: Run) -> Message:
        return work(message)

    return FunctionAgent(name=name, answer=answer)


# Router ------------------------------------------------------------------------------------------


def _label(message: Message) -> Message:
    label = ("even", "odd")[len(message.text) % 2]
    return Message.assistant(label, {"label": label, "confidence": 1.0})


def _router(node: Node, members: Members) -> Agent:
    return Router(
        name=node.name,
        classifier=_decides(f"{node.name}-label", _label),
        routes={"even": members[0], "odd": members[min(1, len(members) - 1)]},
        fallback=members[2:],
    )


def _play_router(play: Play, node: Node, message: Message) -> Message:
    label = play.said(f"{node.name}-label", message, _label(message)).text
    route = 0 if label == "even" else min(1, len(node.children) - 1)
    ran: list[MemberResult] = []
    for child in (node.children[route], *node.children[2:]):
        ran.append(play.attempt(child, message))
        if ran[-1].ok:
            return ran[-1].answer()
    if len(ran) == 1:
        ran[0].answer()
    raise all_failed(node.name, ran, "no route gave an answer")


# Swarm -------------------------------------------------------------------------------------------


def _pass_on(message: Message) -> Message:
    to = next(iter((message.data or {})[OPEN]), None)
    return Message.assistant("nobody is there") if to is None else hand_to(to, "yours", "Wait.")


def _swarm(node: Node, members: Members) -> Agent:
    desk = _decides(f"{node.name}-desk", _pass_on)
    return Swarm(
        name=node.name,
        members=[desk, *members],
        max_handoffs=node.option,
        keeps_holder=False,  # else a second call in one conversation begins with the last holder
    )


def _play_swarm(play: Play, node: Node, message: Message) -> Message:
    desk = f"{node.name}-desk"
    roles = {desk: "", **{child.name: "" for child in node.children}}
    turns = TurnTaking(
        TurnRules(roles=roles, allow={}, max_handoffs=node.option, max_visits=2), desk
    )
    for at, child in enumerate(node.children):
        if at == node.option:  # no handoff is left
            break
        asked = turns.task(message)
        reply = play.said(desk, asked, hand_to(child.name, "yours", "Wait."))
        turns.hand_over(Handoff(child.name, "yours"), reply)
        ran = play.attempt(child, turns.task(message))
        if ran.ok:
            return ran.answer()
        turns.give_back(str(ran.error))
    return play.said(desk, turns.task(message), Message.assistant("nobody is there"))


# RAG ---------------------------------------------------------------------------------------------


def _documents(message: Message) -> list[Document]:
    texts = {"d1": f"about {message.text[:20]}", "d2": "about nothing"}
    return [Document(id=key, text=text) for key, text in texts.items()]


def _find(message: Message) -> Message:
    rows = [d.to_json() for d in _documents(message)]
    return Message.assistant(f"{len(rows)} documents", {"documents": rows})


def _rag(node: Node, members: Members) -> Agent:
    docs = _decides(f"{node.name}-docs", _find)
    return RAG(name=node.name, retrievers=[docs], generator=members[0], top_k=node.option + 1)


def _play_rag(play: Play, node: Node, message: Message) -> Message:
    play.said(f"{node.name}-docs", message, _find(message))
    shown = _documents(message)[: node.option + 1]
    asked = Message.user(f"{fenced(shown)}\n\nQuestion: {message.text}")
    return play.attempt(node.children[0], asked).answer()


# Reflection --------------------------------------------------------------------------------------


def _score(draft: str) -> float:
    return len(draft) % 5 / 4


def _criticise(message: Message) -> Message:
    draft = (message.data or {})["draft"]
    fault = f"{len(draft)} letters"
    return Message.assistant(fault, {"score": _score(draft), "feedback": fault})


def _reflection(node: Node, members: Members) -> Agent:
    return Reflection(
        name=node.name,
        generator=members[0],
        critics=[_decides(f"{node.name}-critic", _criticise)],
        max_rounds=node.option + 1,
    )


def _play_reflection(play: Play, node: Node, message: Message) -> Message:
    task, best, top = message, None, -1.0
    for _ in range(node.option + 1):
        wrote = play.attempt(node.children[0], task)
        if wrote.reply is None:
            if best is None:
                wrote.answer()
            break
        draft = wrote.reply.text
        asked = _asked_to_criticise(message, draft)
        fault = play.said(f"{node.name}-critic", asked, _criticise(asked)).text
        if _score(draft) <= top:
            break
        best, top = wrote.reply, _score(draft)
        if top >= 0.9:
            break
        task = _rewrite(message, draft, fault)
    assert best is not None
    return best


# Hierarchical ------------------------------------------------------------------------------------

TEAM = "team"


def _manage(message: Message) -> Message:
    data: Any = message.data or {}
    if "results" in data:
        return Message.assistant(f"{len(data['results'])} results, {len(message.text)} letters")
    plan = [
        {"team": TEAM, "worker": worker, "task": _task(data["request"], worker)}
        for worker in data["teams"][TEAM]
    ]
    return Message.assistant("Planned.", {"assignments": plan})


def _task(request: str, worker: str) -> str:
    return f"{request[:40]} for {worker}"


def _hierarchical(node: Node, members: Members) -> Agent:
    return Hierarchical(
        name=node.name,
        manager=_decides(f"{node.name}-boss", _manage),
        teams={TEAM: members},
        in_order=[TEAM] if node.option % 2 else [],
        max_depth=9,
    )


def _play_hierarchical(play: Play, node: Node, message: Message) -> Message:
    boss, children = f"{node.name}-boss", node.children
    roster = {TEAM: {c.name: c.name if c.by_name else c.role for c in children}}
    plan = asking_for_plan(message, roster, [])
    play.said(boss, plan, _manage(plan))
    at = play.begin(TEAM, message)
    ran: list[MemberResult] = []
    for child in children:
        task = _task(message.text, child.name)
        if ran and node.option % 2:
            before = "\n".join(f"- {m.agent}: {_came_to(m)}" for m in ran)
            task = f"{task}\n\nDone in your team before:\n{before}"
        ran.append(play.attempt(child, Message.user(task)))
    if not any(m.ok for m in ran):
        error = all_failed(TEAM, ran, f"nobody of team {TEAM} did its task")
        raise MembersFailed(node.name, "no assignment was done", ((TEAM, str(error)),))
    results = [
        {"team": TEAM, "worker": m.agent, "status": m.status, "text": _came_to(m)} for m in ran
    ]
    play.end(at, "\n\n".join(f"{m.agent}: {_came_to(m)}" for m in ran))
    ask = asking_for_answer(message, results)
    return play.said(boss, ask, _manage(ask))


def _came_to(member: MemberResult) -> str:
    return member.how if member.reply is None else member.reply.text


Make = Callable[["Node", Members], Agent]
Plays = Callable[["Play", "Node", Message], Message]
Kind = tuple[tuple[int, int], Make, Plays]
STAGED: dict[str, Kind] = {
    "router": ((1, 3), _router, _play_router),
    "swarm": ((1, 3), _swarm, _play_swarm),
    "rag": ((1, 1), _rag, _play_rag),
    "reflection": ((1, 1), _reflection, _play_reflection),
    "hierarchical": ((1, 3), _hierarchical, _play_hierarchical),
}
