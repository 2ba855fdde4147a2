"""Whatever goes wrong between a caller and a function, as an error of our tree.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html and
.../dg/python-exceptions.html, read 2025-11.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from batuta.aws.errors import aws_failure
from batuta.core.redaction import redacted
from batuta.errors import AgentUnreachable, BatutaError, DeadlineExceeded, RuntimeFailure

if TYPE_CHECKING:
    from batuta.remote.aws_lambda.functions import Function, FunctionAnswer

_NOT_FOR_US = ("RequestTooLargeException", "InvalidRequestContentException")
_TIMED_OUT = re.compile(r"Task timed out after ([\d.]+) seconds")
_DIED = ("Runtime.ExitError", "Sandbox.", "Extension.", "Runtime.Unknown")
_OTHER_VERSION = "Deploy the same version of batuta to both."


class CallFailure(NamedTuple):
    """What went wrong.

    Args:
        begun: Whether the function may have begun to work.
    """

    error: BatutaError
    begun: bool


def call_failed(agent: str, function: Function, raised: Exception) -> CallFailure:
    """Tell of a call that Lambda did not take, or whose answer did not come."""
    where, failure = f"function {function}", aws_failure(raised)
    code, said = failure.code, failure.said
    match failure.kind:
        case "unsent" | "no_credentials" | "no_region":
            error = AgentUnreachable(agent, f"{where} cannot be reached: {said}")
            return CallFailure(error, begun=False)
        case "lost" | "misused":
            return CallFailure(
                AgentUnreachable(agent, f"{where} did not answer: {said}"), begun=True
            )
        case "too_long":
            mend = "Raise call_bytes, or let it say less"
            return CallFailure(RuntimeFailure(agent, f"{where}: {said}. {mend}."), begun=True)
        case "missing":
            mend = "Deploy it, or mend its address in [placement]"
            error = RuntimeFailure(agent, f"there is no {where} ({said}). {mend}.")
        case "denied" | "unknown_caller":
            mend = "Allow lambda:InvokeFunction on it, and check the credentials"
            detail = f"AWS refused to invoke {where} ({code}: {said}). {mend}."
            error = RuntimeFailure(agent, detail)
        case _ if code in _NOT_FOR_US:
            error = RuntimeFailure(agent, f"{where} cannot take it ({said})")
        case _:
            error = AgentUnreachable(agent, f"{where} was not invoked ({code}: {said})")
            return CallFailure(error, begun=(failure.status or _SERVER_ERROR) >= _SERVER_ERROR)
    return CallFailure(error, begun=False)


def function_failed(agent: str, function: Function, answer: FunctionAnswer) -> BatutaError:
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
