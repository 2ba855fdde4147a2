"""What goes wrong at servers of Chat Completions, in each one's shape and words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from batuta.standin.failures import FailureKind, Rejected, WireFailure, invalid
from batuta.standin.formats import Json, WireReply
from batuta.standin.json_node import array_in, object_in
from batuta.standin.openai_shapes import fail
from batuta.standin.thoughts import signature_of

if TYPE_CHECKING:
    from batuta.core.model import ModelReply
    from batuta.standin.habits import Habits

_GOOGLE: Mapping[FailureKind, str] = {
    "invalid": "INVALID_ARGUMENT", "too_long": "INVALID_ARGUMENT", "auth": "INVALID_ARGUMENT",
    "permission": "PERMISSION_DENIED", "not_found": "NOT_FOUND",
    "rate_limited": "RESOURCE_EXHAUSTED", "quota": "RESOURCE_EXHAUSTED",
    "timeout": "DEADLINE_EXCEEDED", "overloaded": "UNAVAILABLE",
}  # fmt: skip
_FILTERED = (
    "The response was filtered due to the prompt triggering Azure OpenAI's content management "
    "policy. Please modify your prompt and retry."
)
_NO_SIGNATURE = (
    "Function call is missing a thought_signature in functionCall parts. This is required for "
    "tools to work correctly, and missing thought_signature may lead to degraded model performance."
)
_NO_THOUGHTS = (
    "The `reasoning_content` in the thinking mode must be passed back to the API with every "
    "message that has tool calls."
)
_RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"


def failing(habits: Habits) -> Callable[[WireFailure], WireReply]:
    """Give what puts a failure into a server's shape."""
    shape = _SHAPES[habits.complaints]

    def shaped(failure: WireFailure) -> WireReply:
        if failure.kind == "too_long":
            failure = replace(failure, message=habits.too_long)
        return shape(failure)

    return shaped


def _by_code(failure: WireFailure) -> WireReply:
    """Name a failure by a number, as vLLM and llama.cpp do."""
    status, headers, _ = fail(failure)
    kinds = {"too_long": "exceed_context_size_error", "auth": "authentication_error"}
    kind = kinds.get(failure.kind, "invalid_request_error" if status < 500 else "server_error")
    error = {"code": status, "message": failure.message, "type": kind, "param": failure.where}
    return WireReply(status, headers, {"error": error})


def _listed(failure: WireFailure) -> WireReply:
    """Put a failure into a list, as Google does; when to come back stands in its details."""
    status = 400 if failure.kind == "auth" else fail(failure).status
    message = failure.message
    if failure.kind == "auth":
        message = "API key not valid. Please pass a valid API key."
    error: dict[str, Any] = {
        "code": status, "message": message, "status": _GOOGLE.get(failure.kind, "INTERNAL"),
    }  # fmt: skip
    if failure.retry_after_s is not None:
        wait = {"@type": _RETRY_INFO, "retryDelay": f"{failure.retry_after_s:g}s"}
        error["details"] = [wait]
    return WireReply(status, {}, cast("Json", [{"error": error}]))


def _as_text(failure: WireFailure) -> WireReply:
    """Say it in a text alone; an address that is not there is HTTP 200."""
    status, headers, _ = fail(failure)
    if failure.message.startswith("Invalid URL"):
        said = failure.message.removeprefix("Invalid URL ")
        return WireReply(200, headers, {"error": f"Unexpected endpoint or method. {said}"})
    return WireReply(status, headers, {"error": failure.message})


def _of_azure(failure: WireFailure) -> WireReply:
    """Name a failure by a number as text; a prompt that was filtered has more to say."""
    status, headers, body = fail(failure)
    if failure.kind == "refused":
        inner = {
            "code": "ResponsibleAIPolicyViolation",
            "content_filter_result": {"violence": {"filtered": True, "severity": "medium"}},
        }
        error = {
            "message": _FILTERED, "type": None, "param": "prompt", "code": "content_filter",
            "status": 400, "innererror": inner,
        }  # fmt: skip
        return WireReply(400, headers, {"error": error})
    if failure.kind == "rate_limited":
        wait_s = 6 if failure.retry_after_s is None else failure.retry_after_s
        said = (
            "Requests to the ChatCompletions_Create Operation have exceeded call rate limit of "
            f"your pricing tier. Please retry after {wait_s:g} seconds."
        )
        return WireReply(status, headers, {"error": {"code": "429", "message": said}})
    return WireReply(status, headers, body)


def _inside(failure: WireFailure) -> WireReply:
    """Put an upstream's failure into HTTP 200, with its own words; the caller's own is none."""
    status, _, _ = fail(failure)
    error: dict[str, Any] = {"code": status, "message": failure.message}
    if failure.kind in {"rate_limited", "overloaded", "timeout", "bad_reply", "internal"}:
        raw = json.dumps({"error": {"message": failure.message}})
        metadata: dict[str, Any] = {"raw": raw, "provider_name": "Stand-in"}
        if failure.retry_after_s is not None:
            metadata["retry_after"] = failure.retry_after_s
        error |= {"message": "Provider returned error", "metadata": metadata}
        status = 200
    return WireReply(status, {}, {"error": error, "user_id": "user_stand_in"})


_SHAPES: Mapping[str, Callable[[WireFailure], WireReply]] = {
    "openai": fail,
    "code": _by_code,
    "list": _listed,
    "text": _as_text,
    "azure": _of_azure,
    "inside": _inside,
}


def filtered(habits: Habits, reply: ModelReply, *, begun: bool = False) -> None:
    """Turn a refusal away as a prompt's filter does, where a server has one.

    Raises:
        Rejected: It does.
    """
    if habits.filters and reply.stop_reason == "refused" and not begun:
        raise Rejected(WireFailure("refused", _FILTERED))


def check_back(habits: Habits) -> Callable[[Json], None]:
    """Give what looks for the parts that a server wants back with the calls of a turn."""

    def check(raw: Json) -> None:
        for message in _this_turn(raw):
            if habits.wants_thoughts and not message.get("reasoning_content"):
                raise invalid(_NO_THOUGHTS)
            if habits.signs_calls:
                _check_signature(message)

    return check


def _check_signature(message: Mapping[str, Any]) -> None:
    call = object_in((array_in(message.get("tool_calls")) or [None])[0]) or {}
    held = object_in((object_in(call.get("extra_content")) or {}).get("google")) or {}
    function = object_in(call.get("function")) or {}
    arguments = json.dumps(json.loads(str(function.get("arguments") or "{}")), sort_keys=True)
    if held.get("thought_signature") != signature_of(f"{function.get('name')} {arguments}"):
        raise invalid(_NO_SIGNATURE)


def _this_turn(raw: Json) -> list[Mapping[str, Any]]:
    """Give the messages with calls since the user last said something."""
    made: list[Mapping[str, Any]] = []
    for value in array_in(raw.get("messages")) or []:
        message = object_in(value) or {}
        if message.get("role") == "user":
            made.clear()
        elif message.get("tool_calls"):
            made.append(message)
    return made
