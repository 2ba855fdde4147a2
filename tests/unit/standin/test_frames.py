"""Events as bytes, read back by the vendors' own readers."""

from __future__ import annotations

import json

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from batuta.standin.frames import event_stream, json_bytes, sse

TEXTS = st.text(max_size=200)


@given(text=TEXTS, name=st.sampled_from(["messageStart", "contentBlockDelta"]))
def test_botocore_reads_what_was_framed(text: str, name: str) -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(event_stream(name, {"text": text}) * 2)
    first, second = (message.to_response_dict() for message in buffer)

    assert first == second
    assert first["headers"] == {
        ":event-type": name,
        ":content-type": "application/json",
        ":message-type": "event",
    }
    assert json.loads(first["body"]) == {"text": text}


def test_botocore_reads_an_exception_as_one() -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(event_stream("throttlingException", {"message": "no"}, exception=True))
    (message,) = (message.to_response_dict() for message in buffer)

    assert message["status_code"] == 400
    assert message["headers"][":exception-type"] == "throttlingException"


def test_botocore_notices_one_wrong_bit() -> None:
    from botocore.eventstream import ChecksumMismatch

    frame = bytearray(event_stream("messageStart", {"role": "assistant"}))
    frame[-6] ^= 1
    buffer = EventStreamBuffer()
    buffer.add_data(bytes(frame))
    with pytest.raises(ChecksumMismatch):
        list(buffer)


@given(text=TEXTS)
def test_server_sent_event_is_one_line_of_data(text: str) -> None:
    name, data, *rest = sse({"text": text}, "delta").split(b"\n")

    assert name == b"event: delta"
    assert rest == [b"", b""]
    assert json.loads(data.removeprefix(b"data: ")) == {"text": text}


def test_half_a_surrogate_pair_still_goes_out_as_json() -> None:
    assert json.loads(json_bytes({"text": "a\ud83d"})) == {"text": "a\ud83d"}
