"""Errors in OpenAI's shape, from the same answers and by the same table as the HTTP door's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Never

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from batuta.errors import BatutaError
from batuta.serve.http.encoding import encoded, shortened
from batuta.serve.http.problems import Answer, Refused, document, problem_of

_KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_CODES = {"unauthenticated": "invalid_api_key", "unknown_style": "model_not_found"}
_MOST_RETRY_S = 120
_SERVER = 500
_TOLD = {"type", "title", "status", "detail", "code", "param"}


def refuse(
    what: str, *, param: str | None, code: str = "invalid_value", status: int = 400
) -> Never:
    """Refuse a request, naming the field at fault.

    Raises:
        Refused: Always.
    """
    raise Refused(status, code, what, param=param)


def error_body(answer: Answer) -> dict[str, Any]:
    """Put a problem into OpenAI's shape; what that has no place for stands under ``batuta``."""
    body, status = answer.body, answer.status
    kind = _KINDS.get(status, "server_error" if status >= _SERVER else "invalid_request_error")
    code = str(body.get("code", "error"))
    error = {
        "message": body.get("detail", ""),
        "type": kind,
        "param": body.get("param"),
        "code": _CODES.get(code, code),
    }
    rest = {name: value for name, value in body.items() if name not in _TOLD}
    return {"error": {**error, "batuta": rest} if rest else error}


def error_response(answer: Answer, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with an error.

    Clients of this kind send a request again by themselves; where the run has done something, they
    are told not to.
    """
    made = {**answer.headers, **(headers or {})}
    if "Retry-After" in made:
        made["Retry-After"] = str(min(_MOST_RETRY_S, int(made["Retry-After"])))
    if answer.body.get("effects"):
        made["x-should-retry"] = "false"
    if run_id := answer.body.get("run_id"):
        made["x-request-id"] = run_id
    return Response(encoded(error_body(answer)), answer.status, made, "application/json")


def answer_for(error: BatutaError | HTTPException, request: Request) -> Response:
    """Answer for an error of the package, a refusal, or an address or method that is not there."""
    if isinstance(error, BatutaError):
        return error_response(problem_of(error))
    if isinstance(error, Refused):
        return error_response(error.answer())
    status = error.status_code
    said = f"Unknown request URL: {request.method} {shortened(request.url.path)}."
    return error_response(Answer(status, document(status, "unknown_url", said)))
