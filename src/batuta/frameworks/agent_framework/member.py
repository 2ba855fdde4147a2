"""An agent of Microsoft Agent Framework's as a member: with our client, its tools on our Run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, cast

from agent_framework import (
    BaseChatClient,
    ChatResponse,
    FunctionInvocationContext,
    FunctionInvocationLayer,
    FunctionMiddleware,
    FunctionTool,
    MiddlewareFailure,
    RawAgent,
    UsageDetails,
)
from agent_framework import Message as TheirMessage

from batuta.core.message import Message
from batuta.core.model import ModelRequest, OutputSchema, ToolSchema
from batuta.errors import BatutaError, ConfigError
from batuta.frameworks.agent_framework.drive import UNLIMITED
from batuta.frameworks.agent_framework.messages import from_library, to_library
from batuta.frameworks.terms import hosted, model_settings, words_of

if TYPE_CHECKING:
    from batuta.core.model import ModelReply
    from batuta.frameworks.foreign import ForeignTurn


def name_of(agent: Any) -> str:
    """Give the agent's own name."""
    return agent.name or ""


def check(agent: Any) -> None:
    """See that everything it may do can be seen here.

    Raises:
        ConfigError: It is no agent with a chat client, or has a tool that is done elsewhere.
    """
    if not isinstance(agent, RawAgent):
        raise ConfigError(
            f"A {type(agent).__name__} is no agent with a chat client",
            "Hand over an Agent of the framework's.",
        )
    for tool in agent.default_options.get("tools") or ():
        if not isinstance(tool, FunctionTool):
            raise hosted(name_of(agent), _kind(tool))


def _kind(tool: Any) -> str:
    kind = type(tool).__name__
    return str(cast("Mapping[str, Any]", tool)["type"]) if isinstance(tool, Mapping) else kind


async def answer(agent: Any, turn: ForeignTurn) -> Any:
    """Let the framework run it.

    Raises:
        ConfigError: It waits for a person's yes where nobody here can be asked.
    """
    copied = copy(agent)  # the user's own stays with its client
    copied.context_providers = list(agent.context_providers)
    tools = [copy(tool) for tool in agent.default_options.get("tools") or ()]
    held = frozenset(tool.name for tool in tools if tool.approval_mode == "always_require")
    for tool in tools:
        tool.approval_mode = "never_require"  # it is asked for before the call
    copied.default_options = {**agent.default_options, "tools": tools}
    copied.client = _ForeignClient(turn, held)
    given = to_library(turn.history())
    result = await copied.run(given, function_invocation_kwargs=_context(turn))
    if result.user_input_requests:
        raise ConfigError(
            f"Agent {turn.terms.name} waits for a yes to a tool that came with its run",
            "Give the tool to the agent when it is made, or let it need no approval.",
        )
    return result.messages[-1].text if result.value is None else result.value


def _context(turn: ForeignTurn) -> dict[str, Any] | None:
    context = turn.context
    if context is None:
        return None
    return dict(cast("Any", context)) if isinstance(context, Mapping) else {"context": context}


class _ForeignClient(FunctionInvocationLayer[Any], BaseChatClient[Any]):
    """Asks on the run whatever the framework asks."""

    def __init__(self, turn: ForeignTurn, held: frozenset[str]) -> None:
        super().__init__(
            middleware=[_OnOurRun(turn, held)], function_invocation_configuration=UNLIMITED
        )
        self._turn = turn

    def _inner_get_response(
        self,
        *,
        messages: Sequence[TheirMessage],
        stream: bool,
        options: Mapping[str, Any],
        **kwargs: Any,
    ) -> Any:
        return self._ask(messages, options)

    async def _ask(
        self, messages: Sequence[TheirMessage], options: Mapping[str, Any]
    ) -> ChatResponse[Any]:
        for tool in options.get("tools") or ():
            if not isinstance(tool, FunctionTool):
                raise self._turn.ending(hosted(self._turn.terms.name, _kind(tool)))
        reply = await self._turn.ask(_request(from_library(messages, self._turn), options))
        said = Message("assistant", words_of(reply), tool_calls=reply.tool_calls)
        shape = options.get("response_format")
        return ChatResponse(
            messages=to_library([said]), usage_details=_usage(reply), response_format=shape
        )


def _request(messages: list[Message], options: Mapping[str, Any]) -> ModelRequest:
    told = options.get("instructions")
    if told:
        messages.insert(0, Message.system(told if isinstance(told, str) else "\n".join(told)))
    tools = tuple(
        ToolSchema(tool.name, tool.description, tool.parameters())
        for tool in options.get("tools") or ()
    )
    choice = options.get("tool_choice")
    settings = model_settings(
        {
            "temperature": options.get("temperature"),
            "top_p": options.get("top_p"),
            "max_output_tokens": options.get("max_tokens"),
            "seed": options.get("seed"),
            "stop": options.get("stop"),
            "parallel_tool_calls": options.get("allow_multiple_tool_calls") if tools else None,
            "tool_choice": choice if choice in {"required", "none"} else None,
        }
    )
    output = _output(options.get("response_format"))
    return ModelRequest(messages, tools, output, settings.max_output_tokens, settings)


def _output(shape: Any) -> OutputSchema | None:
    if shape is None:
        return None
    if isinstance(shape, Mapping):
        return OutputSchema("answer", cast("Mapping[str, Any]", shape))
    return OutputSchema(shape.__name__, shape.model_json_schema())


def _usage(reply: ModelReply) -> UsageDetails:
    used = reply.usage
    return UsageDetails(
        input_token_count=used.input_tokens,
        output_token_count=used.output_tokens,
        total_token_count=used.total_tokens,
    )


class _OnOurRun(FunctionMiddleware):
    """Makes each of the framework's tool calls the use of a tool here."""

    def __init__(self, turn: ForeignTurn, held: frozenset[str]) -> None:
        self._turn = turn
        self._held = held

    async def process(
        self, context: FunctionInvocationContext, call_next: Callable[[], Awaitable[None]]
    ) -> None:
        """Do it by the framework, within the use.

        Raises:
            MiddlewareFailure: The run must end; the turn's ``failure`` says why.
        """
        name = context.function.name
        given = cast("Mapping[str, Any]", context.arguments)

        async def work(arguments: dict[str, Any]) -> Any:
            context.arguments = arguments
            await call_next()
            return context.result

        try:
            if name in self._held and not await self._turn.permitted(name, given):
                context.result = "Not done: a person said no."
                return
            context.result = await self._turn.use(name, given, work)
        except BatutaError as error:
            # Any other error would be a tool's result to the framework.
            raise MiddlewareFailure("the run must end") from error
