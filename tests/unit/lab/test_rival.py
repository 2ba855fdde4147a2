"""What a fault let somebody else do first is held against nobody."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from batuta.app import App
from batuta.core.scenario import Scenario
from batuta.faults import RIVAL
from batuta.lab.talks import Talking
from batuta.testing import ScriptedModel


@pytest.mark.parametrize(("fault", "theirs"), [("store-conflict", 0), ("", 1)])
async def test_a_rivals_write_is_the_faults_own(fault: str, theirs: int) -> None:
    async def read() -> Sequence[str]:
        return ["A ana", f"B {RIVAL.id}"]

    app = App(name="shop", instructions="Sell.", tools=[])
    async with app.assistant("d", model=ScriptedModel(["Hello."])) as assistant:
        scenario = Scenario(name="hello", turns=("Hi",))
        talking = Talking(assistant=assistant, scenario=scenario, seed=1, read=read, fault=fault)
        talk = await talking.hold()
    assert talk.state == ["A ana", *[f"B {RIVAL.id}"] * theirs]
