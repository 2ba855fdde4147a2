from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain.agents.structured_output import ToolStrategy
from langchain.tools import ToolRuntime
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from batuta.frameworks.langgraph import RunChatModel
from tests.contract.foreign import INSTRUCTIONS, Made


@tool
def who(runtime: ToolRuntime[Any, Any]) -> str:
    """Tell who asks."""
    return str(runtime.context)


def agent(made: Made) -> Any:
    held: Any = {each.__name__: True for each in made.held}
    create: Any = create_agent
    return create(
        RunChatModel(),
        [*made.tools, who] if made.tells else list(made.tools),
        system_prompt=INSTRUCTIONS,
        name=made.name,
        middleware=[HumanInTheLoopMiddleware(interrupt_on=held)] if held else (),
        checkpointer=InMemorySaver() if held else None,
        response_format=None if made.shape is None else ToolStrategy(made.shape),
        context_schema=str,
    )
