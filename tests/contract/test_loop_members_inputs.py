"""What a member is handed beside words, and the tools of a vendor's that it must not have."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from batuta.core.attachment import Attachment
from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.core.tool import Deny, Edit
from batuta.errors import ConfigError
from batuta.frameworks import FrameworkAgent
from tests.contract.foreign import FOREIGN, INSTRUCTIONS, TELLS_NOTHING_DENIED, Made, maker_of
from tests.contract.loops import Scripted, call, runtime, text, wish
from tests.pictures import png

COURT, NET = Attachment.of(png(), name="court.png"), Attachment.of(png(90), name="net.png")


def look(day: str) -> str:
    """Look at a day."""
    return f"free on {day}"


@pytest.fixture(params=FOREIGN)
def framework(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize("framework", [name for name in FOREIGN if name != "adk"])
async def test_images_of_the_user_reach_the_members_model(framework: str) -> None:
    model = Scripted([wish(call("look", {"day": "Monday"})), text("Clay.")])
    made = maker_of(framework)(Made(tools=(look,)))
    member = FrameworkAgent(agent=made, model=model, reads=["look"])
    earlier = [Message.user("What?").attaching(NET), Message.assistant("Which?")]
    options = RunOptions(session=Session("s1", "local", earlier))
    record = await runtime().run(member, Message.user("What?").attaching(COURT), options)
    assert record.raised().text == "Clay."
    for request in model.requests:
        seen = [(m.text, m.attachments) for m in request.messages if m.role == "user"]
        assert seen == [("What?", (NET,)), ("What?", (COURT,))]
    assert len(model.requests) == 2


@pytest.mark.parametrize("arguments", [(), ("court",)], ids=["no", "with others"])
async def test_what_a_hook_does_not_allow_is_not_done(
    framework: str, arguments: tuple[str, ...]
) -> None:
    record, done, model = await hooked(framework, Deny("A is being mended.", arguments))
    assert done == []
    if framework in TELLS_NOTHING_DENIED:
        assert "A is being mended." in str(record.failure)
    else:
        assert record.raised().text == "Well."
        [told] = [m.text for m in model.requests[-1].messages if m.role == "tool"]
        assert "A is being mended." in told


async def test_arguments_that_a_hook_edits_are_those_that_a_tool_gets(framework: str) -> None:
    record, done, _ = await hooked(framework, Edit({"court": "B"}))
    if framework in TELLS_NOTHING_DENIED:
        assert done == []
        assert "A hook edits the arguments of book" in str(record.failure)
    else:
        assert record.raised().text == "Well."
        assert done == ["B"]


async def hooked(framework: str, verdict: Any) -> tuple[RunRecord, list[str], Scripted]:
    """Let a member book court A under a hook that says the same of every call."""
    done: list[str] = []

    def book(court: str) -> str:
        """Book a court."""
        done.append(court)
        return f"booked {court}"

    async def hook(_: Any) -> Any:
        return verdict

    model = Scripted([wish(call("book", {"court": "A"})), text("Well.")])
    member = FrameworkAgent(agent=maker_of(framework)(Made(tools=(book,))), model=model)
    record = await runtime().run(member, Message.user("Go."), RunOptions(hooks=(hook,)))
    return record, done, model


def _openai_agents() -> Any:
    agents = import_module("agents")
    return agents.Agent(name="courts", model="gpt-5", tools=[agents.WebSearchTool()])


def _agent_framework() -> Any:
    client = import_module("tests.contract.foreign.agent_framework_made").Client()
    tools = [{"type": "web_search"}]
    return import_module("agent_framework").Agent(client, INSTRUCTIONS, name="courts", tools=tools)


def _pydantic_ai() -> Any:
    tools = import_module("pydantic_ai.native_tools")
    capability = import_module("pydantic_ai.capabilities").NativeTool(tools.WebSearchTool())
    return import_module("pydantic_ai").Agent(
        "openai:gpt-5", name="courts", defer_model_check=True, capabilities=[capability]
    )


def _langgraph() -> Any:
    model = import_module("batuta.frameworks.langgraph").RunChatModel()
    tools = [{"type": "web_search"}]
    return import_module("langchain.agents").create_agent(model, tools, name="courts")


def _adk() -> Any:
    tools: Any = import_module("google.adk.tools")
    agents: Any = import_module("google.adk.agents")
    return agents.LlmAgent(name="courts", model="gemini-2.5-pro", tools=[tools.google_search])


AT_MAKING: dict[str, Callable[[], Any]] = {
    "openai_agents": _openai_agents,
    "agent_framework": _agent_framework,
}
AT_THE_FIRST_REQUEST: dict[str, Callable[[], Any]] = {
    "pydantic_ai": _pydantic_ai,
    "langgraph": _langgraph,
    "adk": _adk,
}
"""Only the request says what these may do. Strands has no such tools."""


@pytest.mark.parametrize("framework", [name for name in FOREIGN if name in AT_MAKING])
def test_a_tool_of_the_vendors_server_is_refused_when_it_is_handed_over(framework: str) -> None:
    agent = AT_MAKING[framework]()
    with pytest.raises(ConfigError, match="courts has the hosted tool web_search"):
        FrameworkAgent(agent=agent)


@pytest.mark.parametrize("framework", [name for name in FOREIGN if name in AT_THE_FIRST_REQUEST])
async def test_a_tool_of_the_vendors_server_ends_the_run_before_a_model_is_asked(
    framework: str,
) -> None:
    model = Scripted([text("never")])
    member = FrameworkAgent(agent=AT_THE_FIRST_REQUEST[framework](), model=model)
    record = await runtime().run(member, Message.user("Go."))
    if framework == "adk":  # it refuses by itself, in its own words
        assert "Google search tool is not supported for model" in str(record.failure)
    else:
        assert isinstance(record.failure, ConfigError)
        assert "courts has the hosted tool" in str(record.failure)
    assert model.requests == []
