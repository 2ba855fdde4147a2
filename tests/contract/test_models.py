"""Every ``Model`` keeps the contract."""

from __future__ import annotations

import pytest

from batuta.core.message import Message
from batuta.core.model import ModelReply, ModelRequest, OutputSchema
from batuta.offline import OfflineModel
from batuta.testing.scripted import ScriptedModel, calls
from tests.contract.model import ModelCase, ModelContract
from tests.unit.control.ferry import Harbour, said

INTAKE = Harbour().intake()
NOW = "\n\nNow: 2026-03-02T09:00 (Monday), time zone UTC"
TOOLS = (INTAKE.find.schema, INTAKE.act.schema)
FORM = OutputSchema("extraction", INTAKE.extraction.model_json_schema(), "What was said.")


def _request(text: str, *, tools: bool = False, form: bool = False) -> ModelRequest:
    messages = (Message.system(f"Sell ferry tickets.{NOW}"), Message.user(text))
    return ModelRequest(messages, TOOLS if tools else (), FORM if form else None)


def _scripted_line(request: ModelRequest) -> ModelReply:
    if request.output is not None:
        return said(day="monday")
    if request.tools and request.messages[-1].role == "user":
        return calls(("find_sailings", {"day": "monday", "seats": 2}))
    return ModelReply("Hello.", model="scripted:lines", stand_in=True)


def _scripted() -> ScriptedModel:
    return ScriptedModel([_scripted_line], repeat=True)


REQUESTS = {
    "text": _request("hello"),
    "wish": _request("find sailings on monday for 2 seats", tools=True),
    "form": _request("a ticket for monday, 2 seats", form=True),
    "shape": INTAKE.extraction,
}
CASES = {
    "scripted": ModelCase(make=_scripted, **REQUESTS),
    "offline": ModelCase(make=OfflineModel, **REQUESTS),
}


class TestModels(ModelContract):
    @pytest.fixture(params=list(CASES.values()), ids=list(CASES))
    def case(self, request: pytest.FixtureRequest) -> ModelCase:
        return request.param
