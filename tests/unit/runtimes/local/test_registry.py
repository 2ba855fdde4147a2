"""Agents start after those that they need, and stop in the reverse order."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.core.message import Message
from batuta.core.run import Run
from batuta.errors import AgentNotFound, ConfigError
from tests.unit.core.rig import echo, hosted


@dataclass(kw_only=True, eq=False)
class Service:
    """An agent with something to start, which writes down what happens to it."""

    name: str
    log: list[str]
    needs: tuple[str, ...] = ()
    breaks: frozenset[str] = field(default=frozenset())
    role: str = "service"
    up: bool = False

    async def execute(self, message: Message, run: Run) -> Message:
        return message

    async def start(self) -> None:
        self._note("start")
        self.up = True

    async def stop(self) -> None:
        self._note("stop")
        self.up = False

    def ready(self) -> bool:
        return self.up

    def _note(self, what: str) -> None:
        if what in self.breaks:
            raise OSError(f"{self.name} cannot {what}")
        self.log.append(f"{what} {self.name}")


def services(log: list[str], needs: dict[str, tuple[str, ...]], **breaks: str) -> list[Service]:
    return [
        Service(name=n, log=log, needs=w, breaks=frozenset(breaks.get(n, "").split()))
        for n, w in needs.items()
    ]


NEEDS = {"web": ("db", "cache"), "cache": ("db",), "db": ()}


async def test_each_starts_after_those_it_needs_and_stops_before_them() -> None:
    log: list[str] = []
    runtime = hosted(*services(log, NEEDS), echo("plain"))
    assert not runtime.ready()
    await runtime.start()
    assert runtime.ready()
    await runtime.stop()
    assert not runtime.ready()
    assert log == [
        "start db", "start cache", "start web", "stop web", "stop cache", "stop db",
    ]  # fmt: skip


async def test_starting_twice_starts_once_and_a_later_agent_alone() -> None:
    log: list[str] = []
    runtime = hosted(*services(log, {"a": ()}))
    await runtime.start()
    runtime.register(*services(log, {"b": ("a",)}))
    await runtime.start()
    await runtime.stop()
    await runtime.stop()
    assert log == ["start a", "start b", "stop b", "stop a"]


async def test_after_a_stop_all_can_start_again() -> None:
    log: list[str] = []
    runtime = hosted(*services(log, {"a": ()}))
    for _ in range(2):
        await runtime.start()
        await runtime.stop()
    assert log == ["start a", "stop a"] * 2


async def test_a_circle_is_named_and_nobody_starts() -> None:
    log: list[str] = []
    runtime = hosted(*services(log, {"x": (), "a": ("b",), "b": ("c",), "c": ("a",)}))
    with pytest.raises(ConfigError, match="circle") as caught:
        await runtime.start()
    assert all(name in caught.value.what for name in "abc")
    assert log == []


async def test_a_need_that_nobody_fills_is_named_and_nobody_starts() -> None:
    log: list[str] = []
    runtime = hosted(*services(log, {"x": (), "a": ("missing",)}))
    with pytest.raises(AgentNotFound) as caught:
        await runtime.start()
    assert (caught.value.agent, log) == ("missing", [])


async def test_a_failing_start_stops_those_already_started() -> None:
    log: list[str] = []
    runtime = hosted(*services(log, NEEDS, web="start"))
    with pytest.raises(OSError, match="web cannot start"):
        await runtime.start()
    assert log == ["start db", "start cache", "stop cache", "stop db"]
    assert not runtime.ready()


async def test_the_reason_of_a_failing_start_is_told_even_where_a_stop_fails_too() -> None:
    runtime = hosted(*services([], NEEDS, web="start", cache="stop"))
    with pytest.raises(OSError, match="web cannot start"):
        await runtime.start()


async def test_all_are_stopped_even_where_some_fail() -> None:
    log: list[str] = []
    runtime = hosted(*services(log, NEEDS, web="stop", cache="stop"))
    await runtime.start()
    with pytest.raises(ExceptionGroup) as caught:
        await runtime.stop()
    assert [str(e) for e in caught.value.exceptions] == ["web cannot stop", "cache cannot stop"]
    assert log[-1] == "stop db"


@given(st.lists(st.sets(st.integers(0, 7)), min_size=8, max_size=8), st.permutations(range(8)))
async def test_any_order_of_registration_keeps_to_the_needs(
    wanted: list[set[int]], order: list[int]
) -> None:
    log: list[str] = []
    needs = {str(n): tuple(str(m) for m in wanted[n] if m < n) for n in order}
    await hosted(*services(log, needs)).start()
    place = {name.removeprefix("start "): n for n, name in enumerate(log)}
    assert len(place) == 8
    for name, wants in needs.items():
        assert all(place[want] < place[name] for want in wants)


def test_an_agent_that_says_nothing_of_it_is_ready() -> None:
    assert hosted(*(echo(n) for n in itertools.islice("abc", 3))).ready()
