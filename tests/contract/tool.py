"""What every ``Tool`` must do; a test module subclasses this with a ``case`` fixture."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from batuta.core.agent import FunctionAgent
from batuta.core.clock import Clock, SystemClock
from batuta.core.message import Message
from batuta.core.principal import READ, Principal
from batuta.core.record import RunRecord
from batuta.core.result import result_text
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.tool import Tool
from batuta.errors import AccessDenied, ToolRetry
from batuta.runtimes.local import LocalRuntime
from batuta.wiring import LAYERS

ANA = Principal("ana", "Ana")
BOUND = ("principal", "context", "clock", "principal_id", "member_id", "user_id", "idempotency_key")


@dataclass(frozen=True, kw_only=True)
class ToolCase:
    """One tool with arguments that work, and some that don't fit.

    Args:
        bad: Arguments of the wrong type or form.
        time: The clock that the tool reads.
    """

    tool: Tool
    good: Mapping[str, Any]
    bad: Mapping[str, Any]
    time: Clock = field(default_factory=SystemClock)

    async def used(self, arguments: Mapping[str, Any], principal: Principal = ANA) -> RunRecord:
        """Use the tool in a run; the answer is its result as a model reads it."""

        async def answer(_: Message, run: Run) -> Message:
            return Message.assistant(result_text(await run.use(self.tool, arguments, by="model")))

        runtime = LocalRuntime(LAYERS, clock=self.time)
        agent = FunctionAgent(name="uses", answer=answer)
        options = RunOptions(principal=principal)
        return await runtime.run(agent, Message.user("use it"), options)


class ToolContract:
    """Tests of one tool."""

    def test_a_model_sees_a_name_a_description_and_an_object(self, case: ToolCase) -> None:
        schema = case.tool.schema
        assert schema.name == case.tool.name
        assert schema.name.isidentifier()
        assert len(schema.description) > 10
        shape = schema.parameters
        assert (shape["type"], shape["additionalProperties"]) == ("object", False)
        assert set(shape.get("required", ())) <= set(shape["properties"])
        assert json.loads(json.dumps(shape)) == shape

    def test_every_argument_is_described(self, case: ToolCase) -> None:
        properties = case.tool.schema.parameters["properties"]
        assert all(p.get("description") for p in properties.values())

    @pytest.mark.parametrize("name", BOUND)
    async def test_who_asks_is_never_an_argument(self, case: ToolCase, name: str) -> None:
        assert name not in case.tool.schema.parameters["properties"]
        record = await case.used({**case.good, name: "mallory"})
        assert isinstance(record.failure, ToolRetry)
        assert "no such argument" in record.failure.detail

    async def test_arguments_that_do_not_fit_can_be_mended(self, case: ToolCase) -> None:
        record = await case.used(case.bad)
        assert isinstance(record.failure, ToolRetry)
        assert set(record.failure.arguments) <= set(case.bad)
        assert record.failure.arguments

    async def test_good_arguments_give_a_result_that_is_json(self, case: ToolCase) -> None:
        record = (await case.used(case.good)).raised()
        ends = [e for e in record.events if e.kind == "tool" and e.phase == "end"]
        assert [e.error for e in ends] == [None]
        assert RunRecord.from_json(json.loads(json.dumps(record.to_json()))) == record

    async def test_only_a_writing_tool_needs_the_right_to_write(self, case: ToolCase) -> None:
        reader = Principal("rita", permissions=frozenset({READ}))
        record = await case.used(case.good, reader)
        assert isinstance(record.failure, AccessDenied) == (case.tool.effect == "write")

    def test_its_key_is_the_same_for_the_same_and_differs_by_step(self, case: ToolCase) -> None:
        keys = [case.tool.idempotency_key(step, case.good) for step in ("r|1", "r|1", "r|2")]
        assert keys[0] == keys[1] != keys[2]
