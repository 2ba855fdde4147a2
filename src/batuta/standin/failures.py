"""What can go wrong, in no vendor's words yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from batuta.errors import (
    AccessDenied,
    BatutaError,
    BudgetExceeded,
    ConfigError,
    DeadlineExceeded,
    InvalidInput,
    LimitReached,
    ModelAuthFailed,
    ModelContextTooLong,
    ModelError,
    ModelNotFound,
    ModelRateLimited,
    ModelReplyInvalid,
    ModelTimeout,
    Portable,
)

FailureKind = Literal[
    "invalid",
    "refused",
    "auth",
    "permission",
    "not_found",
    "method",
    "too_large",
    "too_long",
    "rate_limited",
    "quota",
    "timeout",
    "overloaded",
    "bad_reply",
    "internal",
]


@dataclass(frozen=True, slots=True)
class WireFailure:
    """One failure, for a vendor's format to put into its own shape.

    Args:
        where: The field at fault, as ``messages[0].content``; None where there is none.
        retry_after_s: None where nothing is known.
    """

    kind: FailureKind
    message: str
    where: str | None = None
    retry_after_s: float | None = None

    def headers(self) -> dict[str, str]:
        """Give the header that says when to try again; none where that is not known."""
        return {} if self.retry_after_s is None else {"retry-after": f"{self.retry_after_s:g}"}


class Rejected(Portable, Exception):
    """A request that the stand-in turns away, as the vendor would; never leaves the package."""

    def __init__(self, failure: WireFailure) -> None:
        self.failure = failure
        super().__init__(failure.message)


def invalid(message: str, where: str | None = None) -> Rejected:
    """Make the rejection of a request that says something wrong."""
    return Rejected(WireFailure("invalid", message, where))


_KINDS: tuple[tuple[type[BatutaError], FailureKind], ...] = (
    (ModelRateLimited, "rate_limited"),
    (LimitReached, "rate_limited"),
    (BudgetExceeded, "quota"),
    (ModelTimeout, "timeout"),
    (DeadlineExceeded, "timeout"),
    (ModelReplyInvalid, "bad_reply"),
    (ModelAuthFailed, "auth"),
    (ModelNotFound, "not_found"),
    (ModelContextTooLong, "too_long"),
    (ModelError, "overloaded"),
    (InvalidInput, "invalid"),
    (ConfigError, "auth"),
    (AccessDenied, "permission"),
)


def failure_of(error: BatutaError) -> WireFailure:
    """Say what an error of the served model is on the wire; the first fitting row counts.

    A refusal is none of them: vendors answer 200 and say so in the reply.
    """
    kinds: list[FailureKind] = [kind for cls, kind in _KINDS if isinstance(error, cls)]
    return WireFailure(
        kinds[0] if kinds else "internal",
        str(error),
        retry_after_s=getattr(error, "retry_after_s", None),
    )
