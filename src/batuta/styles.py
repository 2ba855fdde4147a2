"""An App's agents under each control style: what is built, and what an App must have for it.

An App's own compositions stand beside the styles, under their names.

C has the agents of B, and G those of F: where they live is the business of ``placement``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from batuta.catalog import CONTROL, Pattern, pattern
from batuta.core.agent import decider
from batuta.core.ops import Retry
from batuta.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from batuta.core.agent import Agent
    from batuta.core.app import App
    from batuta.core.clock import Clock
    from batuta.core.intake import Intake
    from batuta.core.loop import AgentLoop
    from batuta.core.model import Model
    from batuta.settings import Settings

Options = Mapping[str, Any]
Act = Callable[[Mapping[str, Any]], "Awaitable[Mapping[str, Any]]"]

# Each style's own modules are imported where it is built, so that one style does not load another.


def styles_of(app: App) -> tuple[Pattern, ...]:
    """List the control styles and the App's own compositions, whether they can run here or not."""
    return (*CONTROL, *(_composed(app, name) for name in app.compositions))


def style_of(style: str, app: App | None = None) -> Pattern:
    """Give a control style, or one of the App's own compositions, by its key in any case.

    Raises:
        ConfigError: There is none of that key.
    """
    key = style.strip().lower()
    if app is not None and key in app.compositions:
        return _composed(app, key)
    try:
        return pattern(style)
    except ConfigError as error:
        own = ", ".join(app.compositions) if app is not None else ""
        mend = f"{error.mend} The App's own: {own}." if own else error.mend
        raise ConfigError(error.what, mend) from error


def _composed(app: App, name: str) -> Pattern:
    """Describe a composition by what its outermost agent says of itself."""
    who, role = "nobody yet", "cannot be made"
    with suppress(ConfigError):  # ``missing_for`` tells why
        agent = app.compose(name)[-1]
        who, role = decider(agent), agent.role
    return Pattern(
        key=name,
        name=name.replace("_", " ").replace("-", " ").capitalize(),
        kind="composition",
        decides=_DECIDES.get(who, f"the {who}"),
        runs="shared",
        when=role,
        page="compose/README.md",
    )


_DECIDES = {"code": "your code", "aws": "AWS", "nobody yet": "nobody yet"}


def styled(app: App, style: str, options: Options) -> tuple[Agent, ...]:
    """Make the agents of an App under a style; the last one takes the messages.

    Args:
        options: Those of the style's own agent, such as ``max_turns`` or ``handoff``.

    Raises:
        ConfigError: The style is unknown or cannot run here, or the App lacks what it needs.
    """
    missing = missing_for(style, app)
    key = style_of(style, app).key
    if not missing and options and key in app.compositions:
        missing = f"a composition takes no options, such as {next(iter(options))}"
    if missing:
        raise ConfigError(
            f"Style {key} cannot run App {app.name}: {missing}",
            f"Styles that can: {', '.join(available_styles(app)) or 'none'}.",
        )
    return app.compose(key) if key in app.compositions else _BUILDERS[key](app, options)


def available_styles(app: App | None = None) -> tuple[str, ...]:
    """List the styles that can be run here, for an App or at all; an App's compositions last."""
    keys = (*_BUILDERS, *(() if app is None else app.compositions))
    return tuple(key for key in keys if not missing_for(key, app))


def missing_for(style: str, app: App | None = None) -> str:
    """Say what keeps a style from running here; empty where nothing does."""
    key = style_of(style, app).key
    if app is not None and key in app.compositions:
        try:
            app.compose(key)
        except ConfigError as error:
            return str(error)
        return ""
    if pattern(key).kind == "composition":
        return "a way to combine agents; declare one of your own: App(compositions=…)"
    if key not in _BUILDERS:
        return "not part of this version"
    lacking = [extra for extra, (keys, module) in _EXTRAS.items() if key in keys and _lacks(module)]
    if lacking:
        return f"pip install 'batuta[{','.join(lacking)}]'"
    if app is None:
        return ""
    if key in "abc" and app.intake is None and not (key in "bc" and app.steps):
        return "the App has no intake"
    return "the App has no specialists" if key in "fg" and not app.specialists else ""


def managed_agent(
    app: App,
    settings: Settings,
    models: Callable[[Any], Model],
    *,
    act: Act | None = None,
    keeps: bool = False,
    clock: Clock | None = None,
) -> Model:
    """Give the Bedrock Agent of style H: the one that is set, else the stand-in on this machine.

    Args:
        models: Picks the model that plans in the stand-in's agent.
        act: Does the actions of the stand-in's agent, in the place of a function on Lambda; None
            has it give control back.
        keeps: Whether the stand-in keeps its conversations on disk, as AWS would.
        clock: Dates what the stand-in says.

    Raises:
        ConfigError: The setting is no ``agent/alias``, or AWS would not take the App as an agent.
    """
    from batuta.models.bedrock_agent import (
        AgentAccess,
        BedrockAgentModel,
        LocalBedrockAgent,
        agent_definition,
    )

    planner = app.models.get("h")
    if not settings.bedrock_agent:
        definition = agent_definition(
            app.name, app.instructions, [tool.schema for tool in app.tools],
            execution="return_control" if act is None else "lambda",
        )  # fmt: skip
        file = settings.home / "bedrock-agent.db" if keeps else None
        return LocalBedrockAgent(definition, models(planner), act, file=file, clock=clock)
    agent, _, alias = settings.bedrock_agent.partition("/")
    if not (agent.isalnum() and alias.isalnum()):
        raise ConfigError(
            f"Setting bedrock_agent is {settings.bedrock_agent!r}", "Write it as AGENTID/ALIASID."
        )
    access = AgentAccess(
        agent_id=agent,
        alias_id=alias,
        model=planner if isinstance(planner, str) else "",
        region=settings.vendors["bedrock"].region if "bedrock" in settings.vendors else "",
        timeout_s=settings.model_seconds,
        reply_bytes=settings.reply_bytes,
    )
    return BedrockAgentModel(access)


def model_names(app: App) -> tuple[str, ...]:
    """List what can have a model of its own: default, styles, steps, specialists."""
    steps: Sequence[str] = [step.name for step in app.steps]
    if not steps and app.intake is not None:
        steps = app.intake.step_names
    named = (*_WITH_MODEL, *steps, *(s.name for s in app.specialists), *app.models)
    return tuple(dict.fromkeys(named))


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


def _managed_agent(app: App, options: Options) -> tuple[Agent, ...]:
    from batuta.control.managed_agent import ManagedAgent

    given: dict[str, Any] = {"agent": app.models.get("h"), **options}
    return (ManagedAgent(tools=app.tools, **given),)


_BUILDERS: dict[str, Callable[[App, Options], tuple[Agent, ...]]] = {
    "a": _ai_service,
    "b": _workflow,
    "c": _workflow,
    "d": _function_calling,
    "e": _single_agent,
    "f": _manager,
    "g": _manager,
    "h": _managed_agent,
}
# The styles that need an extra, and the modules any of which shows that it is not missed.
_EXTRAS: dict[str, tuple[str, str]] = {
    "agents": ("efg", "agents"),
    "aws": ("h", "boto3"),
    "grpc": ("cg", "grpc|botocore"),  # agents elsewhere are services, or functions on Lambda
    "standin": ("h", "starlette"),
}
_WITH_MODEL = ("default", "a", "d", "e", "f", "h")


def _lacks(module: str) -> bool:
    return all(find_spec(each) is None for each in module.split("|"))


def _intake(app: App, style: str) -> Intake:
    if app.intake is None:
        raise ConfigError(f"App {app.name} has no intake", f"Add one for style {style}.")
    return app.intake


def _loop() -> AgentLoop:
    from batuta.frameworks.openai_agents import OpenAIAgentsLoop

    return OpenAIAgentsLoop()
