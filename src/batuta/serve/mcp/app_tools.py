"""The App's own tools, called by the client's model with no agent of ours between."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from mcp_types import CallToolResult, TextContent, ToolAnnotations
from mcp_types import Tool as McpTool

from batuta.core.agent import FunctionAgent
from batuta.core.cancellation import to_end
from batuta.core.ids import new_id
from batuta.core.message import Message
from batuta.core.replacement import replace
from batuta.core.result import json_text, result_data, result_text
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.errors import BatutaError
from batuta.serve.http.problems import Refused, problem_of
from batuta.serve.mcp.ask_tools import failed, result_of

if TYPE_CHECKING:
    from batuta.core.record import RunRecord
    from batuta.core.run import Run
    from batuta.core.tool import Tool
    from batuta.runtimes.local import LocalRuntime
    from batuta.serve.http.door import Door
    from batuta.serve.mcp.caller import Caller

STYLE = "tools"
"""What the records of such calls have for a style."""
_EMPTY = "Done; there is no result."


class AppTools:
    """Uses a tool of the App for whoever asks: permission, hooks, budget and record as anywhere."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._made: LocalRuntime | None = None

    def listed(self, tools: Sequence[Tool]) -> list[McpTool]:
        """List tools, with what is known of their effect."""
        return [_listed(tool) for tool in tools]

    async def call(
        self, tool: Tool, arguments: Mapping[str, Any], caller: Caller
    ) -> CallToolResult:
        """Use a tool in a run of its own, which is kept."""
        door = self._door
        given: list[Any] = []

        async def use(_: Message, run: Run) -> Message:
            given.append(await run.use(tool, arguments, by="user"))
            return Message.assistant(result_text(given[0]))

        ended: list[RunRecord] = []
        try:
            options = replace(self._options(caller), on_end=ended.append)
            with door.runs.place(caller.principal.id):
                record = await self._runtime.run(
                    FunctionAgent(name=STYLE, answer=use, decides="user"),
                    Message.user(f"{tool.name} {json_text(arguments)}"),
                    options,
                )
                await to_end(door.house.records.save(record))
        except asyncio.CancelledError:
            for cut in ended:
                await to_end(door.house.records.save(cut))
            raise
        except Refused as error:
            return result_of(error.answer())
        except BatutaError as error:
            return result_of(problem_of(error))
        if record.failure is not None:
            body = problem_of(record.failure, run_id=record.run_id).body
            return failed(f"{body['detail']} (code {body['code']})", body)
        return _result(given[0])

    def _options(self, caller: Caller) -> RunOptions:
        door, key = self._door, caller.key
        run_id = new_id("run")
        whose = f"{door.house.app.name}|{caller.principal.id}|{STYLE}|{key}"
        prefix = hashlib.sha256(whose.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return RunOptions(
            principal=caller.principal,
            session=Session(new_id("ses"), caller.principal.id),
            run_id=run_id,
            budget=door.house.budget(caller.seconds),
            idempotency_prefix=prefix if key else run_id,
            clock=caller.clock or door.house.clock,
            time_zone=door.house.app.time_zone,
            hooks=door.house.app.hooks,
            wait_s=door.house.settings.wait_seconds,
            labels={"style": STYLE, "app": door.house.app.name},
            traceparent=caller.traceparent,
        )

    @property
    def _runtime(self) -> LocalRuntime:
        if self._made is None:
            self._made = self._door.house.tool_runtime()
        return self._made


def _listed(tool: Tool) -> McpTool:
    reads = tool.effect == "read"
    return McpTool(
        name=tool.name,
        description=tool.description,
        input_schema=dict(tool.schema.parameters),
        annotations=ToolAnnotations(
            read_only_hint=reads, destructive_hint=not reads, idempotent_hint=reads
        ),
    )


def _result(given: Any) -> CallToolResult:
    data = result_data(given)
    text = result_text(given)
    structured = cast("dict[str, Any]", data) if isinstance(data, dict) else None
    return CallToolResult(content=[TextContent(text=text or _EMPTY)], structured_content=structured)
