from typing import Any

from agent_framework import (
    Agent,
    BaseChatClient,
    FunctionInvocationContext,
    FunctionInvocationLayer,
    FunctionTool,
)

from tests.contract.foreign import INSTRUCTIONS, Made


class Client(FunctionInvocationLayer[Any], BaseChatClient[Any]):
    """Stands for the client that the user's agent has, and is never asked."""

    def _inner_get_response(self, **_: Any) -> Any:
        raise AssertionError


def who(context: FunctionInvocationContext) -> str:
    """Tell who asks."""
    return str(context.kwargs["context"])


def agent(made: Made) -> Any:
    tools = [
        FunctionTool(
            name=each.__name__,
            description=each.__doc__ or "",
            func=each,
            approval_mode="always_require" if each in made.held else "never_require",
        )
        for each in made.tools
    ]
    options: Any = {"response_format": made.shape} if made.shape else None
    return Agent(
        Client(),
        INSTRUCTIONS,
        name=made.name,
        tools=[*tools, who] if made.tells else tools,
        default_options=options,
    )
