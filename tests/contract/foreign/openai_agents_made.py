from typing import Any

from agents import Agent, RunContextWrapper, function_tool

from tests.contract.foreign import INSTRUCTIONS, Made


def who(ctx: RunContextWrapper[Any]) -> str:
    """Tell who asks."""
    return str(ctx.context)


def agent(made: Made) -> Any:
    tools = [function_tool(each, needs_approval=each in made.held) for each in made.tools]
    return Agent(
        name=made.name,
        instructions=INSTRUCTIONS,
        model="gpt-5",
        tools=[*tools, function_tool(who)] if made.tells else list(tools),
        output_type=made.shape,
    )
