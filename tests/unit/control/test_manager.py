"""Styles F and G: a manager and its specialists, given to whoever holds the loop."""

from __future__ import annotations

import pytest

from batuta.control.manager import Manager
from batuta.core.agent import FunctionAgent
from batuta.core.message import Message
from batuta.core.run import Run
from batuta.parts.loop import Delegate
from batuta.wiring import local_runtime
from tests.unit.control.fake_loop import FakeLoop

COURTS = Delegate(agent="courts", description="Knows the courts.")
DESK = Delegate(agent="desk", description="Talks to members.", handoff=True)


async def test_the_loop_gets_the_specialists_and_is_told_to_manage_them() -> None:
    loop = FakeLoop()
    agent = Manager(loop=loop, delegates=[COURTS, DESK], instructions="Be kind.", max_turns=3)
    record = await local_runtime().run(agent, Message.user("go"))
    assert record.raised().text == "Done."
    spec, messages = loop.driven[0]
    assert (spec.delegates, spec.tools) == ([COURTS, DESK], ())
    assert (spec.name, spec.max_turns, spec.by) == ("manager", 3, "manager")
    assert spec.instructions.text.startswith("Be kind.\n\nYou manage specialists.")
    assert "Now: " in spec.instructions.text
    assert [m.text for m in messages] == ["go"]


def test_a_manager_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="one specialist at least"):
        Manager(loop=FakeLoop(), delegates=[])


async def test_its_specialists_are_started_before_it_and_its_loop_with_it() -> None:
    order: list[str] = []

    class Courts(FunctionAgent):
        async def start(self) -> None:
            order.append("courts")

    class Loop(FakeLoop):
        async def start(self) -> None:
            order.append("loop")

    async def answer(message: Message, run: Run) -> Message:
        return message

    runtime = local_runtime()
    runtime.register(Manager(loop=Loop(), delegates=[COURTS]), Courts(name="courts", answer=answer))
    await runtime.start()
    assert order == ["courts", "loop"]
    await runtime.stop()
