"""One composition of each kind over the club's tools, for runs that are killed: some of them book.

The model says what follows from what it is asked alone, so that any life of a run hears the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from batuta.app import App
from batuta.compose.debate import Debate
from batuta.compose.ensemble import Ensemble
from batuta.compose.hierarchical import Hierarchical
from batuta.compose.map_reduce import MapReduce
from batuta.compose.parallel import Parallel
from batuta.compose.rag import RAG
from batuta.compose.reflection import Reflection
from batuta.compose.router import Router
from batuta.compose.swarm import Swarm
from batuta.core.agent import Agent, FunctionAgent
from batuta.core.message import Message
from batuta.core.model import ModelReply, ModelRequest, Usage
from batuta.core.run import Run
from batuta.parts.answers import with_headings
from batuta.parts.handoff import hand_to
from batuta.testing.scripted import ScriptedModel

DAY = "2026-03-03"
Answer = Callable[[Message, Run], Awaitable[Message]]


def says(request: ModelRequest) -> ModelReply:
    text = request.messages[-1].text
    said = "So [[a]]." if "[[" in "".join(m.text for m in request.messages) else f"m{len(text)}"
    return ModelReply(said, usage=Usage(len(text), 3), model="scripted:lines", stand_in=True)


def agent(name: str, answer: Answer) -> Agent:
    return FunctionAgent(name=name, answer=answer)


def asks(name: str, **data: Any) -> Agent:
    """Asks the model, and answers with what it said."""

    async def answer(message: Message, run: Run) -> Message:
        return Message.assistant((await run.ask([message])).text, data or None)

    return agent(name, answer)


def books(app: App, name: str = "booker", time: str = "") -> Agent:
    """Asks the model, looks what is free at a time, and books the first court."""
    find, book = app.tools

    async def answer(message: Message, run: Run) -> Message:
        said = await run.ask([message])
        asked = {"date": DAY, "time": time or message.text}
        free = await run.use(find, asked)
        done = await run.use(book, {"slot_id": free["open"][0]["slot_id"]})
        return Message.assistant(f"{said.text}: court {done['court']} at {done['start']}")

    return agent(name, answer)


def parallel(app: App) -> Sequence[Agent]:
    return [Parallel(members=[asks("east"), books(app, time="15:00"), asks("west")])]


def router(app: App) -> Sequence[Agent]:
    classifier = asks("classifier", label="book", confidence=1.0)
    routes = {"book": books(app, time="15:00"), "look": asks("looker")}
    return [Router(classifier=classifier, routes=routes)]


def swarm(app: App) -> Sequence[Agent]:
    async def front(message: Message, run: Run) -> Message:
        said = await run.ask([message])
        return hand_to("booker", said.text)

    return [Swarm(members=[agent("front", front), books(app, time="15:00")])]


def rag(app: App) -> Sequence[Agent]:
    async def free(message: Message, run: Run) -> Message:
        found = await run.use(app.tools[0], {"date": DAY, "time": "15:00"})
        told = [{"id": "a", "text": f"[[a]] {slot['court']} is free"} for slot in found["open"][:1]]
        return Message.assistant("", {"documents": told})

    return [RAG(retrievers=[agent("free", free)])]


def reflection(_: App) -> Sequence[Agent]:
    async def critic(message: Message, run: Run) -> Message:
        said = await run.ask([message])
        good = len(said.text) > 3
        return Message.assistant(said.text, {"score": 0.95 if good else 0.5, "feedback": "More."})

    return [Reflection(generator=asks("writer"), critics=[agent("critic", critic)])]


def hierarchical(app: App) -> Sequence[Agent]:
    async def manages(message: Message, run: Run) -> Message:
        said = (await run.ask([message])).text
        if "results" in (message.data or {}):
            return Message.assistant(said)
        tasks = [
            ("desk", "booker", "15:00"),
            ("desk", "looker", "Look."),
            ("hall", "porter", "Go."),
        ]
        made = [{"team": team, "worker": worker, "task": task} for team, worker, task in tasks]
        return Message.assistant("", {"assignments": made})

    teams = {"desk": [books(app), asks("looker")], "hall": [asks("porter")]}
    return [Hierarchical(manager=agent("manager", manages), teams=teams)]


def ensemble(_: App) -> Sequence[Agent]:
    return [Ensemble(voters=[asks("one"), asks("two"), asks("three")])]


def map_reduce(app: App) -> Sequence[Agent]:
    def split(_: Message) -> list[str]:
        return ["15:00", "17:00"]

    return [MapReduce(split=split, mapper=books(app), reducer=with_headings)]


def debate(app: App) -> Sequence[Agent]:
    judge = books(app, "judge", "15:00")
    return [Debate(debaters=[asks("pro"), asks("con")], judge=judge, agreement=None, rounds=2)]


COMPOSED = {
    "parallel": parallel,
    "router": router,
    "swarm": swarm,
    "rag": rag,
    "reflection": reflection,
    "hierarchical": hierarchical,
    "ensemble": ensemble,
    "map_reduce": map_reduce,
    "debate": debate,
}
BOOKINGS = {"rag": 0, "reflection": 0, "ensemble": 0, "map_reduce": 2}
"""How many each makes, where it is not one."""


def composed(app: App) -> App:
    """Give the club's App these compositions, and a model that knows their parts."""
    model = ScriptedModel([says], repeat=True)
    return replace(app, compositions=COMPOSED, models={"default": model})
