"""Bodies that are no request: each is turned away with its reason."""

from __future__ import annotations

import json

import pytest

from batuta.standin.failures import Rejected
from batuta.standin.json_node import JsonNode, parsed, written_call


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b'{"a": NaN}', b"[" * 100_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000],
    ids=["empty", "half", "no UTF-8", "NaN", "deep array", "deep object"],
)
def test_what_is_no_json_is_turned_away(body: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        parsed(body)
    assert caught.value.failure.kind == "invalid"
    assert "JSON body" in str(caught.value)


def test_json_deeper_than_any_request_is_turned_away() -> None:
    with pytest.raises(Rejected, match="deeper than 100"):
        parsed(b"[" * 150 + b"]" * 150)


def test_long_and_flat_json_is_taken() -> None:
    flat = [{"a": [1]}] * 1_000
    assert parsed(json.dumps(flat).encode()) == flat


def test_a_value_of_the_wrong_kind_is_named_with_its_place() -> None:
    node = JsonNode({"messages": [{"content": [1]}]})
    with pytest.raises(Rejected) as caught:
        node["messages"].each()[0]["content"].text()
    assert str(caught.value) == (
        "Invalid type for 'messages[0].content': expected a string, got an array."
    )


def test_a_flag_is_no_number() -> None:
    with pytest.raises(Rejected):
        JsonNode({"n": True})["n"].number()


@pytest.mark.parametrize("text", ["[1]", "{nonsense", "null", "1", "[" * 100_000])
def test_arguments_that_are_no_object_are_kept_as_they_are(text: str) -> None:
    call = written_call("c", "find", text)
    assert (call.arguments, call.invalid) == ({}, text)


def test_no_arguments_are_an_empty_object() -> None:
    call = written_call("c", "find", "")
    assert (call.arguments, call.invalid) == ({}, None)
