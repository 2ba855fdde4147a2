"""What can go wrong with a call to a model, and when it does."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What can go wrong with one call."""

    TIMEOUT = "timeout"
    RATE_LIMIT = "rate limit"
    CUT = "cut mid-stream"
    BAD_ARGUMENTS = "malformed arguments"
    UNKNOWN_TOOL = "unknown tool"
    INVENTED_ID = "invented id"
    WRONG_TYPE = "wrong type"
    EMPTY = "empty reply"
    ENDLESS = "endless tool calls"
    REFUSAL = "refusal"
    NONSENSE = "nonsense"


@dataclass(frozen=True, kw_only=True, slots=True)
class Inject:
    """When a fault happens, among the calls that it can happen to.

    Malformed arguments, an unknown tool and an invented id can happen where the reply calls a tool;
    a wrong type where a structured reply was asked for; endless calls where tools were given.

    Args:
        rate: Share of the calls, from 0 to 1.
        calls: Numbers of the calls, from 1, among those that it can happen to.
        most: How often at most; None for no end.
        retry_after_s: Of a rate limit.
        made_up: The id to invent; empty takes one like those in the conversation.
    """

    fault: Fault
    rate: float = 0.0
    calls: Collection[int] = ()
    most: int | None = None
    retry_after_s: float | None = 1.0
    made_up: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise ValueError("Inject rate must be from 0 to 1.")


@dataclass(frozen=True, slots=True)
class Injected:
    """One fault that happened.

    Args:
        call: Number of the call, from 1, in the order of asking.
        detail: What was changed, such as the id that was made up.
    """

    call: int
    fault: Fault
    detail: str = ""
