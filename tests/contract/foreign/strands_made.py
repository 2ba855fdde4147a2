from importlib import import_module
from typing import Any

from tests.contract.foreign import INSTRUCTIONS, Made

_strands: Any = import_module("strands")  # in an environment of its own
_model: Any = import_module("strands.models.model")


class Never(_model.Model):
    """Stands for the model that the user's agent has, and is never asked."""

    def update_config(self, **_: Any) -> None: ...

    def get_config(self) -> dict[str, Any]:
        return {}

    def structured_output(self, *_: Any, **__: Any) -> Any:
        raise AssertionError

    def stream(self, *_: Any, **__: Any) -> Any:
        raise AssertionError


def who(tool_context: Any) -> str:
    """Tell who asks."""
    return str(tool_context.invocation_state["context"])


def agent(made: Made) -> Any:
    who.__annotations__["tool_context"] = _strands.ToolContext
    tools = [_strands.tool(each) for each in made.tools]
    return _strands.Agent(
        model=Never(),
        system_prompt=INSTRUCTIONS,
        name=made.name,
        tools=[*tools, _strands.tool(context=True)(who)] if made.tells else tools,
        structured_output_model=made.shape,
    )
