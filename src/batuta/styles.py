"""An App's agents under each control style: what is built, and what an App must have for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from batuta.catalog import pattern
from batuta.core.ops import Retry
from batuta.errors import ConfigError

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.app import App
    from batuta.core.intake import Intake
    from batuta.core.loop import AgentLoop

Options = Mapping[str, Any]

# Each style's own modules are imported where it is built, so that one style does not load another.


def styled(app: App, style: str, options: Options) -> tuple[Agent, ...]:
    """Make the agents of an App under a style; the last one takes the messages.

    Args:
        options: Those of the style's own agent, such as ``max_turns`` or ``handoff``.

    Raises:
        ConfigError: The style is unknown or cannot run here, or the App lacks what it needs.
    """
    missing = missing_for(style, app)
    key = pattern(style).key
    if missing:
        raise ConfigError(
            f"Style {key} cannot run App {app.name}: {missing}",
            f"Styles that can: {', '.join(available_styles(app)) or 'none'}.",
        )
    return _BUILDERS[key](app, options)


def available_styles(app: App | None = None) -> tuple[str, ...]:
    """List the styles that can be run here, for an App or at all."""
    return tuple(key for key in _BUILDERS if not missing_for(key, app))


def missing_for(style: str, app: App | None = None) -> str:
    """Say what keeps a style from running here; empty where nothing does."""
    key = pattern(style).key
    if key not in _BUILDERS:
        return "not part of this version"
    if key in "ef" and find_spec("agents") is None:
        return "pip install 'batuta[agents]'"
    if app is None:
        return ""
    if key in "ab" and app.intake is None and not (key == "b" and app.steps):
        return "the App has no intake"
    return "the App has no specialists" if key == "f" and not app.specialists else ""


def _ai_service(app: App, options: Options) -> tuple[Agent, ...]:
    from batuta.control.ai_service import AIService

    return (AIService(intake=_intake(app, "a"), model=app.models.get("a"), **options),)


def _workflow(app: App, options: Options) -> tuple[Agent, ...]:
    from batuta.control.workflow import Workflow
    from batuta.core.steps import standard_steps

    steps: Sequence[Agent] = app.steps or standard_steps(
        _intake(app, "b"), app.instructions, app.models
    )
    options = {"retry": {step.name: Retry(attempts=2) for step in steps}, **options}
    return (*steps, Workflow(steps=[step.name for step in steps], **options))


def _function_calling(app: App, options: Options) -> tuple[Agent, ...]:
    from batuta.control.function_calling import FunctionCalling

    return (
        FunctionCalling(
            tools=app.tools, instructions=app.instructions, model=app.models.get("d"), **options
        ),
    )


def _single_agent(app: App, options: Options) -> tuple[Agent, ...]:
    from batuta.control.single_agent import SingleAgent

    return (
        SingleAgent(
            loop=_loop(),
            tools=app.tools,
            instructions=app.instructions,
            model=app.models.get("e"),
            **options,
        ),
    )


def _manager(app: App, options: Options) -> tuple[Agent, ...]:
    from batuta.control.manager import Manager
    from batuta.control.single_agent import SingleAgent
    from batuta.core.loop import Delegate

    if not app.specialists:
        raise ConfigError(f"App {app.name} has no specialists", "Add some for style f.")
    given = dict(options)
    handoff = bool(given.pop("handoff", False))
    loop = _loop()
    specialists = [
        SingleAgent(
            loop=loop,
            name=s.name,
            role=s.description,
            instructions=s.instructions,
            tools=app.pick_tools(s.tools),
            model=app.models.get(s.name),
        )
        for s in app.specialists
    ]
    delegates = [
        Delegate(agent=s.name, description=s.description, handoff=handoff) for s in app.specialists
    ]
    manager = Manager(
        loop=loop,
        delegates=delegates,
        instructions=app.instructions,
        model=app.models.get("f"),
        **given,
    )
    return (*specialists, manager)


_BUILDERS: dict[str, Callable[[App, Options], tuple[Agent, ...]]] = {
    "a": _ai_service,
    "b": _workflow,
    "d": _function_calling,
    "e": _single_agent,
    "f": _manager,
}


def _intake(app: App, style: str) -> Intake:
    if app.intake is None:
        raise ConfigError(f"App {app.name} has no intake", f"Add one for style {style}.")
    return app.intake


def _loop() -> AgentLoop:
    from batuta.frameworks.openai_agents import OpenAIAgentsLoop

    return OpenAIAgentsLoop()
