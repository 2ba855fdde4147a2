"""Three further ways to build the club's assistant, each as a composition of its App.

``steps`` is a workflow whose steps are agents. ``managed`` is a manager over agents that AWS keeps.
``mixed`` is a manager over agents that are wrapped as services, each with another vendor's model;
put them on Lambda by ``lambda:<function>`` in place of an address, see docs/runtimes/lambda.md.
Run it: ``python examples/earlier_variants.py mixed "Book a court tomorrow at 3pm"``; it wants the
three vendors' extras, and says how to install them. No key needed: stand-ins on loopback then speak
as AWS and the vendors do. With keys for all: ``--real``.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from batuta import Agent, App, FunctionAgent, Message, Run, Workflow
from batuta.control.managed_agent import ManagedAgent
from batuta.control.manager import Manager
from batuta.control.single_agent import SingleAgent
from batuta.core.redaction import Secret
from batuta.errors import ConfigError, missing_extra
from batuta.frameworks.openai_agents import OpenAIAgentsLoop
from batuta.hosting import hosted
from batuta.models.bedrock_agent import agent_definition
from batuta.models.vendors import lacking_extras_of
from batuta.offline import OfflineModel
from batuta.parts.loop import Delegate
from batuta.settings import Settings, VendorSettings, read_settings
from batuta.standin import LocalBedrockAgent, serve_standin
from batuta.styles import resolve, with_models
from batuta.tennis.app import tennis_app
from batuta.wiring import Assistants, open_tennis

MODELS = {
    "default": "openai:gpt-5-mini",
    "availability": "anthropic:claude-haiku-4-5",
    "booking": "bedrock:amazon.nova-lite-v1:0",
}


def specialists(app: App) -> list[Agent]:
    """Make the club's specialists: each an agent with its own tool and its own model."""
    loop = OpenAIAgentsLoop()
    return [
        SingleAgent(
            loop=loop,
            name=one.name,
            role=one.description,
            instructions=one.instructions,
            tools=app.pick_tools(one.tools),
            model=app.models.get(one.name),
        )
        for one in app.specialists
    ]


def manager(app: App) -> Manager:
    """Make a manager of agents that go by the specialists' names, wherever they are."""
    delegates = [Delegate(agent=one.name, description=one.description) for one in app.specialists]
    return Manager(loop=OpenAIAgentsLoop(), delegates=delegates, instructions=app.instructions)


async def first_slot(found: Message, _: Run) -> Message:
    """Wish for the first slot that was found: who fixes the steps decides that, no model."""
    slot = re.search(r"\((\S+)\)", found.text)
    return found if slot is None else Message.assistant(f"Book slot id {slot[1]}.")


def steps(app: App) -> Sequence[Agent]:
    """Let one specialist after the other work, in an order that is fixed here."""
    looks, books = specialists(app)
    wishes = FunctionAgent(name="first_slot", answer=first_slot)
    return [looks, wishes, books, Workflow(steps=[looks.name, wishes.name, books.name])]


def managed(app: App) -> Sequence[Agent]:
    """Put a manager of ours over agents that AWS keeps, or that a stand-in for it keeps here."""
    agents: list[Agent] = []
    for one in app.specialists:
        tools = app.pick_tools(one.tools)
        definition = agent_definition(one.name, one.instructions, [tool.schema for tool in tools])
        # At AWS: BedrockAgentModel(AgentAccess(agent_id=…, alias_id=…)).
        kept = LocalBedrockAgent(definition, OfflineModel())
        agents.append(ManagedAgent(agent=kept, tools=tools, name=one.name, role=one.description))
    return [*agents, manager(app)]


def mixed(app: App) -> Sequence[Agent]:
    """Put a manager over specialists, which are served apart."""
    return [*specialists(app), manager(app)]


@asynccontextmanager
async def vendors(settings: Settings, *, real: bool) -> AsyncGenerator[Settings]:
    """Set a model for each; without keys, one stand-in plays all three vendors."""
    settings = replace(settings, models=MODELS)
    if real:
        yield settings
        return
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "standin")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "standin")
    async with serve_standin(OfflineModel()) as server:
        urls = {"openai": server.openai_url, "anthropic": server.url, "bedrock": server.url}
        reach = {
            name: VendorSettings(base_url=url, region="eu-west-1") for name, url in urls.items()
        }
        yield replace(settings, vendors=reach)


@asynccontextmanager
async def wrapped(app: App, style: str, settings: Settings) -> AsyncGenerator[Settings]:
    """Serve each specialist by itself; give the settings that know where."""
    if style != "mixed":
        yield settings
        return
    settings = replace(settings, secret=Secret("only for this example, long enough"), port=0)
    found = resolve(app, settings).find(style)
    async with AsyncExitStack() as running:
        where: dict[str, tuple[str, ...]] = {}
        for one in app.specialists:
            host = await running.enter_async_context(hosted(found, names=[one.name]))
            where[one.name] = (host.address,)
        yield replace(settings, placement={style: where})


async def main(style: str, *turns: str, real: bool = False) -> None:
    """Talk to the club under a variant, and tell who asked which model."""
    if lacking := lacking_extras_of(MODELS.values()):
        raise missing_extra("The models of three vendors are asked here", *lacking)
    with tempfile.TemporaryDirectory() as home:
        settings = replace(read_settings(), home=Path(home))
        async with vendors(settings, real=real) as reached:
            desk = await open_tennis(reached)
            ways = {"steps": steps, "managed": managed, "mixed": mixed}
            app = with_models(replace(tennis_app(desk), compositions=ways), reached.models)
            async with wrapped(app, style, reached) as placed, Assistants(app, placed) as all_of:
                assistant, session_id = await all_of.style(style), None
                for turn in turns:
                    record = (await assistant.chat(turn, session_id)).raised()
                    session_id = record.session_id
                    print(f"> {turn}\n{record.text}")
                    asked = {e.parent: e.name for e in record.events if e.kind == "model"}
                    for event in record.events:
                        if event.kind == "agent" and event.phase == "start":
                            print(
                                f"  {event.by} → {event.name}: {asked.get(event.span, 'no model')}"
                            )
                    print()


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--real"]
    said = words or ["mixed", "Book a court tomorrow at 3pm"]
    try:
        asyncio.run(main(*said, real="--real" in sys.argv))
    except ConfigError as error:
        sys.exit("\n".join([str(error), *getattr(error, "__notes__", ())]))
