"""What was done, or may have been done, although the answer is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from batuta.errors.root import BatutaError, Conflict, InvalidInput
from batuta.errors.runs import ToolFailed


class EffectUnknown(ToolFailed):
    """A writing tool was begun, and nobody knows whether it did its work.

    Args:
        plain: What went wrong, as the tool said it.
    """

    code = "effect_unknown"

    def __init__(self, tool: str, plain: str) -> None:
        self.plain = plain
        super().__init__(tool, f"{plain.rstrip('. ')}. Whether it was done is not known.")


class RequestKeyReused(InvalidInput):
    """The caller's key of a request stands for another request."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for another request", "Use a new one.")


class RequestTakenOver(Conflict):
    """Another process works on the request by now, so that this one may begin nothing more."""

    code = "request_taken_over"

    def __init__(self) -> None:
        super().__init__("This request")
        begun = "Another process has taken this request over, so this one began nothing more."
        self.args = (f"{begun} Send it again with the same key to have its answer.",)


class AnswerNotKept(BatutaError):
    """The run has ended, but its answer could not be kept; ``done`` says what stands.

    Args:
        why: Code of the error that kept it from being written.
        effects: What it did, as the record would have told it.
    """

    retryable = True
    code = "answer_not_kept"

    def __init__(self, why: str, effects: tuple[Mapping[str, Any], ...] = ()) -> None:
        self.why, self.effects = why, effects
        super().__init__("The run has ended, but its answer could not be kept.")
