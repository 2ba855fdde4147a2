"""Every ``Agent`` of the package keeps the contract."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from batuta.core.agent import Agent, FunctionAgent
from batuta.core.app import App, Specialist
from batuta.core.message import Message
from batuta.core.run import Run
from batuta.models.scripted import calls
from batuta.styles import styled
from tests.contract.agent import AgentCase, AgentContract
from tests.unit.control.ferry import Harbour, said

FIND = calls(("find_sailings", {"day": "monday", "seats": 1}))


def _app() -> App:
    intake = Harbour().intake()
    return App(
        name="ferry", instructions="Sell tickets.", tools=(intake.find, intake.act), intake=intake,
        specialists=(
            Specialist("finder", "Finds sailings.", "Find.", ("find_sailings",)),
            Specialist("seller", "Sells tickets.", "Sell.", ("buy",)),
        ),
    )  # fmt: skip


def _style(key: str) -> tuple[Callable[[], Agent], Callable[[], tuple[Agent, ...]]]:
    return (lambda: styled(_app(), key, {})[-1]), (lambda: styled(_app(), key, {})[:-1])


def _function() -> AgentCase:
    async def answer(message: Message, run: Run) -> Message:
        return Message.assistant(message.text.upper())

    return AgentCase(make=lambda: FunctionAgent(name="function", answer=answer))


def _case(key: str, *lines: object) -> AgentCase:
    make, others = _style(key)
    return AgentCase(make=make, others=others, lines=lines)


CASES = {
    "function": _function(),
    "a": _case("a", said(day="monday", seats=2)),
    "b": _case("b", said(day="friday", seats=2)),
    "d": _case("d", FIND, "There are three."),
    "e": _case("e", FIND, "There are three."),
    "f": _case("f", calls(("finder", {"task": "monday"})), FIND, "Three.", "There are three."),
}


class TestAgents(AgentContract):
    @pytest.fixture(params=list(CASES.values()), ids=list(CASES))
    def case(self, request: pytest.FixtureRequest) -> AgentCase:
        return request.param
