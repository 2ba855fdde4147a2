"""One drive: a graph of LangChain's, run on one message until there is an answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import langchain.agents
import langsmith.run_helpers
from langchain.agents.middleware import AgentMiddleware, ModelResponse
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import ToolMessage
from langchain_core.tools import StructuredTool

from batuta.frameworks.driving import at_work, current
from batuta.frameworks.langgraph.messages import from_library, to_library

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.parts.loop import LoopResult, LoopSpec

_STEPS = {"recursion_limit": 1_000_000_000}
"""The agent's turns and the run's budget stand before each call, the library's limit behind."""
_GRAPHS = 128
_ANY: dict[str, Any] = {"type": "object", "properties": {}}
"""The run checks the arguments, and the model is shown the tool's own schema."""
# Half of their types are told; what is used of them is what the contract's tests run.
_create_agent: Any = cast("Any", langchain.agents).create_agent
tracing_context: Any = cast("Any", langsmith.run_helpers).tracing_context


async def drive(spec: LoopSpec, messages: Sequence[Message], run: Run) -> LoopResult:
    """Let the library run the agent.

    Raises:
        BatutaError: As the run's own ask, use and call raise them.
    """
    async with at_work(spec, messages, run) as driving:
        schemas = (offer.schema for offer in driving.offers.values())
        graph = _graph(tuple((schema.name, schema.description) for schema in schemas))
        with tracing_context(enabled=False):
            await graph.ainvoke({"messages": to_library(driving.history())}, config=_STEPS)
    return driving.result()


class _OnOurRun(AgentMiddleware[Any, Any]):
    """Takes the library's model calls and tool calls to the run that its graph works for."""

    async def awrap_model_call(self, request: Any, handler: Any) -> ModelResponse[Any]:
        """Ask through the run."""
        driving = current()
        said = await driving.turn(from_library(request.messages, driving))
        return ModelResponse(result=to_library([said]))

    async def awrap_tool_call(self, request: Any, handler: Any) -> ToolMessage:
        """Do a call through the run, known tool or not."""
        call = request.tool_call
        text = await current().do(call["id"])
        return ToolMessage(text, tool_call_id=call["id"], name=call["name"])


@lru_cache(maxsize=_GRAPHS)
def _graph(tools: tuple[tuple[str, str], ...]) -> Any:
    """Make a graph for tools of these names and descriptions; compiling one takes milliseconds."""
    return _create_agent(
        FakeListChatModel(responses=[]),  # stands where the library wants one; never asked
        [
            StructuredTool(name=name, description=words, args_schema=_ANY, coroutine=_elsewhere)
            for name, words in tools
        ],
        middleware=[_OnOurRun()],
    )


async def _elsewhere() -> str:
    raise AssertionError
