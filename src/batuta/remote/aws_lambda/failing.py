"""Whatever goes wrong between a caller and a function, as an error of our tree.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html and
.../dg/python-exceptions.html, read 2025-11.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from batuta.core.redaction import redacted, redacted_text
from batuta.errors import AgentUnreachable, BatutaError, DeadlineExceeded, RuntimeFailure

if TYPE_CHECKING:
    from batuta.remote.aws_lambda.functions import Answer, Function

_REFUSED = (
    *("AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException"),
    *("ExpiredTokenException", "IncompleteSignatureException", "MissingAuthenticationToken"),
    *("InvalidClientTokenId", "SignatureDoesNotMatch", "KMSAccessDeniedException"),
)
_UNSENT = ("ConnectTimeout", "EndpointConnection", "Credentials", "ProxyConnection", "SSL")
_NOT_FOR_US = ("RequestTooLargeException", "InvalidRequestContentException")
_TIMED_OUT = re.compile(r"Task timed out after ([\d.]+) seconds")
_DIED = ("Runtime.ExitError", "Sandbox.", "Extension.", "Runtime.Unknown")
_OTHER_VERSION = "Deploy the same version of batuta to both."


class Failure(NamedTuple):
    """What went wrong.

    Args:
        begun: Whether the function may have begun to work.
    """

    error: BatutaError
    begun: bool


def raised_by_aws() -> tuple[type[Exception], ...]:
    """Give what botocore and its HTTP library raise; all import when they are there."""
    from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
        BotoCoreError,
        ClientError,
    )
    from urllib3.exceptions import HTTPError

    return BotoCoreError, ClientError, HTTPError, OSError


def call_failed(agent: str, function: Function, raised: Exception) -> Failure:
    """Tell of a call that Lambda did not take, or whose answer did not come."""
    where = f"function {function}"
    response: Any = getattr(raised, "response", None) or {}
    answered: Any = response.get("Error", {})
    code = str(answered.get("Code", ""))
    said = redacted(str(answered.get("Message") or redacted_text(raised))).rstrip(".")
    if not code:
        unsent = any(word in type(raised).__name__ for word in _UNSENT)
        how = "cannot be reached" if unsent else "did not answer"
        return Failure(AgentUnreachable(agent, f"{where} {how}: {said}"), begun=not unsent)
    if code == "ResourceNotFoundException":
        mend = "Deploy it, or mend its address in [placement]"
        return Failure(RuntimeFailure(agent, f"there is no {where} ({said}). {mend}."), begun=False)
    if code in _REFUSED:
        mend = "Allow lambda:InvokeFunction on it, and check the credentials"
        detail = f"AWS refused to invoke {where} ({code}: {said}). {mend}."
        return Failure(RuntimeFailure(agent, detail), begun=False)
    if code in _NOT_FOR_US:
        return Failure(RuntimeFailure(agent, f"{where} cannot take it ({said})"), begun=False)
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    detail = f"{where} was not invoked ({code}: {said})"
    return Failure(AgentUnreachable(agent, detail), begun=status >= _SERVER_ERROR)


def function_failed(agent: str, function: Function, answer: Answer) -> BatutaError:
    """Tell of a function that Lambda ended, or that raised."""
    where = f"function {function}"
    try:
        raw: Any = json.loads(answer.body)
        kind, said = str(raw.get("errorType", "")), str(raw.get("errorMessage", ""))
    except (ValueError, AttributeError):
        kind, said = "", answer.body[:500].decode("utf-8", "replace")
    said = redacted(said)
    late = _TIMED_OUT.search(said)
    if late is not None:
        return DeadlineExceeded(f"Agent {agent} on {where}", float(late[1]))
    if kind.startswith(_DIED) or not kind:
        return AgentUnreachable(agent, f"{where} died at work ({kind or answer.error}: {said})")
    return RuntimeFailure(agent, f"{where} failed ({kind}: {said})")


def odd_answer(agent: str, function: Function, body: bytes) -> RuntimeFailure:
    """Tell of a function that answered with something else."""
    shown = redacted(body[:120].decode("utf-8", "replace"))
    return RuntimeFailure(
        agent, f"function {function} answered {shown!r}, not as an agent does. {_OTHER_VERSION}"
    )


_SERVER_ERROR = 500
