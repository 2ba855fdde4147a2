"""Errors of the served model in each vendor's shape."""

from __future__ import annotations

from typing import Any

import pytest

from batuta.errors import (
    AccessDenied,
    BatutaError,
    BudgetExceeded,
    ConfigError,
    DeadlineExceeded,
    InvalidInput,
    ModelAuthFailed,
    ModelContextTooLong,
    ModelError,
    ModelNotFound,
    ModelRateLimited,
    ModelReplyInvalid,
    ModelTimeout,
    ModelUnavailable,
    ReplayMismatch,
)
from batuta.standin import anthropic_messages, bedrock_converse, openai_chat
from batuta.standin.failures import failure_of
from batuta.standin.formats import WireReply
from tests.contract.vendor_wire import check_openai_schema, check_type

ERRORS: tuple[BatutaError, ...] = (
    ModelRateLimited("m", 2.5),
    BudgetExceeded("tokens", limit=1, used=2, whose="me"),
    ModelTimeout("m", 3),
    DeadlineExceeded("me", 3),
    ModelError("m", "is down"),
    ModelReplyInvalid("m", "says nothing"),
    InvalidInput("It is empty", "Fill it"),
    ConfigError("No key", "Set one"),
    AccessDenied("me", "ask"),
    ReplayMismatch("me", "differs"),
    ModelUnavailable("m", "is overloaded"),
    ModelAuthFailed("m", "wrong key", variable="KEY"),
    ModelNotFound("m"),
    ModelContextTooLong("m"),
)
OPENAI = (429, 429, 408, 408, 503, 500, 400, 401, 403, 500, 503, 401, 404, 400)
ANTHROPIC = (429, 429, 504, 504, 529, 500, 400, 401, 403, 500, 529, 401, 404, 400)
BEDROCK = (429, 429, 408, 408, 503, 424, 400, 403, 403, 500, 503, 403, 404, 400)


def _ids(error: Any) -> str:
    return type(error).__name__ if isinstance(error, BatutaError) else str(error)


@pytest.mark.parametrize(("error", "status"), list(zip(ERRORS, OPENAI, strict=True)), ids=_ids)
def test_openai(error: BatutaError, status: int) -> None:
    answer = openai_chat.FORMAT.fail(failure_of(error))

    assert answer.status == status
    assert answer.body["error"]["message"] == str(error)
    check_openai_schema("ErrorResponse", answer.body)


@pytest.mark.parametrize(("error", "status"), list(zip(ERRORS, ANTHROPIC, strict=True)), ids=_ids)
def test_anthropic(error: BatutaError, status: int) -> None:
    from anthropic.types.shared import ErrorObject, ErrorResponse

    answer = anthropic_messages.FORMAT.fail(failure_of(error))

    assert answer.status == status
    assert answer.body["error"]["message"].endswith(str(error))
    check_type(ErrorResponse, answer.body)
    check_type(ErrorObject, answer.body["error"])


@pytest.mark.parametrize(("error", "status"), list(zip(ERRORS, BEDROCK, strict=True)), ids=_ids)
def test_bedrock(error: BatutaError, status: int) -> None:
    answer = bedrock_converse.FORMAT.fail(failure_of(error))

    assert answer.status == status
    assert answer.body["message"].endswith(str(error))
    assert answer.headers["x-amzn-errortype"].endswith("Exception")


@pytest.mark.parametrize("module", [openai_chat, anthropic_messages, bedrock_converse])
def test_rate_limit_says_when_to_come_back(module: Any) -> None:
    def limited(retry_after_s: float | None) -> WireReply:
        return module.FORMAT.fail(failure_of(ModelRateLimited("m", retry_after_s)))

    assert limited(2.5).headers["retry-after"] == "2.5"
    assert limited(30).headers["retry-after"] == "30"
    assert "retry-after" not in limited(None).headers


def test_a_conversation_that_is_too_long_is_said_as_each_vendor_says_it() -> None:
    def body(module: Any) -> Any:
        return module.FORMAT.fail(failure_of(ModelContextTooLong("m"))).body

    assert body(openai_chat)["error"]["code"] == "context_length_exceeded"
    assert body(anthropic_messages)["error"]["message"].startswith("prompt is too long")
    assert body(bedrock_converse)["message"].startswith("Input is too long")
