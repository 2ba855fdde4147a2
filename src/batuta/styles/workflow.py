"""Styles B and C: steps in a fixed order, in one process or each in its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from batuta.core.retry import Retry
from batuta.styles.ai_service import intake_of
from batuta.styles.style import Options, Runs, Style

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.agent import Agent


def _needs(app: App) -> str:
    return "" if app.steps or app.intake is not None else "the App has no intake"


def _members(app: App) -> tuple[str, ...]:
    if not app.steps and app.intake is not None:
        return tuple(app.intake.step_names)
    return tuple(step.name for step in app.steps)


def _build(app: App, options: Options) -> tuple[Agent, ...]:
    from batuta.control.workflow import Workflow
    from batuta.parts.handling import AS_IT_IS, handled

    usual, handling = Retry(attempts=2), app.handling
    made = app.steps or _standard_steps(app)
    steps = [handled(step, handling.get(step.name, AS_IT_IS)) for step in made]
    retry = {s.name: handling.get(s.name, AS_IT_IS).retry or usual for s in steps}
    options = {"retry": retry, **options}
    return (*steps, Workflow(steps=[step.name for step in steps], **options))


def _standard_steps(app: App) -> Sequence[Agent]:
    from batuta.intake.steps import standard_steps
    from batuta.parts.handling import AS_IT_IS

    intake = intake_of(app, WORKFLOW.key)
    models = {
        name: app.model_of(name, app.handling.get(name, AS_IT_IS)) for name in intake.step_names
    }
    return standard_steps(intake, app.localised(app.instructions), models)


def _style(key: str, name: str, *, runs: Runs, when: str, extras: tuple[str, ...] = ()) -> Style:
    return Style(
        key=key,
        name=name,
        decides="you, in fixed steps",
        runs=runs,
        when=when,
        page="control/workflow.md",
        extras=extras,
        needs=_needs,
        reads=("intake", "steps"),
        members=_members,
        build=_build,
    )


WORKFLOW = _style(
    "b",
    "Workflow",
    runs="shared",
    when="a known order; audits; a model of its own for each step",
)
WORKFLOW_SERVICES = _style(
    "c",
    "Workflow, services",
    runs="independent",
    when="B, with steps that scale, fail and ship apart",
    extras=("grpc",),
)
