"""The club's styles against the comparison that comes with Batuta: no style is surely worse."""

from __future__ import annotations

from pathlib import Path

from batuta.lab import ComparisonPlan, StandParts, Subject, compare
from batuta.lab.measured import shipped_comparison
from batuta.lab.regression import compare_with
from batuta.lab.report import regression_markdown
from batuta.lab.scenario_file import read_scenarios
from batuta.settings import Settings
from batuta.wiring import open_app

KINDS = {"plain", "correction"}
STYLES = "bdf"


async def test_no_style_is_surely_worse_than_in_the_comparison_that_is_shipped(
    tmp_path: Path,
) -> None:
    last = shipped_comparison()
    settings = Settings(home=tmp_path)
    app = await open_app("tennis", settings)
    plan = ComparisonPlan(
        app=last.app,
        seed=last.seed,
        subjects=tuple(Subject(style=key) for key in STYLES),
        scenarios=tuple(each for each in read_scenarios("tennis") if each.kind in KINDS),
    )
    try:
        now = await compare(StandParts(plan=plan, app=app, settings=settings))
    finally:
        if app.close is not None:
            await app.close()

    found = compare_with(last, now)
    assert found.pairs == plan.size, "run: make evidence"
    assert not found.drops, regression_markdown(found)
