"""What goes wrong at DynamoDB, as our errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from batuta.aws.errors import AwsFailure, answer_of, aws_failure
from batuta.errors import (
    BatutaError,
    ConfigError,
    InvalidInput,
    Portable,
    StoreBusy,
    StoreUnreachable,
)

_PASSING = {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_BUSY = ("TransactionConflictException", "TransactionInProgressException")
_CREDENTIALS = (
    "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE or the machine's role, and that "
    "it may use the table."
)
_LAYOUT = ("does not match the schema", "does not have the specified index", "Key element")


class ConditionFailed(Exception):
    """A condition did not hold, and nothing was written.

    Args:
        item: What stands there, in DynamoDB's values; empty where nothing does, or it was not
            asked for.
    """

    def __init__(self, item: Mapping[str, Any]) -> None:
        self.item = item
        super().__init__("A condition did not hold.")


class TransactionCancelled(Portable, Exception):
    """A condition of a transaction did not hold, and nothing was written.

    Args:
        failed: Positions of the writes whose condition did not hold.
        items: What stands there, by position, where it was asked for.
    """

    def __init__(self, failed: Sequence[int], items: Mapping[int, Mapping[str, Any]]) -> None:
        self.failed, self.items = failed, items
        super().__init__("A condition of a transaction did not hold.")


def is_conflict(error: Exception) -> bool:
    """Tell whether others were at the same items, and nothing was done: worth another try."""
    code, reasons = code_of(error), _reasons(error)
    if code == "TransactionCanceledException":
        return bool(reasons) and {each.get("Code", "None") for each in reasons} <= _PASSING
    return code == "TransactionConflictException"


def raised(what: str, error: Exception, waited_s: float) -> Exception:
    """Give our error for one of botocore's, or the same one back where it is a fault of ours."""
    failure = aws_failure(error)
    if failure.code == "ConditionalCheckFailedException":
        return ConditionFailed(answer_of(error).get("Item", {}))
    if failure.code == "TransactionCanceledException":
        return _cancelled(what, error, waited_s)
    if failure.kind in ("throttled", "unavailable") or failure.code in _BUSY:
        return StoreBusy(what, waited_s)
    if failure.kind in ("unsent", "lost", "too_long"):
        return StoreUnreachable(what, waited_s, failure.said)
    return _refused(what, failure) or error


def code_of(error: Exception) -> str:
    """Give AWS's own code of an error; empty where AWS did not answer."""
    return aws_failure(error).code


def _refused(what: str, failure: AwsFailure) -> BatutaError | None:
    said = failure.said
    if failure.kind == "missing":
        mend = (
            "Make it with the Terraform root of the tables, or set table and [dynamodb] region to "
            "one that exists; `batuta standin --aws` has one for development."
        )
        return ConfigError(f"There is no {what}", mend)
    if failure.kind in ("denied", "unknown_caller"):
        return ConfigError(f"{what}: AWS refused ({failure.code}: {said})", _CREDENTIALS)
    if failure.kind != "rejected":
        return ConfigError(f"{what}: {said}", _CREDENTIALS)
    if failure.code == "ValidationException" and "tem size" in said:
        return InvalidInput(
            f"{what} takes items of 400 kB, and this is larger", "Start a new session, or say less."
        )
    if failure.code == "ValidationException" and any(sign in said for sign in _LAYOUT):
        mend = "Point to a table that was made for it: batuta.storage.dynamodb_table says how."
        return ConfigError(f"{what} is not laid out for batuta ({said})", mend)
    return None


def _cancelled(what: str, error: Exception, waited_s: float) -> Exception:
    reasons = _reasons(error)
    failed = [n for n, each in enumerate(reasons) if each.get("Code") == "ConditionalCheckFailed"]
    if failed:
        items = {n: reasons[n]["Item"] for n in failed if reasons[n].get("Item")}
        return TransactionCancelled(failed, items)
    if is_conflict(error):
        return StoreBusy(what, waited_s)
    said = "; ".join(str(each.get("Message", "")) for each in reasons if each.get("Message"))
    return _refused(what, AwsFailure("rejected", "ValidationException", said)) or error


def _reasons(error: Exception) -> list[dict[str, Any]]:
    return answer_of(error).get("CancellationReasons", [])
