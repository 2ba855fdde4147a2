"""Every refusal and failure in one shape: problem+json, as RFC 9457 has it.

Errors of the package get their status from ``errors.STATUS``; what only HTTP knows (a body that is
no JSON, an address that does not exist) is a ``Refused`` with a status of its own.

Source: RFC 9457, July 2023.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from batuta.errors import AnswerNotKept, BatutaError
from batuta.errors.public import (
    PUBLIC,
    error_class,
    public_message,
    public_text,
    without_internals,
)
from batuta.errors.statuses import STATUS, status_of
from batuta.serve.http.encoding import encoded, shortened

PROBLEM_JSON = "application/problem+json"
_NOTHING: Mapping[str, str] = {}
# What errors of the package hold beside their message and may be shown as fields of the problem.
_SHOWN = (str, int, float, bool)
_TAKEN = {"type", "title", "status", "detail", "code", "mend", "in_hand"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body, whether it goes out as a response or closes a stream."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @property
    def good(self) -> bool:
        """Whether it is no problem."""
        return self.status < 400

    def response(self) -> Response:
        """Make the response."""
        kind = "application/json" if self.good else PROBLEM_JSON
        return Response(encoded(self.body), self.status, dict(self.headers), kind)


class Refused(HTTPException):
    """A request that HTTP itself has something against.

    Args:
        code: Short and stable, for programs.
        detail: What is wrong and what to do, for people.
        more: Further fields of the problem.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        self.code, self.more = code, more
        super().__init__(status, detail, headers)

    def answer(self) -> Answer:
        """Make the problem."""
        body = document(self.status_code, self.code, self.detail, **self.more)
        return Answer(self.status_code, body, self.headers or _NOTHING)


def document(status: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    """Make a problem's body; no text in it is longer than a person would read."""
    fields = {k: shortened(v) if isinstance(v, str) else v for k, v in more.items()}
    return {
        "type": f"urn:batuta:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": shortened(detail, 600),
        "code": code,
        **fields,
    }


def problem_of(error: BatutaError, **more: Any) -> Answer:
    """Make the problem of an error, with the error's own fields."""
    worded = public_text(error)
    own = {
        name: value
        for name, value in vars(error).items()
        if isinstance(value, _SHOWN) and name not in _TAKEN and _may_be_shown(error, value)
    }
    status = status_of(error).http
    wait_s = getattr(error, "retry_after_s", None)
    headers = {} if wait_s is None else {"Retry-After": str(max(1, math.ceil(wait_s)))}
    made: dict[str, Any] = {"retryable": error.retryable, **own, **more}
    if isinstance(error, AnswerNotKept):
        made["effects"] = list(error.effects)
    return Answer(status, document(status, error.code, worded, **made), headers)


def problem_of_code(code: str, message: str, **more: Any) -> Answer:
    """Make the problem of an error that is only known by its code, as in a kept record."""
    found = error_class(code)
    status = next(STATUS[c] for c in found.__mro__ if c in STATUS).http
    made = {"retryable": found.retryable, **more}
    return Answer(status, document(status, code, public_message(found, message), **made))


def _may_be_shown(error: BatutaError, value: object) -> bool:
    """Tell whether a field of an error is for users."""
    if not isinstance(value, str):
        return True
    return not any(c in PUBLIC for c in type(error).__mro__) and without_internals(value) == value


def field_errors(errors: Any) -> list[dict[str, str]]:
    """Say what is wrong with each field, without giving back what was sent in it."""
    return [
        {
            "field": shortened(".".join(map(str, fault["loc"])) or "body", 60),
            "problem": shortened(str(fault["msg"]), 200),
        }
        for fault in list(errors)[:10]
    ]
