"""Whatever goes wrong at AWS, as an error of our tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from urllib3.exceptions import HTTPError

from batuta.core.redaction import redacted, redacted_text
from batuta.core.wire import ReplyTooLong
from batuta.errors import (
    ModelAuthFailed,
    ModelCut,
    ModelError,
    ModelNotFound,
    ModelRateLimited,
    ModelReplyInvalid,
    ModelUnavailable,
)

_CREDENTIALS = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE,"
_ALLOW = (
    "Allow bedrock:InvokeAgent on the agent's alias to who asks here, and the agent's own role its "
    "model, to which the account needs access."
)
_NAME = "Set BATUTA_BEDROCK_AGENT to the AGENTID/ALIASID of one in this region."
_AUTH = ("unrecognizedclient", "invalidsignature", "expiredtoken", "invalidtoken")
_PASSING = ("internalserver", "badgateway", "serviceunavailable", "modelnotready", "conflict")


def raised_by_aws() -> tuple[type[Exception], ...]:
    """Give what botocore and its HTTP library raise."""
    return BotoCoreError, ClientError, HTTPError, ReplyTooLong


def failure_of(model: str, raised: Exception) -> ModelError:
    """Give our error for an exception, of the call or from the middle of its stream."""
    if isinstance(raised, ReplyTooLong):
        return ModelReplyInvalid(model, str(raised), mend="Raise reply_bytes.")
    if isinstance(raised, ClientError):  # EventStreamError is one
        return _of_code(model, raised)
    if isinstance(raised, NoCredentialsError | PartialCredentialsError):
        return ModelAuthFailed(model, redacted(str(raised)), variable=_CREDENTIALS)
    if isinstance(raised, HTTPError) and not _never_sent(raised):
        return ModelCut(model, f"the answer broke off ({redacted_text(raised)})", heard=False)
    return ModelUnavailable(model, f"no connection to AWS: {redacted_text(raised)}")


def _of_code(model: str, raised: Any) -> ModelError:
    response: Any = raised.response
    told_by_aws: dict[str, Any] = response.get("Error", {})
    code = str(told_by_aws.get("Code", "")).lower()
    said = redacted(str(told_by_aws.get("Message") or code or "no reason given")).rstrip(". ")
    if "throttling" in code or "quota" in code:
        return ModelRateLimited(model, None)
    if code.startswith("accessdenied"):
        return ModelAuthFailed(model, said, variable=_CREDENTIALS, mend=_ALLOW)
    if code.startswith(_AUTH):
        return ModelAuthFailed(model, said, variable=_CREDENTIALS)
    if code.startswith("resourcenotfound"):
        return ModelNotFound(model, detail=said, mend=_NAME)
    if code.startswith("dependencyfailed"):
        return ModelError(model, f"an action failed on Lambda: {said}")
    if code.startswith(_PASSING):
        return ModelUnavailable(model, said)
    return ModelError(model, f"rejected the request: {said}")


def _never_sent(raised: BaseException) -> bool:
    return any("Connect" in type(link).__name__ for link in _chain(raised))


def _chain(raised: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = raised
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__
