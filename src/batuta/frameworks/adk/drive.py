"""One drive: a session of the library's for one message, run until there is an answer."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from google.adk.agents import LlmAgent, RunConfig
from google.adk.models import BaseLlm, LlmResponse
from google.adk.runners import Runner
from google.adk.sessions import InMemorySessionService
from google.adk.tools import BaseTool
from google.genai import types

from batuta.core.ids import new_id
from batuta.frameworks.adk.messages import from_library, to_library
from batuta.frameworks.driving import at_work, current

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.model import Usage
    from batuta.core.run import Run
    from batuta.parts.loop import LoopResult, LoopSpec

NAME = "batuta"
_AGENTS = 128


async def drive(spec: LoopSpec, messages: Sequence[Message], run: Run) -> LoopResult:
    """Let the library run the agent.

    Raises:
        BatutaError: As the run's own ask, use and call raise them.
    """
    async with at_work(spec, messages, run) as driving:
        schemas = (offer.schema for offer in driving.offers.values())
        runner = _runner(tuple((schema.name, schema.description) for schema in schemas))
        new = driving.history()[-1]
        place = {"user_id": NAME, "session_id": new_id("adk")}
        await runner.session_service.create_session(app_name=NAME, **place)
        try:
            events = runner.run_async(**place, new_message=to_library(new), run_config=unlimited())
            async with aclosing(events):
                async for _ in events:
                    pass
        finally:
            await runner.session_service.delete_session(app_name=NAME, **place)
    return driving.result()


class _RunModel(BaseLlm):
    """Asks through the run what the library asks: the session has this message's turns alone."""

    async def generate_content_async(
        self, llm_request: Any, *args: Any, **kwargs: Any
    ) -> AsyncGenerator[LlmResponse, None]:
        """Ask, and give the reply as the library's content."""
        driving = current()
        earlier = driving.given[:-1]
        said = await driving.turn([*earlier, *from_library(llm_request.contents, driving)])
        yield LlmResponse(content=to_library(said), usage_metadata=usage_of(driving.used))


def usage_of(used: Usage) -> types.GenerateContentResponseUsageMetadata:
    """Give what a reply took as the library counts it."""
    return types.GenerateContentResponseUsageMetadata(
        prompt_token_count=used.input_tokens,
        candidates_token_count=used.output_tokens,
        cached_content_token_count=used.cached_tokens,
        total_token_count=used.total_tokens,
    )


class _Offered(BaseTool):
    """What the library may know of something on offer."""

    def _get_declaration(self) -> types.FunctionDeclaration:
        return types.FunctionDeclaration(name=self.name, description=self.description)


async def _on_our_run(**given: Any) -> dict[str, Any]:
    """Do a call through the run, known tool or not, in the place of the library's tool."""
    return {"result": await current().do(given["tool_context"].function_call_id)}


@lru_cache(maxsize=_AGENTS)
def _runner(tools: tuple[tuple[str, str], ...]) -> Runner:
    """Make what runs an agent with tools of these names and descriptions."""
    agent = LlmAgent(
        name=NAME,
        model=_RunModel(model=NAME),
        tools=[_Offered(name=name, description=words) for name, words in tools],
        before_tool_callback=_on_our_run,
    )
    return Runner(app_name=NAME, agent=agent, session_service=InMemorySessionService())


@lru_cache(maxsize=1)
def unlimited() -> RunConfig:
    """Set no limit: the turns and the budget stand before each call, the library behind."""
    return RunConfig(max_llm_calls=sys.maxsize - 1)
