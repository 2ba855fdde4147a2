"""An agent of another framework's is the same member on every runtime, and after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from batuta.compose.parallel import Parallel
from batuta.core.agent import Agent
from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.model import Emit, ModelReply, ModelRequest, Usage, ignore
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.runtime import RunOptions, Runtime
from batuta.errors import BudgetExceeded
from batuta.frameworks import FrameworkAgent
from tests.contract.durable_hosts import durable_house
from tests.contract.foreign import Made, maker_of
from tests.contract.hosts import HOSTS
from tests.contract.loops import call, text, wish
from tests.contract.runtime import Setup, agent
from tests.unit.runtimes.durable.rig import HELLO, RUN, attempt, begun, cut

FRAMEWORKS = ("pydantic_ai", "langgraph", "openai_agents", "agent_framework")
"""Those whose tools are wrapped, and one, LangGraph, whose tools are only watched."""
TELL = ("openai_agents", "agent_framework")
"""Those whose model is told that a tool broke; the agents of the others end."""
ARGUMENTS = {"book": {"court": "A"}, "look": {"day": "Monday"}}
SAID = "echo: hello\ncourts: A is yours."


@dataclass
class Booking:
    """A model that books, looks, and then says so: by what it is shown, not by how often."""

    name: str = "scripted:booking"
    order: tuple[str, ...] = ("book", "look")
    requests: list[ModelRequest] = field(default_factory=list)

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        self.requests.append(request)
        known = [message.name for message in request.messages if message.role == "tool"]
        for name in self.order:
            if name not in known:
                return wish(call(name, ARGUMENTS[name], call_id=name))
        return text("A is yours.")


@dataclass
class Club:
    """The tools of a club, and what was done by them."""

    done: list[str] = field(default_factory=list)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    waits_in: str = ""
    broken: bool = False

    def agents(self, framework: str, model: Booking | None = None) -> tuple[Agent, ...]:
        async def book(court: str) -> str:
            """Book a court."""
            self.done.append(f"book {court}")
            await self._wait("book")
            if self.broken:
                raise ConnectionError("the line broke")
            return f"booked {court}"

        async def look(day: str) -> str:
            """Look at a day."""
            self.done.append(f"look {day}")
            await self._wait("look")
            return f"look {len(self.done)}"

        made = maker_of(framework)(Made(name="courts", tools=(look, book)))
        member = FrameworkAgent(agent=made, reads=["look"], model=model)
        return Parallel(name="both", members=["echo", "courts"]), echo, member

    async def _wait(self, where: str) -> None:
        if self.waits_in == where:
            self.reached.set()
            await self.go_on.wait()


@agent("echo")
async def echo(message: Message, run: Run) -> Message:
    return message


@pytest.fixture(params=FRAMEWORKS)
def framework(request: pytest.FixtureRequest) -> str:
    return request.param


@asynccontextmanager
async def durable(setup: Setup, folder: Path) -> AsyncIterator[Runtime]:
    async with durable_house(folder / "durable.db") as house, house.host(setup) as runtime:
        yield runtime


ON = (*HOSTS, "durable")


def hosted(on: str, setup: Setup, folder: Path) -> AbstractAsyncContextManager[Runtime]:
    return durable(setup, folder) if on == "durable" else HOSTS[on](setup)


@pytest.mark.parametrize("on", ON)
async def test_a_member_is_the_same_on_every_runtime(
    on: str, framework: str, tmp_path: Path
) -> None:
    club, model = Club(), Booking()
    async with hosted(on, Setup(agents=club.agents(framework), model=model), tmp_path) as runtime:
        record = (await runtime.run("both", HELLO)).raised()
        short = await runtime.run("both", HELLO, RunOptions(budget=Budget(model_calls=2)))
        club.broken = True
        broken = await runtime.run("both", HELLO)
    assert record.text == SAID
    assert (record.model_calls, record.tool_calls) == (3, 2)
    assert record.usage == Usage(30, 15, 12, 6, 9)
    assert [(e.tool, e.status) for e in record.effects] == [("book", "done")]
    assert [(e.name, e.by) for e in record.events if e.kind == "tool" and e.phase == "start"] == [
        ("book", "agent"),
        ("look", "agent"),
    ]
    assert isinstance(short.failure, BudgetExceeded)
    assert short.model_calls == 2
    if framework in TELL:
        assert broken.text == SAID
        assert len(model.requests) == 3 + 2 + 3
        assert club.done == ["book A", "look Monday"] * 3
    else:
        assert "the line broke" in str(broken.failure)
        assert broken.unknown_effects == ("book",)
        assert len(model.requests) == 3 + 2 + 1
        assert club.done == ["book A", "look Monday"] * 2 + ["book A"]


async def restarted(
    folder: Path, first: tuple[Agent, ...], second: tuple[Agent, ...], club: Club
) -> RunRecord:
    """Leave a run where the club waits, and take what the next attempt makes of it."""
    async with attempt(folder, *first) as runtime:
        task = await begun(runtime, "both", club.reached)
    await cut(task)
    club.go_on.set()
    async with attempt(folder, *second) as runtime:
        return await runtime.result(RUN)


async def test_what_was_recorded_is_neither_asked_nor_done_again(tmp_path: Path) -> None:
    club, model = Club(waits_in="look"), Booking()
    agents = club.agents("pydantic_ai", model)
    record = (await restarted(tmp_path, agents, agents, club)).raised()
    assert record.text == SAID
    assert club.done == ["book A", "look Monday", "look Monday"]
    assert len(model.requests) == 3
    assert (record.model_calls, record.tool_calls) == (3, 2)
    assert record.unknown_effects == ()


async def test_a_graph_that_would_write_again_ends_instead(tmp_path: Path) -> None:
    club, model = Club(waits_in="look"), Booking()
    agents = club.agents("langgraph", model)
    record = await restarted(tmp_path, agents, agents, club)
    assert "book was done before a restart" in str(record.failure)
    assert club.done == ["book A", "look Monday"]
    assert len(model.requests) == 2
    assert [(e.tool, e.status) for e in record.effects] == [("book", "done")]


async def test_a_graph_reads_again_and_its_model_is_told_what_was_read_before(
    tmp_path: Path,
) -> None:
    club, model = Club(waits_in="book"), Booking(order=("look", "book"))
    agents = club.agents("langgraph", model)
    record = (await restarted(tmp_path, agents, agents, club)).raised()
    assert record.text == SAID
    assert club.done == ["look Monday", "book A", "look Monday", "book A"]
    assert [m.text for m in model.requests[-1].messages if m.role == "tool"] == [
        "look 1",
        "booked A",
    ]
    assert len(model.requests) == 3
    told = [e.name for e in record.events if e.name.startswith("outcome")]
    assert told == ["outcome unknown", "outcome resolved by its key"]
