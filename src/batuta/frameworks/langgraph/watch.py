"""What a graph's callbacks tell: its tool calls, and calls of models that are not the Run's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration
from langchain_core.tools import ToolException
from langgraph.errors import GraphBubbleUp
from pydantic import ValidationError

from batuta.core.message import Message
from batuta.core.model import Emit, ModelReply, ModelRequest, Usage, ignore
from batuta.core.redaction import redacted_text
from batuta.errors import ConfigError, ModelReplyInvalid, RuntimeFailure
from batuta.frameworks.langgraph.chat_model import ON_RUN
from batuta.frameworks.langgraph.messages import from_library
from batuta.frameworks.terms import blocking, in_loop

if TYPE_CHECKING:
    from langchain_core.outputs import LLMResult

    from batuta.frameworks.foreign import ForeignTurn

_UNDONE = (GraphBubbleUp, ToolException, ValidationError)
"""By these a tool says that it was not done, or not yet."""


class GraphWatch(AsyncCallbackHandler):
    """Makes each call that a graph begins one of the run's, and ends it when the graph's ends.

    The run is asked before the graph goes on: a call that it does not permit, or has no budget for,
    is not made.
    """

    raise_error = True
    run_inline = True

    def __init__(self, turn: ForeignTurn) -> None:
        self._turn = turn
        self._open: dict[UUID, _Own] = {}

    async def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        tags: list[str] | None = None,
        **kwargs: Any,
    ) -> None:
        """Reserve budget for a call of the graph's own model."""
        if ON_RUN not in (tags or ()):
            said = from_library(messages[0], self._turn)
            await self._ask(run_id, said, kwargs.get("metadata") or {})

    async def on_llm_start(
        self, serialized: dict[str, Any], prompts: list[str], *, run_id: UUID, **kwargs: Any
    ) -> None:
        """Reserve budget for a call of a model that only completes text."""
        await self._ask(run_id, [Message.user(prompts[0])], kwargs.get("metadata") or {})

    async def on_llm_new_token(self, token: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Pass a piece of text on."""
        own = self._open.get(run_id)
        if isinstance(own, _OwnModel) and isinstance(token, str):
            own.emit(token)

    async def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        """Settle the call by what the model says that it took."""
        own = self._open.get(run_id)
        if isinstance(own, _OwnModel):
            await self._end(run_id, reply_of(response, own.name))

    async def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """End the call as failed: whether the graph bears it is its own affair."""
        await self._fail(run_id, error)

    async def on_tool_start(
        self,
        serialized: dict[str, Any],
        input_str: str,
        *,
        run_id: UUID,
        inputs: dict[str, Any] | None = None,
        tool_call_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Begin the use of a tool, or keep it from being done.

        Raises:
            BatutaError: The run does not let it be done, or it was done before a restart.
        """
        own = _Own()
        name: str = serialized["name"]
        given = inputs or {}

        async def work(arguments: dict[str, Any]) -> Any:
            if arguments != given:
                raise self._turn.ending(_edited(self._turn.terms.name, name))
            return await own.wait()

        await self._begin(
            run_id, own, self._turn.use(name, given, work, retries=_UNDONE, tells=False)
        )
        if own.recorded:
            self._again(name, tool_call_id, own.result)

    async def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """End the use."""
        await self._end(run_id, output.content if isinstance(output, ToolMessage) else output)

    async def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """End the use as failed: what the model is told of it is the graph's own affair."""
        await self._fail(run_id, error)

    def close(self) -> None:
        """End what was begun and left: whoever did it was cancelled."""
        for own in self._open.values():
            own.cancel()
        self._open.clear()

    async def _ask(self, run_id: UUID, said: list[Message], told: Mapping[str, Any]) -> None:
        own = _OwnModel(f"{told.get('ls_provider', 'own')}:{told.get('ls_model_name', 'unknown')}")
        await self._begin(run_id, own, self._turn.ask_elsewhere(ModelRequest(said), own))

    def _again(self, name: str, call_id: str | None, result: Any) -> None:
        """Let a graph read again what was read before a restart; it must not write again."""
        if name not in self._turn.terms.reads:
            raise self._turn.ending(
                RuntimeFailure(
                    self._turn.terms.name,
                    f"{name} was done before a restart, and the graph would do it again. "
                    "See what it did, and begin a new run.",
                )
            )
        if call_id is not None and isinstance(result, str):
            self._turn.recorded(call_id, result)

    def _is_home(self) -> bool:
        return in_loop() and asyncio.get_running_loop() is self._turn.loop

    async def _begin(self, run_id: UUID, own: _Own, work: Coroutine[Any, Any, Any]) -> None:
        if not self._is_home():
            work.close()
            if run_id not in self._open:
                self._turn.ending(blocking(self._turn.terms.name))
            return
        self._open[run_id] = own
        await own.begin(work)

    async def _end(self, run_id: UUID, result: Any) -> None:
        if self._is_home() and (own := self._open.pop(run_id, None)) is not None:
            await own.end(result)

    async def _fail(self, run_id: UUID, error: BaseException) -> None:
        if self._is_home() and (own := self._open.pop(run_id, None)) is not None:
            await own.fail(error)


class GraphThreadWatch(BaseCallbackHandler):
    """The same for what a graph does in threads, where the library passes over async errors.

    A thread waits here for the loop that the run is on.
    """

    raise_error = True
    run_inline = True

    def __init__(self, watch: GraphWatch, turn: ForeignTurn) -> None:
        self._watch = watch
        self._turn = turn

    def on_chat_model_start(self, *args: Any, **kwargs: Any) -> None:
        """As ``GraphWatch``."""
        self._pass(self._watch.on_chat_model_start, args, kwargs)

    def on_llm_start(self, *args: Any, **kwargs: Any) -> None:
        """As ``GraphWatch``."""
        self._pass(self._watch.on_llm_start, args, kwargs)

    def on_llm_end(self, *args: Any, **kwargs: Any) -> None:
        """As ``GraphWatch``."""
        self._pass(self._watch.on_llm_end, args, kwargs)

    def on_llm_error(self, *args: Any, **kwargs: Any) -> None:
        """As ``GraphWatch``."""
        self._pass(self._watch.on_llm_error, args, kwargs)

    def on_tool_start(self, *args: Any, **kwargs: Any) -> None:
        """As ``GraphWatch``."""
        self._pass(self._watch.on_tool_start, args, kwargs)

    def on_tool_end(self, *args: Any, **kwargs: Any) -> None:
        """As ``GraphWatch``."""
        self._pass(self._watch.on_tool_end, args, kwargs)

    def on_tool_error(self, *args: Any, **kwargs: Any) -> None:
        """As ``GraphWatch``."""
        self._pass(self._watch.on_tool_error, args, kwargs)

    def _pass(self, event: Callable[..., Coroutine[Any, Any, None]], args: Any, told: Any) -> None:
        if not in_loop():
            asyncio.run_coroutine_threadsafe(event(*args, **told), self._turn.loop).result()


class _Own:
    """Something that a graph does itself, between its begin and its end."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._admitted: asyncio.Future[None] = loop.create_future()
        self._done: asyncio.Future[Any] = loop.create_future()
        self._task: asyncio.Task[Any] | None = None

    @property
    def recorded(self) -> bool:
        """Whether it has a result though it was not begun here: an earlier attempt did it."""
        return self._task is not None and self._task.done() and not self._admitted.done()

    @property
    def result(self) -> Any:
        """What the run has for it."""
        return None if self._task is None else self._task.result()

    async def begin(self, work: Coroutine[Any, Any, Any]) -> None:
        """Wait until the run lets it be done.

        Raises:
            BatutaError: The run does not.
        """
        self._task = task = asyncio.create_task(work)
        try:
            await asyncio.wait({task, self._admitted}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if task.done():
            task.result()

    async def wait(self) -> Any:
        """Stand in for the work until the graph has done it."""
        if not self._admitted.done():
            self._admitted.set_result(None)
        return await self._done

    async def end(self, result: Any) -> None:
        """Tell what it came to.

        Raises:
            BatutaError: What it took is more than there was.
        """
        if self._task is not None and not self._done.done():
            self._done.set_result(result)
            await self._task

    async def fail(self, error: BaseException) -> None:
        """Tell that it failed, which is raised where it was done, or that it was cancelled."""
        if not isinstance(error, Exception):
            self.cancel()
        elif not self._done.done():
            self._done.set_exception(error)
        if self._task is not None:
            await asyncio.wait({self._task})
            if not self._task.cancelled():
                self._task.exception()

    def cancel(self) -> None:
        """Give it up without a wait: nobody knows what it came to."""
        self._done.cancel()  # a write is shielded from the cancellation of whoever waits for it
        if self._task is not None:
            self._task.cancel()


class _OwnModel(_Own):
    """A graph's own model, as one that the run asks: its reply is what the graph's calls gave."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.emit: Emit = ignore

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Wait for the graph's call.

        Raises:
            ModelReplyInvalid: It failed.
        """
        self.emit = emit
        try:
            return await self.wait()
        except Exception as error:  # the boundary: somebody else's model may raise anything
            raise ModelReplyInvalid(self.name, redacted_text(error)) from error


def _edited(agent: str, name: str) -> ConfigError:
    return ConfigError(
        f"A hook edits the arguments of {name}, which the graph {agent} would not take",
        "Let the hook deny the call instead.",
    )


def reply_of(response: LLMResult, name: str) -> ModelReply:
    """Give what a graph's own model said, and took where it tells."""
    first: Any = response.generations[0][0]
    said = first.message if isinstance(first, ChatGeneration) else None
    used = said.usage_metadata if isinstance(said, AIMessage) else None
    if used is None:
        return ModelReply(first.text, model=name, usage_told=False)
    read: Any = used.get("input_token_details") or {}
    written: Any = used.get("output_token_details") or {}
    return ModelReply(
        first.text,
        usage=Usage(
            used["input_tokens"],
            used["output_tokens"],
            read.get("cache_read") or 0,
            written.get("reasoning") or 0,
            read.get("cache_creation") or 0,
        ),
        model=name,
    )
