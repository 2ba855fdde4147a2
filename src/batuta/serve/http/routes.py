"""The addresses, what each answers, and how each is described."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from batuta.serve.http import chat, costs, facts, history, metrics, questions
from batuta.serve.http.door import KEY_HEADER, NOW_HEADER, caller_of
from batuta.serve.http.events import EVENT_STREAM
from batuta.serve.http.form import FORM, form_of_chat
from batuta.serve.http.schemas import (
    ChatRequest,
    Costs,
    Health,
    PersonAnswer,
    Problem,
    Questions,
    Ready,
    Reply,
    RunDetail,
    Runs,
    SessionDetail,
    Sessions,
    Styles,
)

Endpoint = Callable[..., Coroutine[Any, Any, Response]]
_MEANINGS = {
    400: "Not valid JSON, or a header that cannot be read",
    401: "No API key, or an unknown one",
    402: "The run's budget is used up",
    403: "The caller may not do this",
    404: "No such thing, or somebody else's",
    408: "The body did not arrive",
    409: "Changed by somebody else meanwhile",
    413: "The body is too large",
    415: "The body is declared neither as JSON nor as a form",
    422: "Empty, too long, or wrong fields",
    429: "Too many requests or runs; see Retry-After",
    500: "A fault of the server",
    502: "A model or tool failed",
    503: "The style, an agent or a model is not available",
    504: "The run or a model took too long",
}
_OF_CHAT = tuple(_MEANINGS)


_ONE_EVENT = {
    "type": "object",
    "description": "One server-sent event; its data is JSON.",
    "properties": {name: {"type": "string"} for name in ("event", "id", "data")},
    "required": ["event", "data"],
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One address.

    Args:
        answers: Shape of a good response; None for an empty one or a stream.
        problems: Statuses of the problems that it can answer with.
        streams: Whether a good response can be server-sent events.
        empty: What it means that there is no content; empty where there always is some.
        public: Answer callers without a key too.
        kind: How the framework calls the endpoint; None for its own way.
    """

    method: str
    path: str
    endpoint: Endpoint
    answers: type[BaseModel] | None = None
    problems: tuple[int, ...] = (401, 403, 429)
    status: int = 200
    streams: bool = False
    empty: str = ""
    takes: type[BaseModel] | None = None
    headers: tuple[tuple[str, str, str], ...] = ()
    public: bool = False
    kind: type[APIRoute] | None = None

    def add_to(self, app: FastAPI) -> None:
        """Register it."""
        said: dict[int | str, dict[str, Any]] = {
            status: {"model": Problem, "description": _MEANINGS[status]} for status in self.problems
        }
        if self.streams:
            described = {"schema": _ONE_EVENT}
            said[200] = {"description": "Done", "content": {EVENT_STREAM: described}}
        if self.empty:
            said[204] = {"description": self.empty}
        app.router.add_api_route(
            self.path,
            self.endpoint,
            methods=[self.method],
            status_code=self.status,
            response_model=self.answers,
            response_class=Response if self.answers is None else JSONResponse,
            responses=said,
            operation_id=self.endpoint.__name__,
            dependencies=[] if self.public else [Depends(caller_of)],
            openapi_extra=self._extra() or None,
            route_class_override=self.kind,
        )

    def _extra(self) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if self.takes is not None:
            schema = self.takes.model_json_schema()
            content: dict[str, Any] = {"application/json": {"schema": schema}}
            if self.takes is ChatRequest:
                content[FORM] = form_of_chat(schema)
            made["requestBody"] = {"required": True, "content": content}
        if self.headers:
            made["parameters"] = [
                {
                    "name": name,
                    "in": "header",
                    "description": told,
                    "schema": {"type": "string", "pattern": pattern},
                }
                for name, told, pattern in self.headers
            ]
        return made


class ChatRoute(APIRoute):
    """A route whose endpoint takes the request, its caller and parts of the path, as they are.

    To find that out by its signature each time takes the framework longer than the door's own work.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Give what calls the endpoint."""
        endpoint: Endpoint = self.endpoint

        async def handle(request: Request) -> Response:
            caller = await caller_of(request)
            return await endpoint(request, caller=caller, **request.path_params)

        return handle


def _chat(path: str, endpoint: Endpoint) -> Route:
    return Route(
        kind=ChatRoute,
        method="POST",
        path=path,
        endpoint=endpoint,
        answers=Reply,
        problems=_OF_CHAT,
        streams=True,
        takes=ChatRequest,
        headers=(
            (
                KEY_HEADER,
                "The same key again gives the same reply without running again.",
                "^[!-~]([ -~]{0,198}[!-~])?$",
            ),
            (
                NOW_HEADER,
                "What time it is, as 2019-03-01T06:00; in test mode only.",
                "^20[0-9]{2}-0[1-9]-[12][0-9]T[01][0-9]:[0-5][0-9]$",
            ),
        ),
    )


_HEALTH = Route(
    method="GET",
    path="/health",
    endpoint=facts.health,
    answers=Health,
    problems=(),
    public=True,
)
_READY = Route(
    method="GET",
    path="/health/ready",
    endpoint=facts.ready,
    answers=Ready,
    problems=(503,),
    public=True,
)
_CHAT = _chat("/chat", chat.chat)
_METRICS = Route(
    method="GET",
    path="/metrics",
    endpoint=metrics.read_metrics,
    problems=(403, 404),
    public=True,
)
ONE: tuple[Route, ...] = (_CHAT, _HEALTH, _READY, _METRICS)
ALL: tuple[Route, ...] = (
    *ONE,
    _chat("/styles/{style}/chat", chat.chat_in_style),
    Route(method="GET", path="/styles", endpoint=facts.list_styles, answers=Styles),
    Route(
        method="GET", path="/sessions", endpoint=history.list_sessions, answers=Sessions,
        problems=(401, 403, 422, 429),
    ),
    Route(
        method="GET", path="/sessions/{session_id}", endpoint=history.read_session,
        answers=SessionDetail, problems=(401, 403, 404, 422, 429),
    ),
    Route(
        method="DELETE", path="/sessions/{session_id}", endpoint=history.delete_session,
        status=204, problems=(401, 403, 404, 422, 429),
    ),
    Route(
        method="GET", path="/costs", endpoint=costs.list_costs, answers=Costs,
        problems=(401, 403, 422, 429),
    ),
    Route(
        method="GET", path="/runs", endpoint=history.list_runs, answers=Runs,
        problems=(401, 403, 422, 429),
    ),
    Route(
        method="GET", path="/runs/{run_id}", endpoint=history.read_run, answers=RunDetail,
        problems=(401, 403, 404, 422, 429),
    ),
    Route(
        method="GET", path="/runs/{run_id}/events", endpoint=history.run_events, streams=True,
        empty="Nothing is left to send",
        problems=(400, 401, 403, 404, 422, 429),
        headers=(("Last-Event-ID", "Begin after this event.", "^[0-9]{0,9}$"),),
    ),
    Route(method="GET", path="/questions", endpoint=questions.list_questions, answers=Questions),
    Route(
        method="POST", path="/runs/{run_id}/answer", endpoint=questions.answer_question, status=204,
        problems=(400, 401, 403, 404, 408, 413, 415, 422, 429), takes=PersonAnswer,
        empty="The run has its answer and goes on",
    ),
)  # fmt: skip
