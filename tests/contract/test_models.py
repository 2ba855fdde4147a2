"""Every ``Model`` keeps the contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from batuta.core.message import Message
from batuta.core.model import Model, ModelReply, ModelRequest, OutputSchema
from batuta.models.fallback import FallbackModel
from batuta.models.limited import LimitedModel
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


REQUESTS: dict[str, Any] = {
    "text": _request("hello"),
    "wish": _request("find sailings on monday for 2 seats", tools=True),
    "form": _request("a ticket for monday, 2 seats", form=True),
    "shape": INTAKE.extraction,
}
MODELS: dict[str, Callable[[], Model]] = {
    "scripted": _scripted,
    "offline": OfflineModel,
    "fallback": lambda: FallbackModel([OfflineModel(), _scripted()]),
    "limited": lambda: LimitedModel(OfflineModel(), at_once=1),
}


class TestModels(ModelContract):
    @pytest.fixture(params=MODELS)
    def case(self, request: pytest.FixtureRequest) -> ModelCase:
        return ModelCase(make=MODELS[request.param], **REQUESTS)
