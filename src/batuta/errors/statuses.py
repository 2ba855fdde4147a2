"""The one table from every error to HTTP, gRPC and exit codes."""

from __future__ import annotations

from typing import NamedTuple

from batuta.errors import (
    AccessDenied,
    AgentNotFound,
    AgentUnreachable,
    AnswerNotKept,
    BatutaError,
    BudgetExceeded,
    ConfigError,
    Conflict,
    DeadlineExceeded,
    InboxFull,
    InvalidInput,
    LimitReached,
    MembersFailed,
    MessageStopped,
    ModelAuthFailed,
    ModelContextTooLong,
    ModelError,
    ModelNotFound,
    ModelRateLimited,
    ModelTimeout,
    ModelUnavailable,
    RecordNotFound,
    ReplayMismatch,
    RunInterrupted,
    RunTimeExceeded,
    RuntimeFailure,
    SessionError,
    StoreBusy,
    StoreUnusable,
    ToolError,
    ToolServerUnreachable,
)


class Status(NamedTuple):
    """One error class at every door: HTTP status, gRPC status name, process exit code."""

    http: int
    grpc: str
    exit: int


STATUS: dict[type[BatutaError], Status] = {
    InvalidInput: Status(422, "INVALID_ARGUMENT", 2),
    ConfigError: Status(500, "FAILED_PRECONDITION", 3),
    SessionError: Status(404, "NOT_FOUND", 4),
    RecordNotFound: Status(404, "NOT_FOUND", 4),
    AgentNotFound: Status(404, "NOT_FOUND", 4),
    MessageStopped: Status(422, "INVALID_ARGUMENT", 5),
    AccessDenied: Status(403, "PERMISSION_DENIED", 5),
    BudgetExceeded: Status(402, "RESOURCE_EXHAUSTED", 6),
    LimitReached: Status(429, "RESOURCE_EXHAUSTED", 6),
    InboxFull: Status(429, "RESOURCE_EXHAUSTED", 6),
    RunTimeExceeded: Status(504, "DEADLINE_EXCEEDED", 7),
    DeadlineExceeded: Status(504, "DEADLINE_EXCEEDED", 7),
    ModelTimeout: Status(504, "DEADLINE_EXCEEDED", 7),
    ModelRateLimited: Status(503, "UNAVAILABLE", 8),
    ModelUnavailable: Status(503, "UNAVAILABLE", 8),
    ModelAuthFailed: Status(502, "FAILED_PRECONDITION", 3),
    ModelNotFound: Status(502, "FAILED_PRECONDITION", 3),
    ModelContextTooLong: Status(502, "FAILED_PRECONDITION", 8),
    AgentUnreachable: Status(503, "UNAVAILABLE", 8),
    RunInterrupted: Status(503, "UNAVAILABLE", 8),
    StoreBusy: Status(503, "UNAVAILABLE", 8),
    AnswerNotKept: Status(503, "UNAVAILABLE", 8),
    StoreUnusable: Status(503, "UNAVAILABLE", 8),
    ModelError: Status(502, "UNAVAILABLE", 8),
    Conflict: Status(409, "ABORTED", 9),
    ToolServerUnreachable: Status(503, "UNAVAILABLE", 8),
    ToolError: Status(502, "INTERNAL", 10),
    MembersFailed: Status(502, "INTERNAL", 10),
    RuntimeFailure: Status(500, "INTERNAL", 10),
    ReplayMismatch: Status(500, "INTERNAL", 10),
    BatutaError: Status(500, "INTERNAL", 1),
}


def status_of(error: BaseException) -> Status:
    """Map an error to its codes by the nearest class in ``STATUS``; strangers count as internal."""
    for cls in type(error).__mro__:
        if cls in STATUS:
            return STATUS[cls]
    return STATUS[BatutaError]
