"""What vendors say where something fails, in whatever form, becomes the class that it means."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from batuta.core.clock import machine_time
from batuta.errors import (
    ModelAuthFailed,
    ModelContextTooLong,
    ModelError,
    ModelNotFound,
    ModelRateLimited,
    ModelRefused,
    ModelUnavailable,
)
from tests.unit.models.vendors.asking import heard
from tests.unit.models.vendors.socket_server import answer, chunked, frame
from tests.unit.models.vendors.wires import ANTHROPIC, BEDROCK, CHAT, COMPATIBLE, KEY, Vendor


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)


def google(message: str, status: str, code: int, *details: dict[str, Any]) -> list[Any]:
    error = {"code": code, "message": message, "status": status, "details": list(details)}
    return [{"error": error}]


def openai(message: str, code: str | None, kind: str = "invalid_request_error") -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


FILTERED = {
    "error": {
        "message": "The response was filtered due to the prompt triggering Azure OpenAI's content "
        "management policy.", "type": None, "param": "prompt", "code": "content_filter",
        "status": 400, "innererror": {"code": "ResponsibleAIPolicyViolation",
                                      "content_filter_result": {"hate": {"filtered": True}}},
    }
}  # fmt: skip
CASES: list[tuple[str, int, Any, type[ModelError]]] = [
    ("gemini key", 400, google("API key not valid. Please pass a valid API key.",
     "INVALID_ARGUMENT", 400, {"reason": "API_KEY_INVALID"}), ModelAuthFailed),
    ("gemini long", 400, google("The input token count (1200000) exceeds the maximum number of "
     "tokens allowed (1048576).", "INVALID_ARGUMENT", 400), ModelContextTooLong),
    ("gemini rate", 429, google("You exceeded your current quota. Please retry in 34.07s.",
     "RESOURCE_EXHAUSTED", 429), ModelRateLimited),
    ("llama.cpp long", 400, {"error": {"code": 400, "type": "exceed_context_size_error",
     "message": "the request exceeds the available context size. try increasing it",
     "n_prompt_tokens": 9000, "n_ctx": 4096}}, ModelContextTooLong),
    ("LM Studio long", 400, {"error": "Trying to keep the first 5000 tokens when context the "
     "overflows. However, the model is loaded with context length of only 4096 tokens"},
     ModelContextTooLong),
    ("vLLM long", 400, {"object": "error", "code": 400, "type": "BadRequestError", "message":
     "This model's maximum context length is 4096 tokens. However, you requested 5000"},
     ModelContextTooLong),
    ("mistral long", 400, {"object": "error", "type": "invalid_request_prompt", "message": "Prompt "
     "contains 40000 tokens, too large for model with 32768 maximum context length"},
     ModelContextTooLong),
    ("groq long", 400, openai("Please reduce the length of the messages or completion.", None),
     ModelContextTooLong),
    ("too large", 413, {"detail": "Request Entity Too Large"}, ModelContextTooLong),
    ("azure filter", 400, FILTERED, ModelRefused),
    ("moderation", 403, {"error": {"code": 403, "message": "Your input was flagged by moderation",
     "metadata": {"reasons": ["hate"]}}}, ModelRefused),
    ("quota", 429, openai("You exceeded your current quota, please check your plan and billing "
     "details.", "insufficient_quota", "insufficient_quota"), ModelUnavailable),
    ("deepseek balance", 402, openai("Insufficient Balance", "invalid_request_error",
     "unknown_error"), ModelUnavailable),
    ("openrouter credit", 402, {"error": {"code": 402, "message": "This request requires more "
     "credits"}}, ModelUnavailable),
    ("rate", 429, openai("Rate limit reached for gpt-5-mini.", "rate_limit_exceeded", "tokens"),
     ModelRateLimited),
    ("rate in words", 429, "Too many requests, slow down", ModelRateLimited),
    ("ollama model", 404, {"error": 'model "llama9" not found, try pulling it first'},
     ModelNotFound),
    ("groq gone", 400, openai("The model `x` has been decommissioned.", "model_decommissioned"),
     ModelNotFound),
    ("openrouter model", 400, {"error": {"code": 400, "message": "x/y is not a valid model ID"}},
     ModelNotFound),
    ("fastapi", 422, {"detail": [{"loc": ["body", "messages"], "msg": "field required"}]},
     ModelError),
    ("key in words", 401, {"detail": "Invalid API key"}, ModelAuthFailed),
    ("html", 502, "<html><body>Bad gateway</body></html>", ModelUnavailable),
    ("text", 503, "no healthy upstream", ModelUnavailable),
    ("empty", 500, "", ModelUnavailable),
    ("loading", 503, {"error": {"code": 503, "message": "Loading model", "type":
     "unavailable_error"}}, ModelUnavailable),
    ("nested", 400, {"error": {"code": 400, "message": "Provider returned error", "metadata":
     {"raw": '{"error":{"message":"prompt is too long: 9 tokens > 8"}}'}}}, ModelContextTooLong),
]  # fmt: skip


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize(
    ("status", "body", "kind"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
async def test_a_complaint_is_of_its_class_in_any_servers_words(
    status: int, body: Any, kind: type[ModelError], streamed: bool
) -> None:
    steps = answer(body.encode() if isinstance(body, str) else body, status)
    with pytest.raises(ModelError) as caught:
        await heard(COMPATIBLE, steps, streamed=streamed)
    assert type(caught.value) is kind, caught.value
    assert str(status) in str(caught.value)
    assert "<html" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [(c[1], c[3], json.dumps(c[2])) for c in CASES if isinstance(c[2], dict | list)],
)
async def test_a_complaint_keeps_the_vendors_words(
    status: int, kind: type[ModelError], said: str
) -> None:
    with pytest.raises(kind) as caught:
        await heard(CHAT, answer(said.encode(), status))
    words = [w for w in ("API key not valid", "exceeds", "filtered", "quota", "Balance", "msg",
             "length", "credits", "Rate limit", "decommissioned", "not found", "valid model",
             "Invalid API key", "Loading", "too large", "moderation", "overflows", "required",
             "Entity Too Large", "too long") if w in said]  # fmt: skip
    assert any(word in str(caught.value) for word in words), str(caught.value)


async def test_an_empty_account_is_not_waited_for_and_a_limit_is() -> None:
    for name, status, body, kind in CASES:
        if kind not in {ModelUnavailable, ModelRateLimited}:
            continue
        with pytest.raises(kind) as caught:
            await heard(
                COMPATIBLE, answer(body if not isinstance(body, str) else body.encode(), status)
            )
        spent = name in {"quota", "deepseek balance", "openrouter credit"}
        assert caught.value.retryable is not spent, name


def in_300_s(form: str) -> str:
    then = machine_time() + timedelta(seconds=300)
    forms = {
        "DATE": lambda: format_datetime(then, usegmt=True),
        "MOMENT": then.isoformat,
        "ZULU": lambda: then.isoformat().replace("+00:00", "Z"),
        "EPOCH": lambda: f"{then.timestamp():.0f}",
        "EPOCH MS": lambda: f"{then.timestamp() * 1000:.0f}",
    }
    return forms[form]() if form in forms else form


async def test_a_provider_that_is_down_says_until_when() -> None:
    for vendor, body, headers, wait_s in (
        (ANTHROPIC, {"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}},
         {"retry-after": "9"}, 9),
        (COMPATIBLE, {"error": "Model is currently loading", "estimated_time": 20.0}, {}, 20),
        (BEDROCK, {"message": "Try again"}, {"retry-after": "3"}, 3),
        (CHAT, "no healthy upstream", {}, None),
    ):  # fmt: skip
        sent = body if isinstance(body, dict) else body.encode()
        with pytest.raises(ModelUnavailable) as caught:
            await heard(vendor, answer(sent, 503, headers))
        assert caught.value.retry_after_s == wait_s, vendor.model


@pytest.mark.parametrize(
    ("headers", "body", "wait_s"),
    [
        ({"retry-after": "7"}, {}, 7),
        ({"retry-after": "1.5"}, {}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, {}, 0.25),
        ({"retry-after": "20s"}, {}, 20),
        ({"retry-after": "DATE"}, {}, 300),
        ({"retry-after": "MOMENT"}, {}, 300),
        ({"retry-after": "EPOCH"}, {}, 300),
        ({"retry-after": "7, 7"}, {}, 7),
        ({"retry-after": "7 seconds"}, {}, 7),
        ({"x-ms-retry-after-ms": "1500"}, {}, 1.5),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "EPOCH MS"}, {}, 300),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "40"}, {}, 40),
        ({"ratelimit": '"minute";r=0;t=30, "day";r=9;t=7000'}, {}, 30),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "30"}, {}, 30),
        ({"anthropic-ratelimit-input-tokens-remaining": "0",
          "anthropic-ratelimit-input-tokens-reset": "ZULU"}, {}, 300),
        ({}, {"error": {"message": "slow", "metadata": {"retry_after_seconds": 12}}}, 12),
        ({}, {"error": {"message": "slow", "retry_after_ms": 1500}}, 1.5),
        ({}, {"retryAfter": "12", "message": "slow"}, 12),
        ({}, {"error": {"message": "Wait 2 minutes and 5 seconds."}}, 125),
        ({}, {"error": {"message": "Request was throttled. Expected available in 5 seconds."}}, 5),
        ({}, {"error": {"message": "Too many requests in 60 s."}}, None),
        ({"retry-after": "soon"}, {}, None),
        ({"retry-after": "-3"}, {}, None),
        ({}, {"error": {"message": "Please try again in 6m0s."}}, 360),
        ({}, {"error": {"message": "Please try again in 20ms."}}, 0.02),
        ({}, {"error": {"message": "Rate limit. Retry after 20 seconds."}}, 20),
        ({}, {"error": {"message": "slow down", "metadata": {"retry_after": 3}}}, 3),
        ({}, google("Please retry.", "RESOURCE_EXHAUSTED", 429, {
            "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}), 34),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m2.5s",
          "x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "9h"}, {}, 62.5),
        ({"x-ratelimit-remaining-tokens": "7", "x-ratelimit-reset-tokens": "1m"}, {}, None),
    ],
)  # fmt: skip
async def test_a_pause_is_read_in_every_form(
    headers: dict[str, str], body: Any, wait_s: float | None
) -> None:
    sent = {k: in_300_s(v) for k, v in headers.items()}
    with pytest.raises(ModelRateLimited) as caught:
        await heard(COMPATIBLE, answer(body, 429, sent))
    assert caught.value.retry_after_s == pytest.approx(wait_s, abs=5 if wait_s == 300 else 1e-6)


@pytest.mark.parametrize(
    ("vendor", "status", "kind", "message", "wanted"),
    [
        (ANTHROPIC, 400, "invalid_request_error", "Your credit balance is low", ModelUnavailable),
        (ANTHROPIC, 529, "overloaded_error", "Overloaded", ModelUnavailable),
        (ANTHROPIC, 403, "permission_error", "Your API key may not", ModelAuthFailed),
        (BEDROCK, 400, "ValidationException", "The provided model identifier is invalid.",
         ModelNotFound),
        (BEDROCK, 404, "ResourceNotFoundException", "This model reached the end of its life.",
         ModelNotFound),
        (BEDROCK, 429, "ModelNotReadyException", "Model is not ready", ModelRateLimited),
        (BEDROCK, 424, "ModelErrorException", "The model failed", ModelUnavailable),
    ],
)  # fmt: skip
async def test_the_other_wires_complaints_are_read_too(
    vendor: Vendor, status: int, kind: str, message: str, wanted: type[ModelError]
) -> None:
    body: Any = {"type": "error", "error": {"type": kind, "message": message}}
    headers: dict[str, str] = {}
    if vendor is BEDROCK:
        body, headers = {"message": message}, {"x-amzn-ErrorType": kind}
    with pytest.raises(wanted) as caught:
        await heard(vendor, answer(body, status, headers))
    assert message.rstrip(".") in str(caught.value)


@pytest.mark.parametrize(
    ("name", "payload", "wanted"),
    [
        ("throttlingException", {"message": "Slow down"}, ModelRateLimited),
        ("modelStreamErrorException", {"message": "it broke", "originalStatusCode": 500},
         ModelUnavailable),
        ("validationException", {"message": "Input is too long for requested model."},
         ModelContextTooLong),
        ("validationException", {"message": "Malformed"}, ModelError),
        ("modelSleepingException", {"message": "zzz"}, ModelUnavailable),
    ],
)  # fmt: skip
async def test_an_exception_among_bedrocks_events_keeps_its_name(
    name: str, payload: dict[str, Any], wanted: type[ModelError]
) -> None:
    steps = chunked(frame(name, payload, "exception"), kind="application/vnd.amazon.eventstream")
    with pytest.raises(wanted) as caught:
        await heard(BEDROCK, steps, streamed=True)
    assert type(caught.value) is wanted
    assert name in str(caught.value)
    assert payload["message"].rstrip(".") in str(caught.value)
    assert caught.value.retryable is (wanted in {ModelRateLimited, ModelUnavailable})
