"""Every error of the package, in one tree.

BatutaError
├── ConfigError            something is set wrongly or missing; says what to set
├── InvalidInput           what the user sent cannot be taken: empty, too long, not text
│   └── RequestKeyReused   the key of a request was used for another one
├── Conflict               the thing changed under the caller's feet
│   └── RequestTakenOver   another process works on the request by now
├── AnswerNotKept          the run has ended, what it did stands, its record is not kept
├── LimitReached           a door's limit: rate, concurrent runs; retryable
├── ModelError             the model did not give a usable reply
│   ├── ModelTimeout       retryable
│   ├── ModelRateLimited   retryable, with ``retry_after_s``
│   ├── ModelUnavailable   down, overloaded or out of reach; mostly retryable
│   ├── ModelCut           the reply broke off; retryable, what was heard is void then
│   ├── ModelRefused       final
│   ├── ModelReplyInvalid  the reply does not fit what was asked for
│   ├── ModelAuthFailed    final; says which variable to set
│   ├── ModelNotFound      final: no such model there
│   └── ModelContextTooLong  final: the conversation is longer than the model can read
├── ToolError              a tool did not do its work
│   ├── ToolRetry          the model may mend its arguments and call again
│   └── ToolFailed         final for this call
│       ├── EffectUnknown  it writes, and nobody knows whether it did
│       └── ToolServerUnreachable  an MCP server does not answer; retryable
├── BudgetExceeded         a limit of the run, with kind, limit, used and whose
│   └── RunTimeExceeded    its time is up
├── DeadlineExceeded       the run took longer than it may
├── RuntimeFailure         an agent could not be reached or run
│   ├── AgentNotFound
│   ├── AgentUnreachable   retryable
│   │   └── AgentNotReady  not started, stopped, or not able to answer now
│   ├── AgentFailed        an agent raised something that is no BatutaError
│   ├── MessageStopped     a check let a message, or an answer, go no further
│   ├── EmptyAnswer        an agent answered with neither text nor data
│   ├── MembersFailed      too few members of a composition answered; tells of each
│   ├── RunInterrupted     its process ends; the durable run goes on at the next start
│   └── InboxFull          retryable
├── ReplayMismatch         a replayed run asks for what its recording does not hold
├── SessionError           no such session for this principal
├── RecordNotFound         no such run record for this principal
├── StoreBusy              a database was locked or throttled for too long; retryable
│   └── StoreUnreachable   a database elsewhere does not answer; retryable
├── StoreUnusable          a database is gone, damaged or full; nothing was confirmed
└── AccessDenied           the principal may not do this

Each error builds its message from typed fields, says what to do next, and knows whether trying the
same thing again can help (``retryable``). Wrong arguments from a programmer are ``ValueError`` or
``TypeError``, as everywhere in Python. ``statuses`` maps every class to HTTP, gRPC and exit codes.
What is missing because an extra is not installed is made by ``missing_extra``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batuta.errors.effects import (
    AnswerNotKept,
    EffectUnknown,
    RequestKeyReused,
    RequestTakenOver,
)
from batuta.errors.models import (
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
from batuta.errors.root import (
    BatutaError,
    ConfigError,
    Conflict,
    InvalidInput,
    LimitReached,
    Portable,
    RemoteCause,
    causes,
    classes_in,
    described,
    members_of,
    message_of,
    notes_of,
    sole,
    with_rest,
)
from batuta.errors.runs import (
    AgentFailed,
    AgentNotFound,
    AgentNotReady,
    AgentUnreachable,
    BudgetExceeded,
    DeadlineExceeded,
    EmptyAnswer,
    InboxFull,
    MembersFailed,
    MessageStopped,
    ReplayMismatch,
    RunInterrupted,
    RunTimeExceeded,
    RuntimeFailure,
    ToolError,
    ToolFailed,
    ToolRetry,
    ToolServerUnreachable,
)
from batuta.errors.storage import (
    AccessDenied,
    RecordNotFound,
    SessionError,
    StoreBusy,
    StoreUnreachable,
    StoreUnusable,
)

if TYPE_CHECKING:
    from batuta.errors.installation import (
        DISTRIBUTION,
        called,
        checkout_folder,
        extras_named,
        install_command,
        missing_extra,
        package_command,
    )

__all__ = [
    "DISTRIBUTION",
    "AccessDenied",
    "AgentFailed",
    "AgentNotFound",
    "AgentNotReady",
    "AgentUnreachable",
    "AnswerNotKept",
    "BatutaError",
    "BudgetExceeded",
    "ConfigError",
    "Conflict",
    "DeadlineExceeded",
    "EffectUnknown",
    "EmptyAnswer",
    "InboxFull",
    "InvalidInput",
    "LimitReached",
    "MembersFailed",
    "MessageStopped",
    "ModelAuthFailed",
    "ModelContextTooLong",
    "ModelCut",
    "ModelError",
    "ModelNotFound",
    "ModelRateLimited",
    "ModelRefused",
    "ModelReplyInvalid",
    "ModelTimeout",
    "ModelUnavailable",
    "Portable",
    "RecordNotFound",
    "RemoteCause",
    "ReplayMismatch",
    "RequestKeyReused",
    "RequestTakenOver",
    "RunInterrupted",
    "RunTimeExceeded",
    "RuntimeFailure",
    "SessionError",
    "StoreBusy",
    "StoreUnreachable",
    "StoreUnusable",
    "ToolError",
    "ToolFailed",
    "ToolRetry",
    "ToolServerUnreachable",
    "called",
    "causes",
    "checkout_folder",
    "classes_in",
    "described",
    "extras_named",
    "install_command",
    "members_of",
    "message_of",
    "missing_extra",
    "notes_of",
    "package_command",
    "sole",
    "with_rest",
]


def __getattr__(name: str) -> Any:
    """Give what is of the installation, which nobody asks for while nothing is missing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from batuta.errors import installation

    return getattr(installation, name)
