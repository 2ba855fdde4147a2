"""Plans by name, and what they draw: the same from the same seed, wherever timing puts it."""

from __future__ import annotations

import pytest

from batuta.errors import ConfigError
from batuta.faults import FaultPlan, PlannedFault, fault_plan, profile, single_faults
from batuta.faults.plan import FaultPlace


def names(told: str) -> list[tuple[str, float, str]]:
    return [(fault.name, fault.rate, fault.only) for fault in profile(told)]


def test_a_profile_is_a_fault_a_seam_all_of_them_or_a_sum() -> None:
    assert names("none") == []
    assert names("tool-half-done") == [("tool-half-done", 0.0, "")]
    assert names("tool-error:book@0.5") == [("tool-error", 0.5, "book")]
    assert names("clock@0.3") == [
        ("clock-jump", pytest.approx(0.1), ""),
        ("clock-back", pytest.approx(0.1), ""),
        ("clock-dst", pytest.approx(0.1), ""),
    ]
    assert sum(fault.rate for fault in profile("model")) == pytest.approx(0.1)
    assert [fault.name for fault in profile("all")] == list(single_faults())
    assert names("model-cut+store-full") == [("model-cut", 0.0, ""), ("store-full", 0.0, "")]


def test_a_single_fault_strikes_once_and_a_rate_without_end() -> None:
    [once], [often] = profile("tool-error"), profile("tool-error@1")
    assert (once.calls, once.most) == ((1,), 1)
    assert (often.rate, often.most) == (1, None)


@pytest.mark.parametrize("wrong", ["tool-broken", "", "tool-error@2", "tool-error@often", "TOOL"])
def test_what_is_no_profile_is_told(wrong: str) -> None:
    with pytest.raises(ConfigError):
        profile(wrong)


def test_a_rate_is_a_share() -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        PlannedFault(seam="tool", kind="error", rate=1.5)


def struck(plan: FaultPlan, spans: list[str]) -> set[str]:
    for span in spans:
        plan.strikes(0, FaultPlace(span, "book", f"{plan.seed}|{span}"))
    return {each.place for each in plan.struck}


def test_chance_follows_from_seed_and_place_not_from_order() -> None:
    spans = [f"1.{at}" for at in range(200)]
    forth = struck(fault_plan("tool-error@0.2", seed=3), spans)
    back = struck(fault_plan("tool-error@0.2", seed=3), spans[::-1])
    other = struck(fault_plan("tool-error@0.2", seed=4), spans)
    assert forth == back
    assert forth != other
    assert 20 <= len(forth) <= 65


def test_calls_count_among_those_of_the_tool_that_is_meant() -> None:
    plan = FaultPlan(faults=[PlannedFault(seam="tool", kind="error", calls=(2,), only="book")])
    asked = ["look", "book", "look", "book", "book"]
    did = [plan.strikes(0, FaultPlace("1", name, "x")) for name in asked]
    assert did == [False, False, False, True, False]
    assert [(each.name, each.at) for each in plan.struck] == [("tool-error", "book")]
