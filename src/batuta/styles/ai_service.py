"""Style A: the model fills in a form, the App's code does the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batuta.errors import ConfigError
from batuta.styles.style import Options, Style

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.agent import Agent
    from batuta.intake.form import Intake


def intake_of(app: App, style: str) -> Intake:
    """Give an App's form.

    Raises:
        ConfigError: It has none.
    """
    if app.intake is None:
        raise ConfigError(f"App {app.name} has no intake", f"Add one for style {style}.")
    return app.intake


def _needs(app: App) -> str:
    return "" if app.intake is not None else "the App has no intake"


def _build(app: App, options: Options) -> tuple[Agent, ...]:
    from batuta.control.ai_service import AIService

    intake = intake_of(app, AI_SERVICE.key)
    return (
        AIService(
            intake=intake,
            instructions=app.localised(f"{app.title or app.name}."),
            model=app.model_of(AI_SERVICE.model),
            **options,
        ),
    )


AI_SERVICE = Style(
    key="a",
    name="AI as a service",
    decides="your code",
    runs="shared",
    when="a fixed flow; AI only reads the words",
    page="control/ai_service.md",
    model="a",
    needs=_needs,
    reads=("intake",),
    build=_build,
)
