from importlib import import_module
from typing import Any

from tests.contract.foreign import INSTRUCTIONS, Made

_agents: Any = import_module("google.adk.agents")  # in an environment of its own
_tools: Any = import_module("google.adk.tools")


def who(tool_context: Any) -> str:
    """Tell who asks."""
    return str(tool_context.state["context"])


def agent(made: Made) -> Any:
    who.__annotations__["tool_context"] = _tools.ToolContext
    tools = [
        _tools.FunctionTool(each, require_confirmation=each in made.held) for each in made.tools
    ]
    return _agents.LlmAgent(
        name=made.name,
        model="gemini-never",
        instruction=INSTRUCTIONS,
        tools=[*tools, who] if made.tells else tools,
        output_schema=made.shape,
    )
