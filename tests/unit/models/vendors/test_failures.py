"""Whatever goes wrong at a vendor is one of our errors, naming provider and model, and no key."""

from __future__ import annotations

import asyncio
import logging
import socket
import traceback
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from batuta.core.clock import machine_time
from batuta.core.message import Message
from batuta.core.model import ModelRequest, OutputSchema
from batuta.errors import (
    ModelAuthFailed,
    ModelContextTooLong,
    ModelCut,
    ModelError,
    ModelNotFound,
    ModelRateLimited,
    ModelRefused,
    ModelReplyInvalid,
    ModelTimeout,
    ModelUnavailable,
)
from batuta.models.vendors import VendorAccess, VendorModel
from tests.sockets import connected
from tests.unit.models.vendors.socket_server import (
    CUT,
    HANG,
    Step,
    answer,
    chunked,
    frame,
    serving,
    sse,
)
from tests.unit.models.vendors.wires import (
    ANTHROPIC,
    BEDROCK,
    CHAT,
    KEY,
    RESPONSES,
    TEXT,
    VENDORS,
    Vendor,
)

HELLO = ModelRequest([Message.user("Hello")])
FORM = ModelRequest([Message.user("Hello")], output=OutputSchema("Form", {"type": "object"}))


@pytest.fixture(params=VENDORS, ids=lambda v: v.model.partition(":")[0])
def vendor(request: pytest.FixtureRequest) -> Vendor:
    return request.param


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)


def fault(vendor: Vendor, status: int, kind: str, message: str, **headers: str) -> list[Step]:
    """An error as the vendor words it."""
    if vendor is BEDROCK:
        return answer({"message": message}, status, {"x-amzn-ErrorType": kind, **headers})
    error = {"message": message, "type": kind, "param": None, "code": kind}
    return answer({"type": "error", "error": error}, status, headers)


async def failing(
    model: VendorModel, request: ModelRequest = HELLO, *, streamed: bool = False
) -> Any:
    with pytest.raises(ModelError) as caught:
        await (model.reply(request, lambda piece: None) if streamed else model.reply(request))
    close: Any = model.aclose
    await close()
    assert caught.value.model.partition(":")[0] == model.name.partition(":")[0]
    assert model.name in str(caught.value) or caught.value.model in str(caught.value)
    return caught.value


async def answered_with(
    vendor: Vendor, *steps: list[Step], streamed: bool = False, **more: Any
) -> Any:
    async with serving(*steps) as server:
        return await failing(vendor.make(server.url, **more), streamed=streamed)


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
async def test_a_wrong_key_says_which_variable_to_set_and_not_the_key(
    vendor: Vendor, streamed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    kind = "UnrecognizedClientException" if vendor is BEDROCK else "authentication_error"
    steps = fault(vendor, 403 if vendor is BEDROCK else 401, kind, f"Incorrect key: {KEY}")
    error = await answered_with(vendor, steps, streamed=streamed)
    assert isinstance(error, ModelAuthFailed)
    assert not error.retryable
    wanted = {
        "bedrock": "AWS_",
        "anthropic": "ANTHROPIC_API_KEY",
        "compatible": "BATUTA_COMPATIBLE",
    }
    assert wanted.get(vendor.model.partition(":")[0], "OPENAI_API_KEY") in error.variable
    assert error.variable in str(error)
    shown = f"{error} {error!r} {vars(error)}"
    if vendor is not BEDROCK:  # boto3 never sends the secret, so only this test's server knows it
        shown += caplog.text
        assert KEY not in shown
    assert "[secret]" in str(error) or vendor is BEDROCK


async def test_a_model_and_what_it_is_reached_by_do_not_show_the_key(vendor: Vendor) -> None:
    model = vendor.make("http://127.0.0.1:9")
    assert KEY not in f"{model!r} {model} {vars(model)} {model._access!r}"


async def test_a_wrong_model_name_is_final(vendor: Vendor) -> None:
    kinds = {BEDROCK.model: ("ResourceNotFoundException", "Could not resolve the model.")}
    kinds[ANTHROPIC.model] = ("not_found_error", "model: claude-haiku-4-5")
    kind, message = kinds.get(vendor.model, ("model_not_found", "The model does not exist."))
    error = await answered_with(vendor, fault(vendor, 404, kind, message))
    assert isinstance(error, ModelNotFound)
    assert not error.retryable


def in_five_minutes() -> str:
    return format_datetime(machine_time() + timedelta(seconds=300), usegmt=True)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [("7", 7, 7), ("1.5", 1.5, 1.5), ("date", 200, 300), ("soon", None, None), ("", None, None)],
)
async def test_a_rate_limit_keeps_the_pause_that_is_asked_for(
    vendor: Vendor, header: str, least: float | None, most: float | None
) -> None:
    told = in_five_minutes() if header == "date" else header
    headers = {"retry-after": told} if told else {}
    kind = "ThrottlingException" if vendor is BEDROCK else "rate_limit_error"
    error = await answered_with(vendor, fault(vendor, 429, kind, "Slow down.", **headers))
    assert isinstance(error, ModelRateLimited)
    if least is None or most is None:
        assert error.retry_after_s is None
    else:
        assert error.retry_after_s is not None
        assert least <= error.retry_after_s <= most


@pytest.mark.parametrize("status", [500, 502, 503, 529])
async def test_a_provider_that_is_down_may_be_asked_again(vendor: Vendor, status: int) -> None:
    kinds = {500: "InternalServerException", 503: "ServiceUnavailableException"}
    kind = kinds.get(status, "x") if vendor is BEDROCK else "overloaded_error"
    error = await answered_with(vendor, fault(vendor, status, kind, "Overloaded."))
    assert isinstance(error, ModelUnavailable)
    assert error.retryable
    assert "Overloaded" in str(error)


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
async def test_a_500_with_html_says_so(vendor: Vendor, streamed: bool) -> None:
    page = b"<!DOCTYPE html><html><body>Bad gateway</body></html>"
    error = await answered_with(vendor, answer(page, 500, kind="html"), streamed=streamed)
    assert isinstance(error, ModelUnavailable)
    assert "500" in str(error)
    assert "<html" not in str(error)


async def test_a_conversation_that_is_too_long_is_named(vendor: Vendor) -> None:
    kind, message = "context_length_exceeded", "maximum context length is 400000 tokens"
    if vendor is ANTHROPIC:
        kind, message = "invalid_request_error", "prompt is too long: 200001 tokens > 200000"
    if vendor is BEDROCK:
        kind, message = "ValidationException", "Input is too long for requested model."
    error = await answered_with(vendor, fault(vendor, 400, kind, message))
    assert isinstance(error, ModelContextTooLong)
    assert "history_messages" in str(error)


async def test_another_rejected_request_gives_the_providers_words(vendor: Vendor) -> None:
    kind = "ValidationException" if vendor is BEDROCK else "invalid_request_error"
    error = await answered_with(vendor, fault(vendor, 400, kind, "Tool names must be unique."))
    assert type(error) is ModelError
    assert "Tool names must be unique" in str(error)


async def test_an_empty_account_is_not_tried_again_but_another_model_may_be(vendor: Vendor) -> None:
    kind = "ServiceQuotaExceededException" if vendor is BEDROCK else "insufficient_quota"
    if vendor is ANTHROPIC:
        kind = "billing_error"
    error = await answered_with(vendor, fault(vendor, 402, kind, "You exceeded your quota."))
    assert isinstance(error, ModelUnavailable)
    assert not error.retryable


@pytest.mark.parametrize(
    "body",
    [b'{"id": "x", "output": [{"type"', b"", b"null", b"[]", b"{}", b'"hello"', b'{"output": 5}'],
    ids=["half", "empty", "null", "list", "object", "text", "odd"],
)
async def test_a_reply_that_is_no_reply_is_invalid(vendor: Vendor, body: bytes) -> None:
    error = await answered_with(vendor, answer(body))
    assert isinstance(error, ModelReplyInvalid)
    assert len(str(error)) < 500


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
async def test_a_reply_of_ten_megabytes_is_not_read(
    vendor: Vendor, streamed: bool, told: bool
) -> None:
    piece = b" " * 100_000
    if vendor is BEDROCK and streamed:
        delta = {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "x" * 100_000}}}
        piece = frame("contentBlockDelta", delta)
    steps = answer(piece * 100) if told else chunked(*[piece] * 100, kind="application/json")
    error = await answered_with(vendor, steps, streamed=streamed, reply_bytes=1_000_000)
    assert isinstance(error, ModelReplyInvalid)
    assert "longer than 1,000,000 bytes" in str(error)


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
async def test_a_provider_that_hangs_is_left(vendor: Vendor, streamed: bool) -> None:
    async with serving([HANG]) as server:
        model = vendor.make(server.url, timeout_s=0.3)
        with pytest.raises(ModelTimeout) as caught:
            await (model.reply(HELLO, lambda piece: None) if streamed else model.reply(HELLO))
        await asyncio.wait_for(server.left.wait(), 20)
        assert not connected(server.url)
        await model.aclose()
    assert caught.value.timeout_s == 0.3


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
async def test_a_call_that_is_cancelled_closes_its_connection(
    vendor: Vendor, streamed: bool
) -> None:
    stream = vendor.cut(TEXT)
    async with serving([*stream, HANG] if streamed else [HANG]) as server:
        model = vendor.make(server.url)
        heard = asyncio.Event()
        emit = lambda piece: heard.set()  # noqa: E731
        task = asyncio.create_task(model.reply(HELLO, emit) if streamed else model.reply(HELLO))
        await asyncio.wait_for((heard if streamed else server.arrived).wait(), 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.left.wait(), 20)
        await model.aclose()


async def test_nobody_at_home_is_an_unreachable_provider(vendor: Vendor) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    error = await failing(vendor.make(f"http://127.0.0.1:{port}"))
    assert isinstance(error, ModelUnavailable)
    assert f"no connection to http://127.0.0.1:{port}" in str(error)


async def test_a_reply_that_is_cut_before_its_end_may_be_asked_for_again(vendor: Vendor) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"
    error = await answered_with(vendor, [head, CUT])
    assert isinstance(error, ModelUnavailable)
    assert "broke off" in str(error), "there was a connection"
    assert "no connection" not in str(error)


@pytest.mark.parametrize("how", ["cut", "silent"])
async def test_a_stream_that_breaks_off_is_told_with_what_was_used(
    vendor: Vendor, how: str
) -> None:
    steps = [*vendor.cut(TEXT), CUT if how == "cut" else b"0\r\n\r\n"]
    pieces: list[str] = []
    async with serving(steps) as server:
        model = vendor.make(server.url)
        with pytest.raises(ModelCut) as caught:
            await model.reply(HELLO, pieces.append)
        await model.aclose()
    assert pieces == list(TEXT)
    assert caught.value.heard
    assert str(caught.value).count("broke off") == 1
    (spent,) = caught.value.spent
    assert not spent.told
    assert spent.model.partition(":")[0] == vendor.model.partition(":")[0]
    assert spent.usage.input_tokens == (30 if vendor is ANTHROPIC else 0)


async def test_data_that_breaks_off_was_heard_by_nobody(vendor: Vendor) -> None:
    async with serving([*vendor.cut(TEXT), CUT]) as server:
        error = await failing(vendor.make(server.url), FORM, streamed=True)
    assert isinstance(error, ModelCut)
    assert not error.heard


@pytest.mark.parametrize(
    "vendor", [RESPONSES, CHAT, ANTHROPIC], ids=["responses", "chat", "claude"]
)
async def test_half_json_in_a_stream_is_invalid(vendor: Vendor) -> None:
    error = await answered_with(vendor, chunked(b'data: {"id": "x", \n\n'), streamed=True)
    assert isinstance(error, ModelReplyInvalid)


async def test_an_error_inside_a_stream_is_the_one_it_names(vendor: Vendor) -> None:
    inside = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    whole = {**inside, "code": "overloaded_error", "message": "Overloaded", "sequence_number": 1}
    steps = chunked(*sse(whole if vendor is RESPONSES else inside))
    if vendor is BEDROCK:
        made = frame("serviceUnavailableException", {"message": "Overloaded"}, "exception")
        steps = chunked(made, kind="application/vnd.amazon.eventstream")
    error = await answered_with(vendor, steps, streamed=True)
    assert isinstance(error, ModelUnavailable)
    assert error.retryable


def refusal(vendor: Vendor) -> list[Step]:
    from tests.unit.models.vendors import wires

    if vendor is RESPONSES:
        said = {"type": "refusal", "refusal": "I cannot help with that."}
        message = {**wires._message(""), "content": [said]}
        return answer(wires._response([message]))
    if vendor is ANTHROPIC:
        return answer(
            wires._claude([{"type": "text", "text": "I cannot help with that."}], "refusal")
        )
    if vendor is BEDROCK:
        return wires._converse([{"text": "I cannot help with that."}], "content_filtered")
    return answer(wires._completion({"refusal": "I cannot help with that."}))


async def test_a_refusal_in_words_is_an_answer_that_says_it_is_one(vendor: Vendor) -> None:
    async with serving(refusal(vendor)) as server:
        model = vendor.make(server.url)
        reply = await model.reply(HELLO)
        await model.aclose()
    assert (reply.stop_reason, reply.text) == ("refused", "I cannot help with that.")
    assert reply.usage.input_tokens == 30


async def test_a_refusal_where_data_was_wanted_is_an_error_that_keeps_what_it_cost(
    vendor: Vendor,
) -> None:
    async with serving(refusal(vendor)) as server:
        error = await failing(vendor.make(server.url), FORM)
    assert isinstance(error, ModelRefused)
    assert "I cannot help with that" in str(error)
    assert error.spent[0].usage.input_tokens == 30


async def test_aws_without_credentials_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    error = await failing(BEDROCK.make("http://127.0.0.1:9"))
    assert isinstance(error, ModelAuthFailed)
    assert "AWS_ACCESS_KEY_ID" in str(error)


async def test_no_sdk_tries_again_by_itself(vendor: Vendor) -> None:
    kind = "ThrottlingException" if vendor is BEDROCK else "rate_limit_error"
    async with serving(fault(vendor, 429, kind, "Slow down.")) as server:
        await failing(vendor.make(server.url))
        assert len(server.asked) == 1


async def test_a_cause_is_kept_for_who_looks_for_it() -> None:
    async with serving(fault(CHAT, 400, "x", "no")) as server:
        error = await failing(CHAT.make(server.url))
    assert error.__cause__ is not None
    assert KEY not in "".join(traceback.format_exception(error))


def test_access_shows_no_key() -> None:
    from batuta.core.redaction import Secret

    assert KEY not in repr(VendorAccess(key=Secret(KEY)))
    assert KEY not in repr(VendorModel("openai:x", VendorAccess(key=Secret(KEY))))
