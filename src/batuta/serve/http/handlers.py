"""What the web framework calls where a request went wrong: every error becomes a problem."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route

from batuta.errors import BatutaError
from batuta.serve.http.problems import Answer, Refused, document, field_errors, problem_of

_NOTHING: Mapping[str, str] = {}
_METHOD_NOT_ALLOWED = 405
_OF_HTTP = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
}


def install(app: FastAPI) -> None:
    """Let the app answer every error as a problem."""
    app.exception_handler(BatutaError)(_on_error)
    app.exception_handler(HTTPException)(_on_http)
    app.exception_handler(RequestValidationError)(_on_parameters)


async def _on_error(_: Request, error: BatutaError) -> Response:
    return problem_of(error).response()


async def _on_http(request: Request, error: HTTPException) -> Response:
    if isinstance(error, Refused):
        return error.answer().response()
    code, detail = _OF_HTTP.get(error.status_code, ("http_error", str(error.detail)))
    body = document(error.status_code, code, detail)
    headers = dict(error.headers or _NOTHING)
    if error.status_code == _METHOD_NOT_ALLOWED:  # starlette names those of one route alone
        headers["Allow"] = ", ".join(sorted(_methods_at(request)))
    return Answer(error.status_code, body, headers).response()


def _methods_at(request: Request) -> set[str]:
    """Give the methods of every route at a request's address."""
    at = [
        route
        for route in request.app.routes
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE
    ]
    return {method for route in at for method in route.methods or ()}


async def _on_parameters(_: Request, error: RequestValidationError) -> Response:
    faults = field_errors(error.errors())
    said = "; ".join(f"{fault['field']}: {fault['problem']}" for fault in faults)
    return Answer(422, document(422, "invalid_input", f"{said}.", errors=faults)).response()
