"""What is written down is the same when it is read, and old data stays readable."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest

from batuta.core.message import Message
from batuta.core.model_settings import ModelSettings
from batuta.core.principal import Principal
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.remote.call import RemoteCall
from batuta.remote.grpc import wire
from batuta.runtimes.durable.inputs import Inputs
from tests.unit.remote.test_call import BARE, FULL, RITA

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
ANA = Principal("ana", "Ana", frozenset({"write", "read"}))
SESSION = Session("s1", "ana", [Message.user("before")], {"n": [1]}, 3, "then")
OPTIONS = RunOptions(principal=ANA, session=SESSION, idempotency_prefix="p", labels={"style": "d"})
INPUTS = Inputs.of("d", "booking", Message.user("hello"), options=OPTIONS, now=NOW)


@pytest.mark.parametrize("call", [FULL, replace(BARE, question=BARE.message)], ids=["full", "bare"])
def test_a_call_survives_the_protocol(call: RemoteCall) -> None:
    assert wire.call_from(wire.start_of(call), RITA) == call


def test_the_protocol_has_a_field_for_all_that_travels() -> None:
    there = {field.name for field in wire.pb.Start.DESCRIPTOR.fields}
    signed, in_limits = {"principal"}, {"whose"}
    assert {f.name for f in fields(RemoteCall)} - signed - in_limits <= there


@pytest.mark.parametrize("inputs", [INPUTS, replace(INPUTS, session=None)])
def test_a_runs_inputs_survive_the_disk(inputs: Inputs) -> None:
    assert Inputs.from_json(json.loads(json.dumps(inputs.to_json()))) == inputs


def test_a_runs_inputs_stand_in_the_database_as_they_always_did() -> None:
    written = INPUTS.to_json()
    assert written["prefix"] == "p"
    assert written["principal"] == {"id": "ana", "name": "Ana", "permissions": ["read", "write"]}
    assert written["session"]["state"] == {"n": [1]}
    assert set(written) == {
        *("place", "agent", "message", "principal", "session", "budget", "retry", "prefix"),
        *("now", "time_zone", "history_limit", "labels"),
    }


def test_a_runs_settings_stand_beside_them_where_there_are_any() -> None:
    settings = ModelSettings(temperature=0.5, stop=("END",))
    made = replace(INPUTS, settings=settings)
    assert made.to_json()["settings"] == {"temperature": 0.5, "stop": ["END"]}
    assert Inputs.from_json(json.loads(json.dumps(made.to_json()))).settings == settings
