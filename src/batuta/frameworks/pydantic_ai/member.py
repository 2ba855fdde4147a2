"""An agent of Pydantic AI's as a member: run with our model, its tools' calls seen by our Run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic_ai import ModelRetry
from pydantic_ai.agent import AbstractAgent
from pydantic_ai.capabilities import (
    AbstractCapability,
    HandleDeferredToolCalls,
    ReinjectSystemPrompt,
)
from pydantic_ai.messages import ModelResponse
from pydantic_ai.native_tools import SUPPORTED_NATIVE_TOOLS
from pydantic_ai.tools import DeferredToolRequests, DeferredToolResults
from pydantic_ai.usage import UsageLimits

from batuta.core.message import Message
from batuta.core.model import ModelRequest, OutputSchema, ToolSchema
from batuta.core.model_settings import ModelSettings as OurSettings
from batuta.errors import ConfigError
from batuta.frameworks.pydantic_ai.messages import from_library, to_library
from batuta.frameworks.pydantic_ai.model import BatutaModel, parts_of, usage_of
from batuta.frameworks.terms import hosted, model_settings, words_of

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ToolCallPart
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.native_tools import AbstractNativeTool
    from pydantic_ai.settings import ModelSettings

    from batuta.frameworks.foreign import ForeignTurn

_NO_LIMIT = UsageLimits(request_limit=None)
"""The run's budget stands before each call; the library's limits stand behind them."""


def name_of(agent: AbstractAgent[Any, Any]) -> str:
    """Give the agent's own name."""
    return agent.name or ""


def check(agent: Any) -> None:
    """See that it is an agent.

    Raises:
        ConfigError: It is something else of the library's.
    """
    if not isinstance(agent, AbstractAgent):
        raise ConfigError(f"A {type(agent).__name__} is no agent", "Hand over the Agent itself.")


async def answer(agent: AbstractAgent[Any, Any], turn: ForeignTurn) -> Any:
    """Let the library run it.

    Raises:
        ConfigError: It left calls of its tools to somebody else.
    """
    *earlier, asked = turn.history()
    result: Any = await agent.run(
        asked.text,
        message_history=to_library(earlier) or None,
        model=_ForeignModel(turn),
        deps=turn.context,
        usage_limits=_NO_LIMIT,
        infer_name=False,
        # A history that comes from outside would leave out the agent's own system prompt.
        capabilities=[
            ReinjectSystemPrompt(),
            HandleDeferredToolCalls(handler=partial(_resolved, turn)),
            _OnOurRun(turn),
        ],
    )
    if isinstance(result.output, DeferredToolRequests):
        raise ConfigError(
            f"Agent {turn.terms.name} leaves calls of its tools to somebody else",
            "Do without external tools: nobody here takes their calls.",
        )
    return result.output


async def _resolved(
    turn: ForeignTurn, _: Any, held: DeferredToolRequests
) -> DeferredToolResults | None:
    """Have a person say of each call that waits for a yes whether it may be done."""
    said = {
        call.tool_call_id: await turn.permitted(call.tool_name, call.args_as_dict())
        for call in held.approvals
    }
    return DeferredToolResults(approvals=dict(said)) if said else None


class _OnOurRun(AbstractCapability[Any]):
    """Makes each of the library's tool calls the use of a tool here."""

    def __init__(self, turn: ForeignTurn) -> None:
        self._turn = turn

    async def wrap_tool_execute(
        self, ctx: Any, *, call: ToolCallPart, tool_def: Any, args: dict[str, Any], handler: Any
    ) -> Any:
        """Do it by the library, within the use."""
        return await self._turn.use(call.tool_name, args, handler, retries=(ModelRetry,))


class _ForeignModel(BatutaModel):
    """Asks on the run whatever the library asks."""

    def __init__(self, turn: ForeignTurn) -> None:
        super().__init__()
        self._turn = turn

    @classmethod
    def supported_native_tools(cls) -> frozenset[type[AbstractNativeTool]]:
        """All of them, so that ``request`` can say which one cannot be had."""
        return SUPPORTED_NATIVE_TOOLS

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Ask, and give the reply as the library's parts.

        Raises:
            BatutaError: What must end the run.
        """
        settings, wanted = self.prepare_request(model_settings, model_request_parameters)
        if wanted.native_tools:
            raise self._turn.ending(hosted(self._turn.terms.name, wanted.native_tools[0].kind))
        told = "\n\n".join(part.content for part in wanted.instruction_parts or ())
        said = from_library(messages, self._turn)
        asked = [Message.system(told), *said] if told else said
        reply = await self._turn.ask(_request(asked, settings or {}, wanted))
        return ModelResponse(
            parts_of(words_of(reply), reply.tool_calls),
            usage=usage_of(reply.usage),
            model_name=self.model_name,
        )


def _request(
    messages: list[Message], settings: ModelSettings, wanted: ModelRequestParameters
) -> ModelRequest:
    tools = tuple(
        ToolSchema(tool.name, tool.description or "", tool.parameters_json_schema)
        for tool in (*wanted.function_tools, *wanted.output_tools)
    )
    shape = wanted.output_object
    output = None
    if wanted.output_mode == "native" and shape is not None:
        output = OutputSchema(shape.name or "answer", shape.json_schema, shape.description or "")
    held = model_settings(_settings(settings))
    if wanted.output_tools and not wanted.allow_text_output:
        held = OurSettings(tool_choice="required").over(held)
    return ModelRequest(messages, tools, output, held.max_output_tokens, held)


def _settings(theirs: Any) -> dict[str, Any]:
    """Give the library's settings by our names; of those that it has of its own, none counts."""
    named = {
        "max_tokens": "max_output_tokens",
        "stop_sequences": "stop",
        **{name: name for name in _SAME},
    }
    given = {ours: theirs.get(name) for name, ours in named.items()}
    choice = given["tool_choice"]
    return {**given, "tool_choice": choice if isinstance(choice, str) else None}


_SAME = (
    *("temperature", "top_p", "seed", "parallel_tool_calls", "tool_choice"),
    *("extra_headers", "extra_body"),
)
