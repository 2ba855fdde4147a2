"""One drive: an agent of the library's, run on one message until there is an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from agent_framework import (
    BaseChatClient,
    ChatResponse,
    FunctionInvocationContext,
    FunctionInvocationLayer,
    FunctionMiddleware,
    FunctionTool,
    MiddlewareFailure,
    RawAgent,
)

from batuta.errors import BatutaError
from batuta.frameworks.agent_framework.messages import from_library, to_library
from batuta.frameworks.driving import at_work, current

if TYPE_CHECKING:
    from agent_framework import Message as TheirMessage

    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.parts.loop import LoopResult, LoopSpec

_MOST = 1_000_000_000
"""The agent's turns and the run's budget stand before each call, the library's limits behind."""
UNLIMITED: Any = {"max_iterations": _MOST, "max_consecutive_errors_per_request": _MOST}
_AGENTS = 128
_ANY: dict[str, Any] = {"type": "object", "properties": {}}
"""The run checks the arguments, and the model is shown the tool's own schema."""

_NOTHING = (("nothing", "Nothing is on offer."),)
"""Without a tool of its own the library leaves a call of the model's unanswered and ends."""


async def drive(spec: LoopSpec, messages: Sequence[Message], run: Run) -> LoopResult:
    """Let the library run the agent.

    Raises:
        BatutaError: As the run's own ask, use and call raise them.
    """
    async with at_work(spec, messages, run, wrapped_in=(MiddlewareFailure,)) as driving:
        schemas = (offer.schema for offer in driving.offers.values())
        agent = _agent(tuple((schema.name, schema.description) for schema in schemas))
        await agent.run(to_library(driving.history()))
    return driving.result()


class _RunClient(FunctionInvocationLayer[Any], BaseChatClient[Any]):
    """Takes the library's model calls to the run that its agent works for."""

    def _inner_get_response(
        self,
        *,
        messages: Sequence[TheirMessage],
        stream: bool,
        options: Mapping[str, Any],
        **kwargs: Any,
    ) -> Any:
        return self._ask(messages)

    async def _ask(self, messages: Sequence[TheirMessage]) -> ChatResponse[Any]:
        driving = current()
        said = await driving.turn(from_library(messages, driving))
        return ChatResponse(messages=to_library([said]))


class _OnOurRun(FunctionMiddleware):
    """Takes the library's tool calls to the run that its agent works for."""

    async def process(
        self, context: FunctionInvocationContext, call_next: Callable[[], Awaitable[None]]
    ) -> None:
        """Do a call through the run.

        Raises:
            MiddlewareFailure: The run must end; ``Driving.failure`` says why.
        """
        try:
            context.result = await current().do(context.metadata["call_id"])
        except BatutaError as error:
            # Any other error would be a tool's result to the library.
            raise MiddlewareFailure("the run must end") from error


@lru_cache(maxsize=_AGENTS)
def _agent(tools: tuple[tuple[str, str], ...]) -> RawAgent[Any]:
    """Make an agent for tools of these names and descriptions; it keeps nothing of a run."""
    client = _RunClient(middleware=[_OnOurRun()], function_invocation_configuration=UNLIMITED)
    offered = [
        FunctionTool(
            name=name,
            description=words,
            input_model=_ANY,
            func=_elsewhere,
            approval_mode="never_require",
        )
        for name, words in tools or _NOTHING
    ]
    return RawAgent(client, tools=offered)


async def _elsewhere(**_: Any) -> str:
    raise AssertionError
