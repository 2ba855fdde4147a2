"""The addresses of all vendors on one port, as an ASGI application."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from batuta.core.wire import STAND_IN_HEADER
from batuta.standin import (
    anthropic_messages,
    bedrock_converse,
    openai_chat,
    openai_responses,
)
from batuta.standin.compatible_chat import format_of, model_card
from batuta.standin.embeddings import bedrock_embeddings, openai_embeddings
from batuta.standin.endpoint import Endpoint, ServedModel, check_caller, no_model
from batuta.standin.failures import Rejected, WireFailure
from batuta.standin.formats import WireFormat
from batuta.standin.frames import json_bytes
from batuta.standin.habits import Habits

_CREATED = 1_735_689_600  # the first second of 2025: a stand-in was never released
_CREATED_AT = "2025-01-01T00:00:00Z"
_LOG = logging.getLogger(__name__)


def create_app(house: ServedModel, more: Mapping[str, ASGIApp] | None = None) -> Starlette:
    """Make the application that serves the house's model.

    Args:
        more: Other stand-ins, by the path that is posted to.
    """
    listed = house.wire.models or (house.model.name,)
    chat = openai_chat.FORMAT if house.habits is None else format_of(house.habits)

    async def list_models(request: Request) -> Response:
        return _told(house, request, lambda form: _models(form, listed, house.habits))

    async def read_model(request: Request) -> Response:
        name = str(request.path_params["model"])
        if house.wire.models and name not in house.wire.models:
            return _failed(request, no_model(name))
        return _told(house, request, lambda form: _model(form, name, house.habits))

    app = Starlette(
        routes=[
            _post("/v1/chat/completions", chat, house),
            _post("/v1/responses", openai_responses.FORMAT, house),
            _post("/v1/messages", anthropic_messages.FORMAT, house),
            Route("/v1/embeddings", openai_embeddings(house), methods=["POST"]),
            Route("/model/{model:path}/invoke", bedrock_embeddings(house), methods=["POST"]),
            _post("/model/{model:path}/{how}", bedrock_converse.FORMAT, house),
            *(Route(path, _Neighbour(app), methods=["POST"]) for path, app in (more or {}).items()),
            Route("/v1/models", list_models, methods=["GET"]),
            Route("/v1/models/{model:path}", read_model, methods=["GET"]),
        ],
        exception_handlers={HTTPException: _on_http, Exception: _on_crash},
    )
    app.state.chat = chat
    return app


class _Neighbour:
    """Another stand-in's door: for clients that mean this machine, as with every other."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            check_caller(request.headers, None)
        except Rejected as error:
            await _failed(request, error.failure)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _post(path: str, form: WireFormat, house: ServedModel) -> Route:
    return Route(path, Endpoint(form, house), methods=["POST"])


def _format(request: Request) -> WireFormat:
    """Tell the vendor by what its clients always send."""
    if "anthropic-version" in request.headers or request.url.path == "/v1/messages":
        return anthropic_messages.FORMAT
    if request.url.path.startswith("/model/") or "x-amz-date" in request.headers:
        return bedrock_converse.FORMAT
    chat: WireFormat = request.app.state.chat
    return chat


def _told(house: ServedModel, request: Request, make: Callable[[WireFormat], Any]) -> Response:
    exchange = house.remember(request.scope)
    form = _format(request)
    try:
        check_caller(request.headers, house.wire.key)
    except Rejected as error:
        return _failed(request, error.failure)
    exchange.status, exchange.ended = 200, "whole"
    return _response(form, 200, make(form))


def _models(form: WireFormat, names: tuple[str, ...], habits: Habits | None) -> Any:
    data = [_model(form, name, habits) for name in names]
    if form is anthropic_messages.FORMAT:
        return {"data": data, "has_more": False, "first_id": names[0], "last_id": names[-1]}
    return {"object": "list", "data": data}


def _model(form: WireFormat, name: str, habits: Habits | None) -> Any:
    if form is anthropic_messages.FORMAT:
        return {
            "type": "model",
            "id": name,
            "display_name": f"{name} (Batuta stand-in)",
            "created_at": _CREATED_AT,
            "lifecycle": "active",
        }
    if habits is not None:
        return model_card(habits, name)
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "batuta-stand-in"}


def _response(form: WireFormat, status: int, body: Any, **headers: str) -> Response:
    every = {**form.headers(), STAND_IN_HEADER: "true", **headers}
    return Response(json_bytes(body), status, every, "application/json")


def _failed(request: Request, failure: WireFailure) -> Response:
    form = _format(request)
    status, headers, body = form.fail(failure)
    return _response(form, status, body, **headers)


async def _on_http(request: Request, error: Exception) -> Response:
    said = f"Invalid URL ({request.method} {request.url.path})"
    kind = "method" if isinstance(error, HTTPException) and error.status_code == 405 else None
    return _failed(request, WireFailure(kind or "not_found", said))


async def _on_crash(request: Request, error: Exception) -> Response:
    _LOG.error("The stand-in's model raised what no model should", exc_info=error)
    return _failed(request, WireFailure("internal", "The server had an error. Its log says what."))
