"""``ask_<style>``: a message to the App under a style, as a tool."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mcp_types import CallToolResult, TextContent, Tool, ToolAnnotations
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from batuta.assistant import Ask
from batuta.core.ask import VISIBLE
from batuta.core.replacement import replace
from batuta.core.trace import Event
from batuta.errors import BatutaError
from batuta.serve.http.problems import Refused, field_errors, problem_of
from batuta.serve.http.schemas import Reply
from batuta.serve.mcp.elicitation import Dialogue

if TYPE_CHECKING:
    from batuta.serve.http.door import Door
    from batuta.serve.http.live import LiveRun
    from batuta.serve.http.problems import Answer
    from batuta.serve.mcp.caller import Caller
    from batuta.styles import AppStyle

OPENS = "ask_"
PROBLEM = "batuta/problem"
"""Under which the ``_meta`` of a failed call has its problem, as the HTTP door answers it."""
_QUIET_S = 10.0
_TOLD = frozenset({"model", "tool", "agent", "step"})


class AskArguments(BaseModel):
    """What an ask takes: no word on who is asking."""

    model_config = ConfigDict(extra="forbid", strict=True)

    message: str = Field(
        description="What you want, in plain words.",
        json_schema_extra={"minLength": 1, "pattern": VISIBLE},
    )
    session_id: str | None = Field(
        default=None,
        max_length=200,
        description="The conversation to go on with, as an earlier answer gave it.",
    )


class AskTools:
    """The styles that can run here, each as a tool."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._takes = AskArguments.model_json_schema()
        self._gives = Reply.model_json_schema()

    def listed(self) -> list[Tool]:
        """List them."""
        return [self._tool(key, each) for key, each in self._served().items()]

    def style_of(self, name: str) -> str | None:
        """Give the style that a tool asks; None where it is none of these."""
        key = name.removeprefix(OPENS)
        return key if name.startswith(OPENS) and key in self._served() else None

    async def call(self, style: str, params: Any, caller: Caller) -> Any:
        """Answer a message, telling the client how far it is; a question back may be put to it."""
        context = caller.context
        try:
            given = AskArguments.model_validate(params.arguments or {})
            dialogue = Dialogue.of(params, context, given.session_id)
            if dialogue.over is not None:
                return dialogue.over
            text = given.message if dialogue.text is None else dialogue.text
            ask = Ask(
                text=text,
                principal=caller.principal,
                session_id=dialogue.session_id,
                request_key=dialogue.key(caller.key),
                clock=caller.clock,
                seconds=caller.seconds,
                traceparent=caller.traceparent,
            )
            answer = await self._answer(style, ask, context)
            while (said := await dialogue.asked(answer)) is not None:
                if not isinstance(said, str):
                    return said
                session_id = answer.body["session_id"]
                key = dialogue.key(caller.key)
                again = replace(ask, text=said, session_id=session_id, request_key=key)
                answer = await self._answer(style, again, context)
        except ValidationError as error:
            faults = field_errors(error.errors(include_input=False, include_url=False))
            return failed("; ".join(f"{each['field']}: {each['problem']}" for each in faults))
        except Refused as error:
            return result_of(error.answer())
        except BatutaError as error:
            return result_of(problem_of(error))
        return result_of(answer)

    async def _answer(self, style: str, ask: Ask, context: Any) -> Answer:
        live = await self._door.start(self._door.choose(style), ask)
        try:
            await _told(live, context)
        except asyncio.CancelledError:
            if self._door.house.settings.on_disconnect == "cancel":
                live.leave()
            raise
        return live.answer()

    def _served(self) -> Mapping[str, AppStyle]:
        if self._door.alone is not None:
            return {self._door.alone.key: self._door.alone}
        return {k: s for k, s in self._door.house.cast.styles.items() if not s.missing()}

    def _tool(self, key: str, each: AppStyle) -> Tool:
        style, app = each.style, self._door.house.app
        return Tool(
            name=f"{OPENS}{key}",
            title=f"Ask {app.title or app.name}, {style.label}: {style.name}",
            description=f"Ask in plain words. Who decides here: {style.decides}. "
            "It may act for whoever asks. Give session_id back to go on.",
            input_schema=self._takes,
            output_schema=self._gives,
            annotations=ToolAnnotations(
                read_only_hint=False, destructive_hint=True, idempotent_hint=False
            ),
        )


def result_of(answer: Answer) -> CallToolResult:
    """Make the result of an answer, or of its problem."""
    if not answer.good:
        return failed(f"{answer.body['detail']} (code {answer.body['code']})", answer.body)
    body: Any = json.loads(json.dumps(answer.body, default=str))
    go_on = f"session_id: {body['session_id']} (give it back to go on with this conversation)"
    return CallToolResult(
        content=[TextContent(text=body["reply"] or "Done."), TextContent(text=go_on)],
        structured_content=body,
    )


def failed(told: str, body: Mapping[str, Any] | None = None) -> CallToolResult:
    """Make the result of a call that failed; its problem is for programs."""
    where = (body or {}).get("session_id")
    more = [TextContent(text=f"session_id: {where}")] if where else []
    meta: Any = None if body is None else {PROBLEM: dict(body)}
    return CallToolResult(content=[TextContent(text=told), *more], is_error=True, _meta=meta)


async def _told(live: LiveRun, context: Any) -> None:
    """Follow a run to its end, and tell the client what it does, where it wants to know."""
    done = 0
    async for event in live.follow(_QUIET_S):
        if event is not None and (event.kind not in _TOLD or event.phase != "start"):
            continue
        done += 1
        words = "still at it" if event is None else _words(event)
        await context.session.report_progress(done, message=words)


def _words(event: Event) -> str:
    return f"{event.kind} {event.name}"
