"""Measures an App under every style, framework and model, on the same scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batuta.core.lazy import lazy_names

if TYPE_CHECKING:
    from batuta.core.scenario import (
        DirectCall,
        Scenario,
        ScenarioLimits,
        ScriptedAnswer,
        ScriptedTurn,
    )
    from batuta.lab.plan import ComparisonPlan
    from batuta.lab.results import Comparison, Sample, Subject, comparison_text, read_comparison
    from batuta.lab.runner import ComparisonWays, compare
    from batuta.lab.scenario_checks import check_scenarios
    from batuta.lab.scenario_file import read_scenarios, scenarios_from
    from batuta.lab.stands import StandParts

_HOMES = {
    "batuta.core.scenario": (
        *("DirectCall", "Scenario", "ScenarioLimits", "ScriptedAnswer", "ScriptedTurn"),
    ),
    "batuta.lab.runner": ("ComparisonWays", "compare"),
    "batuta.lab.plan": ("ComparisonPlan",),
    "batuta.lab.results": (
        *("Comparison", "Sample", "Subject", "comparison_text", "read_comparison"),
    ),
    "batuta.lab.scenario_checks": ("check_scenarios",),
    "batuta.lab.scenario_file": ("read_scenarios", "scenarios_from"),
    "batuta.lab.stands": ("StandParts",),
}

__all__ = [
    "Comparison",
    "ComparisonPlan",
    "ComparisonWays",
    "DirectCall",
    "Sample",
    "Scenario",
    "ScenarioLimits",
    "ScriptedAnswer",
    "ScriptedTurn",
    "StandParts",
    "Subject",
    "check_scenarios",
    "compare",
    "comparison_text",
    "read_comparison",
    "read_scenarios",
    "scenarios_from",
]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
