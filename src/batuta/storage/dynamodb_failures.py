"""What boto3's client raises, as our errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own, and what it calls it
    HTTPClientError,
    NoRegionError,
    WaiterError,
)

from batuta.core.redaction import redacted_text
from batuta.errors import BatutaError, ConfigError, InvalidInput, StoreBusy, StoreUnreachable

_PASSING = {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_BUSY = {
    *("ProvisionedThroughputExceededException", "ThrottlingException", "Throttling"),
    *("RequestLimitExceeded", "LimitExceededException", "TransactionConflictException"),
    *("TransactionInProgressException", "InternalServerError", "InternalFailure"),
    *("ServiceUnavailable", "ServiceUnavailableException", "500", "502", "503", "504"),
}
_REFUSED = {
    *("AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException"),
    *("IncompleteSignatureException", "MissingAuthenticationTokenException"),
    *("ExpiredTokenException", "InvalidClientTokenId", "SignatureDoesNotMatch"),
}
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


class TransactionCancelled(Exception):
    """A condition of a transaction did not hold, and nothing was written.

    Args:
        failed: Positions of the writes whose condition did not hold.
        items: What stands there, by position, where it was asked for.
    """

    def __init__(self, failed: Sequence[int], items: Mapping[int, Mapping[str, Any]]) -> None:
        self.failed, self.items = failed, items
        super().__init__("A condition of a transaction did not hold.")


def is_conflict(error: BotoCoreError | ClientError) -> bool:
    """Tell whether others were at the same items, and nothing was done: worth another try."""
    code, reasons = code_of(error), _reasons(error)
    if code == "TransactionCanceledException":
        return bool(reasons) and {each.get("Code", "None") for each in reasons} <= _PASSING
    return code == "TransactionConflictException"


def raised(what: str, error: BotoCoreError | ClientError, waited_s: float) -> Exception:
    """Give our error for one of boto3's, or the same one back where it is a fault of ours."""
    if isinstance(error, ClientError):
        return _answered(what, error, waited_s)
    if isinstance(error, HTTPClientError | ConnectionError | WaiterError):
        return StoreUnreachable(what, waited_s, redacted_text(error).rstrip("."))
    if isinstance(error, NoRegionError):
        mend = "Set AWS_REGION, or region in [dynamodb]."
        return ConfigError(f"{what}: no AWS region is set", mend)
    return ConfigError(f"{what}: {redacted_text(error).rstrip('.')}", _CREDENTIALS)


def code_of(error: BotoCoreError | ClientError) -> str:
    """Give AWS's own code of an error; empty where AWS did not answer."""
    return str(_response(error).get("Error", {}).get("Code", ""))


def _answered(what: str, error: ClientError, waited_s: float) -> Exception:
    code, said = code_of(error), str(_response(error).get("Error", {}).get("Message", ""))
    if code == "ConditionalCheckFailedException":
        return ConditionFailed(_response(error).get("Item", {}))
    if code == "TransactionCanceledException":
        return _cancelled(what, error, waited_s)
    if code in _BUSY:
        return StoreBusy(what, waited_s)
    return _refused(what, code, said) or error


def _refused(what: str, code: str, said: str) -> BatutaError | None:
    if code == "ResourceNotFoundException":
        mend = (
            "Make it with the Terraform root of the tables, or set table and [dynamodb] region to "
            "one that exists; `batuta standin --aws` has one for development."
        )
        return ConfigError(f"There is no {what}", mend)
    if code in _REFUSED:
        return ConfigError(f"{what}: AWS refused ({code}: {said.rstrip('.')})", _CREDENTIALS)
    if code == "ValidationException" and "tem size" in said:
        return InvalidInput(
            f"{what} takes items of 400 kB, and this is larger", "Start a new session, or say less."
        )
    if code == "ValidationException" and any(sign in said for sign in _LAYOUT):
        mend = "Point to a table that was made for it: batuta.storage.dynamodb_table says how."
        return ConfigError(f"{what} is not laid out for batuta ({said.rstrip('.')})", mend)
    return None


def _cancelled(what: str, error: ClientError, waited_s: float) -> Exception:
    reasons = _reasons(error)
    failed = [n for n, each in enumerate(reasons) if each.get("Code") == "ConditionalCheckFailed"]
    if failed:
        items = {n: reasons[n]["Item"] for n in failed if reasons[n].get("Item")}
        return TransactionCancelled(failed, items)
    if is_conflict(error):
        return StoreBusy(what, waited_s)
    said = "; ".join(str(each.get("Message", "")) for each in reasons if each.get("Message"))
    return _refused(what, "ValidationException", said) or error


def _response(error: BotoCoreError | ClientError) -> dict[str, Any]:
    return getattr(error, "response", None) or {}  # botocore sets it to None where none came


def _reasons(error: BotoCoreError | ClientError) -> list[dict[str, Any]]:
    return _response(error).get("CancellationReasons", [])
