"""An agent of Google ADK's as a member: a copy for each message, with our model and its tools."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from google.adk.agents import BaseAgent, LlmAgent
from google.adk.models import BaseLlm, LlmResponse
from google.adk.runners import Runner
from google.adk.sessions import InMemorySessionService
from google.adk.tools import BaseTool, FunctionTool
from google.adk.tools.agent_tool import AgentTool
from google.adk.tools.base_toolset import BaseToolset
from google.genai import types
from pydantic import PrivateAttr

from batuta.core.ids import new_id
from batuta.core.message import Message
from batuta.core.model import ModelRequest, OutputSchema, ToolSchema
from batuta.errors import ConfigError
from batuta.frameworks.adk.drive import NAME, unlimited, usage_of
from batuta.frameworks.adk.messages import from_library, to_library
from batuta.frameworks.terms import hosted, model_settings, words_of

if TYPE_CHECKING:
    from batuta.frameworks.foreign import ForeignTurn

_TRANSFER = "transfer_to_agent"
_CONFIRM = "adk_request_confirmation"
_NOTHING: Mapping[str, Any] = {"type": "object", "properties": {}}


def name_of(agent: Any) -> str:
    """Give the agent's own name."""
    return agent.name


def check(agent: Any) -> None:
    """See that it is an agent.

    Raises:
        ConfigError: It is something else of the framework's.
    """
    if not isinstance(agent, BaseAgent):
        raise ConfigError(f"A {type(agent).__name__} is no agent", "Hand over the agent itself.")


async def answer(agent: Any, turn: ForeignTurn) -> Any:
    """Let the framework run it, and a person say what its tools need a yes for."""
    sessions = InMemorySessionService()
    runner = Runner(app_name=NAME, agent=_copied(agent, turn), session_service=sessions)
    place = {"user_id": turn.principal_id or "anonymous", "session_id": new_id("adk")}
    await sessions.create_session(app_name=NAME, state=_state(turn), **place)
    said: Any = to_library(turn.history()[-1])
    while True:
        text = ""
        held: list[types.FunctionCall] = []
        events = runner.run_async(**place, new_message=said, run_config=unlimited())
        async with aclosing(cast("AsyncGenerator[Any, None]", events)) as given:
            async for event in given:
                held += [one for one in event.get_function_calls() if one.name == _CONFIRM]
                if event.is_final_response() and event.content is not None:
                    text = "".join(part.text or "" for part in event.content.parts or ()) or text
        if not held:
            return _shaped(agent, text)
        parts = [await _confirmed(one, turn) for one in held]
        said = types.Content(role="user", parts=parts)


def _shaped(agent: Any, text: str) -> Any:
    """Give an answer as its shape has it, where the agent has one."""
    shape: Any = agent.output_schema if isinstance(agent, LlmAgent) else None
    return text if not isinstance(shape, type) else cast("Any", shape).model_validate_json(text)


async def _confirmed(asked: types.FunctionCall, turn: ForeignTurn) -> types.Part:
    original: Mapping[str, Any] = (asked.args or {})["originalFunctionCall"]
    said = await turn.permitted(original["name"], original.get("args") or {})
    response = types.FunctionResponse(id=asked.id, name=_CONFIRM, response={"confirmed": said})
    return types.Part(function_response=response)


def _state(turn: ForeignTurn) -> dict[str, Any]:
    context = turn.context
    if context is None:
        return {}
    return dict(cast("Any", context)) if isinstance(context, Mapping) else {"context": context}


def _copied(agent: BaseAgent, turn: ForeignTurn) -> BaseAgent:
    """Copy an agent and those below it: whoever handed it over keeps it as it is."""
    copied = agent.clone()
    found: list[BaseAgent] = [copied]
    for each in found:
        found += each.sub_agents
        if isinstance(each, LlmAgent):
            each.model = _ForeignLlm.of(turn)
            each.tools = [_seen(tool, turn) for tool in each.tools]
    return copied


def _seen(tool: Any, turn: ForeignTurn) -> Any:
    """Copy a tool so that its calls are uses of a tool here."""
    if isinstance(tool, BaseToolset):
        copied = copy(tool)
        vars(copied)["get_tools"] = partial(_tools, tool.get_tools, turn)
        return copied
    made = copy(tool) if isinstance(tool, BaseTool) else FunctionTool(tool)
    if isinstance(made, AgentTool):
        made.agent = _copied(made.agent, turn)
    if made.name != _TRANSFER:
        vars(made)["run_async"] = partial(_run, made.name, made.run_async, turn)
    return made


async def _tools(given: Callable[..., Any], turn: ForeignTurn, *args: Any) -> list[Any]:
    return [_seen(tool, turn) for tool in await given(*args)]


async def _run(
    name: str, run: Callable[..., Any], turn: ForeignTurn, *, args: Any, tool_context: Any
) -> Any:
    async def work(arguments: dict[str, Any]) -> Any:
        return await run(args=arguments, tool_context=tool_context)

    return await turn.use(name, args, work)


class _ForeignLlm(BaseLlm):
    """Asks on the run whatever the framework asks."""

    _turn: Any = PrivateAttr()

    @classmethod
    def of(cls, turn: ForeignTurn) -> _ForeignLlm:
        """Make one for a turn."""
        made = cls(model=NAME)
        made._turn = turn
        return made

    async def generate_content_async(
        self, llm_request: Any, *args: Any, **kwargs: Any
    ) -> AsyncGenerator[LlmResponse, None]:
        """Ask, and give the reply as the framework's content."""
        turn: ForeignTurn = self._turn
        config: types.GenerateContentConfig = llm_request.config
        said = [*turn.given[:-1], *from_library(llm_request.contents, turn)]
        if config.system_instruction:
            said.insert(0, Message.system(str(config.system_instruction)))
        reply = await turn.ask(_request(said, config, turn))
        told = Message("assistant", words_of(reply), tool_calls=reply.tool_calls)
        yield LlmResponse(content=to_library(told), usage_metadata=usage_of(reply.usage))


def _request(
    said: list[Message], config: types.GenerateContentConfig, turn: ForeignTurn
) -> ModelRequest:
    tools: list[ToolSchema] = []
    for tool in config.tools or ():
        declared = tool.function_declarations if isinstance(tool, types.Tool) else None
        if not declared:
            kind = next(iter(cast("Any", tool).model_fields_set), type(tool).__name__)
            raise turn.ending(hosted(turn.terms.name, kind))
        tools += [
            ToolSchema(one.name or "", one.description or "", _parameters(one)) for one in declared
        ]
    settings = model_settings(
        {
            "temperature": config.temperature,
            "top_p": config.top_p,
            "max_output_tokens": config.max_output_tokens,
            "seed": config.seed,
            "stop": tuple(config.stop_sequences) if config.stop_sequences else None,
        }
    )
    most = settings.max_output_tokens
    return ModelRequest(said, tuple(tools), _output(config.response_schema), most, settings)


def _parameters(declared: types.FunctionDeclaration) -> Mapping[str, Any]:
    if declared.parameters_json_schema is not None:
        return declared.parameters_json_schema
    if declared.parameters is None:
        return _NOTHING
    written = declared.parameters.json_schema.model_dump_json(exclude_none=True)
    return cast("Mapping[str, Any]", json.loads(written))


def _output(shape: Any) -> OutputSchema | None:
    if not isinstance(shape, type):
        return None
    return OutputSchema(shape.__name__, cast("Any", shape).model_json_schema())
