from typing import Any

from pydantic_ai import Agent, RunContext, Tool

from tests.contract.foreign import INSTRUCTIONS, Made


def who(ctx: RunContext[Any]) -> str:
    """Tell who asks."""
    return str(ctx.deps)


def agent(made: Made) -> Any:
    tools: list[Any] = [Tool(each, requires_approval=each in made.held) for each in made.tools]
    return Agent(
        "openai:gpt-5",
        name=made.name,
        instructions=INSTRUCTIONS,
        tools=[*tools, Tool(who, takes_ctx=True)] if made.tells else tools,
        output_type=made.shape or str,
        defer_model_check=True,
    )
