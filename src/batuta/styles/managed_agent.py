"""Style H: an agent that AWS keeps, or the stand-in of it on this machine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from batuta.core.ids import new_secret
from batuta.core.redaction import Secret
from batuta.errors import ConfigError
from batuta.styles.functions import actions_of
from batuta.styles.style import Options, Resources, Style

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.agent import Agent
    from batuta.core.model import Model
    from batuta.settings import Settings

Act = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


def managed_agent(
    app: App, settings: Settings, resources: Resources, *, act: Act | None = None
) -> Model:
    """Give the Bedrock Agent: the one that is set, else the stand-in on this machine.

    Args:
        resources: Its models plan in the stand-in's agent.
        act: Does the actions of the stand-in's agent, in the place of a function on Lambda; None
            has it give control back.

    Raises:
        ConfigError: The setting is no ``agent/alias``, or AWS would not take the App as an agent.
    """
    from batuta.models.bedrock_agent import AgentAccess, BedrockAgentModel, agent_definition
    from batuta.standin import LocalBedrockAgent

    planner = app.models.get(MANAGED_AGENT.model)
    if not settings.bedrock_agent:
        definition = agent_definition(
            app.name, app.localised(app.instructions), [tool.schema for tool in app.tools],
            execution="return_control" if act is None else "lambda",
        )  # fmt: skip
        file = settings.home / "bedrock-agent.db" if resources.keeps else None
        model, clock = resources.models(planner), resources.clock
        return LocalBedrockAgent(definition, model, act, file=file, clock=clock)
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


def managed_options(app: App, settings: Settings, resources: Resources) -> Options:
    """Give the agent, and what functions that do its actions are told of a run.

    Raises:
        ConfigError: As ``managed_agent`` raises it, or functions act and no secret is set.
    """
    if settings.bedrock_execution != "lambda":
        return {"agent": managed_agent(app, settings, resources)}
    from batuta.remote.aws_lambda.actions import told_to_actions

    secret, act = settings.secret, None
    if not settings.bedrock_agent:
        secret = secret if secret.reveal() else Secret(new_secret())
        act = actions_of(app, resources.runtime(), secret).answer
    agent = managed_agent(app, settings, resources, act=act)
    return {"agent": agent, "attributes": told_to_actions(secret)}


def _build(app: App, options: Options) -> tuple[Agent, ...]:
    from batuta.control.managed_agent import ManagedAgent

    given: dict[str, Any] = {"agent": app.models.get(MANAGED_AGENT.model), **options}
    return (ManagedAgent(tools=app.tools, **given),)


MANAGED_AGENT = Style(
    key="h",
    name="Managed agent",
    decides="AWS",
    runs="managed",
    when="you are on AWS and want it to keep the loop",
    page="control/managed_agent.md",
    extras=("aws", "standin"),
    model="h",
    reads=("instructions",),
    build=_build,
    supply=managed_options,
)
