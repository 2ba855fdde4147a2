from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from batuta import errors
from batuta.errors import BatutaError
from batuta.errors.statuses import STATUS, Status, status_of

SAMPLES: list[BatutaError] = [
    errors.ConfigError("No key", "Set one."),
    errors.InvalidInput("Empty", "Say something."),
    errors.Conflict("Session 's'"),
    errors.LimitReached("runs", limit=2, retry_after_s=1),
    errors.ModelError("m", "broken", mend="Mend it."),
    errors.ModelTimeout("m", 30),
    errors.ModelRateLimited("m", 2.5),
    errors.ModelRateLimited("m"),
    errors.ModelRefused("m"),
    errors.ModelReplyInvalid("m", "no JSON"),
    errors.ToolError("t", "odd"),
    errors.ToolRetry("t", "no such day", ("day",)),
    errors.ToolFailed("t", "full"),
    errors.BudgetExceeded("tokens", limit=10, used=9, whose="run"),
    errors.BudgetExceeded("cost_usd", limit=10, used=None, whose="run"),
    errors.DeadlineExceeded("run", 5),
    errors.RuntimeFailure("a", "broke"),
    errors.AgentNotFound("a", ("b",)),
    errors.AgentUnreachable("a", "no answer"),
    errors.AgentFailed("a", "ValueError: oh"),
    errors.RunInterrupted("a", "run_1"),
    errors.InboxFull("a", 100),
    errors.ReplayMismatch("a", "another question"),
    errors.SessionError("s"),
    errors.RecordNotFound("r"),
    errors.AccessDenied("ana", "book"),
    errors.StoreBusy("Database", 10),
    errors.StoreUnreachable("Table t", 10, "connection refused"),
    errors.StoreUnusable("Database", "is gone", "Put it back."),
    errors.ModelUnavailable("m", "HTTP 503"),
    errors.ModelCut("m", heard=True),
    errors.ModelAuthFailed("m", "the key is not valid", variable="KEY"),
    errors.ModelNotFound("m", "n"),
    errors.ModelContextTooLong("m"),
    errors.EmptyAnswer("a"),
    errors.EffectUnknown("pay", "no answer"),
    errors.ToolServerUnreachable("weather", "cannot be reached", "Start it."),
    errors.RequestKeyReused(),
    errors.RequestTakenOver(),
    errors.AnswerNotKept("locked", ({"tool": "pay"},)),
    errors.MembersFailed("team", "all 2 members failed", (("a", "broke"), ("b", "refused"))),
    errors.RunTimeExceeded("seconds", limit=5, used=5.1, whose="run"),
    errors.AgentNotReady("a", "has not been started"),
    errors.MessageStopped("a", "no_insults", on="answer", reason="It insults."),
]
ALL = [
    cls
    for _, cls in inspect.getmembers(errors, inspect.isclass)
    if issubclass(cls, BatutaError) and cls is not BatutaError
]
RETRYABLE = {
    "Conflict", "LimitReached", "ModelTimeout", "ModelRateLimited", "ToolRetry",
    "AgentUnreachable", "InboxFull", "StoreBusy", "StoreUnreachable", "ModelUnavailable",
    "ModelCut", "RequestTakenOver", "AnswerNotKept", "ToolServerUnreachable", "AgentNotReady",
}  # fmt: skip


def test_every_error_stands_in_the_tree_of_the_docstring() -> None:
    drawn = re.findall(r"^[│├└─ ]+(\w+)", errors.__doc__ or "", re.MULTILINE)
    assert sorted(drawn) == sorted(cls.__name__ for cls in ALL)


def test_every_error_has_a_sample_here() -> None:
    assert {type(e) for e in SAMPLES} == set(ALL)


@pytest.mark.parametrize("error", SAMPLES, ids=lambda e: type(e).__name__)
def test_an_error_says_what_happened_has_a_code_and_knows_of_retry(error: BatutaError) -> None:
    assert len(str(error)) > 5
    assert re.fullmatch(r"[a-z_]+", error.code)
    assert error.retryable is (type(error).__name__ in RETRYABLE)


def test_codes_are_different() -> None:
    codes = [cls.code for cls in ALL]
    assert len(set(codes)) == len(codes)


def test_fields_are_typed_and_kept() -> None:
    budget: Any = SAMPLES[13]
    assert (budget.kind, budget.limit, budget.used, budget.whose) == ("tokens", 10, 9, "run")
    assert str(budget).startswith(
        "Budget of run exceeded: it may use 10 tokens, 9 used or reserved."
    )
    assert "an unknown amount" in str(SAMPLES[14])
    retry: Any = SAMPLES[11]
    assert (retry.tool, retry.detail, retry.arguments) == ("t", "no such day", ("day",))


@pytest.mark.parametrize("error", SAMPLES, ids=lambda e: type(e).__name__)
def test_every_error_has_a_status_at_every_door(error: BatutaError) -> None:
    status = status_of(error)
    assert 400 <= status.http < 600
    assert status.grpc.isupper()
    assert 1 <= status.exit < 64


@pytest.mark.parametrize(
    ("error", "http", "exit_code"),
    [
        (errors.InvalidInput("a", "b"), 422, 2),
        (errors.SessionError("s"), 404, 4),
        (errors.AccessDenied("a", "b"), 403, 5),
        (errors.ModelRefused("m"), 502, 8),
        (errors.ModelTimeout("m", 1), 504, 7),
        (errors.ToolFailed("t", "x"), 502, 10),
        (errors.AgentFailed("a", "x"), 500, 10),
        (ValueError("a stranger"), 500, 1),
        (KeyboardInterrupt(), 500, 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_nearest_class_decides(error: BaseException, http: int, exit_code: int) -> None:
    status = status_of(error)
    assert (status.http, status.exit) == (http, exit_code)


def test_an_error_of_ones_own_takes_its_parents_status() -> None:
    class Late(errors.ToolFailed):
        """Mine."""

    assert status_of(Late("t", "x")) == STATUS[errors.ToolError]
    assert STATUS[BatutaError] == Status(500, "INTERNAL", 1)
