"""An App of somebody else, written from the docs alone, is right under every kind of style."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from batuta.lab import check_scenarios
from batuta.testing import ScriptedModel, assert_effects, calls, talk

sys.path.append(str(Path(__file__).parents[2] / "examples"))

from lost_property import make_app

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("style", ["a", "b", "d", "f", "h"])
def test_what_is_described_is_handed_out(style: str, tmp_path: Path) -> None:
    app = make_app(tmp_path)

    *_, missing = talk(app, "I want my black phone back", style=style)
    records = talk(app, "I want my red umbrella back", "the first one", style=style)

    assert "nothing" in missing.text
    done = [effect.result for record in records for effect in record.effects]
    assert done == [{"item": "red umbrella", "owner": "local"}]


def test_a_thing_is_handed_out_once(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    claim = calls(("claim", {"item_id": "bag-1"}))

    [first] = talk(app, "The blue bag is mine", model=ScriptedModel([claim, "Here it is."]))
    [second] = talk(app, "No, mine", model=ScriptedModel([claim, "It is gone."]))

    assert_effects(first, ("claim", {"item": "blue bag", "owner": "local"}))
    assert_effects(second)


def test_each_scenario_can_fail_and_can_succeed(tmp_path: Path) -> None:
    app = make_app(tmp_path)

    assert asyncio.run(check_scenarios(app.scenarios, app)) == []
