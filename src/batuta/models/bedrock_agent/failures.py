"""Whatever goes wrong at AWS, as an error of our tree."""

from __future__ import annotations

from batuta.aws.errors import AwsFailure, aws_failure
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


def failure_of(model: str, raised: Exception) -> ModelError:
    """Give our error for an exception, of the call or from the middle of its stream."""
    failure = aws_failure(raised)
    said = failure.said
    match failure.kind:
        case "throttled":
            return ModelRateLimited(model, None)
        case "denied":
            return ModelAuthFailed(model, said, variable=_CREDENTIALS, mend=_ALLOW)
        case "unknown_caller" | "no_credentials":
            return ModelAuthFailed(model, said, variable=_CREDENTIALS)
        case "missing":
            return ModelNotFound(model, detail=said, mend=_NAME)
        case "unavailable" | "rejected":
            return _not_done(model, failure)
        case "too_long":
            return ModelReplyInvalid(model, said, mend="Raise reply_bytes.")
        case "lost":
            return ModelCut(model, f"the answer broke off ({said})", heard=False)
        case _:
            return ModelUnavailable(model, f"no connection to AWS: {said}")


def _not_done(model: str, failure: AwsFailure) -> ModelError:
    if failure.kind == "unavailable":
        return ModelUnavailable(model, failure.said)
    if failure.code.lower().startswith("dependencyfailed"):
        return ModelError(model, f"an action failed on Lambda: {failure.said}")
    return ModelError(model, f"rejected the request: {failure.said}")
