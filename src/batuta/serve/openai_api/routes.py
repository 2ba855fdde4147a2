"""The addresses below ``/v1``, and what each answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route, Router

from batuta.core.principal import Principal
from batuta.errors import BatutaError
from batuta.serve.http.body import read_json
from batuta.serve.http.door import Door, door_of
from batuta.serve.http.encoding import encoded, shortened
from batuta.serve.http.problems import Refused
from batuta.serve.openai_api.asked import PREFIX, Asked, body_of, text_field
from batuta.serve.openai_api.bookmarks import Bookmarks
from batuta.serve.openai_api.callers import front_end_caller
from batuta.serve.openai_api.completions import Completion, read_completion
from batuta.serve.openai_api.conversations import Conversations
from batuta.serve.openai_api.exchange import ApiExchange, Told
from batuta.serve.openai_api.problems import answer_for, refuse
from batuta.serve.openai_api.responses import (
    ResponseFormat,
    kept_of,
    read_response,
    response_id,
    said_again,
)
from batuta.serve.openai_api.threads import ThreadFinder, conversation_id

_Handler = Callable[[Request, Door, Principal], Awaitable[Response]]
PATH = "/v1"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_TASK_HEADERS = ("x-batuta-task", "x-openwebui-task")


def _json(body: Mapping[str, Any]) -> Response:
    return Response(encoded(body), 200, None, "application/json")


def _route(path: str, handler: _Handler, method: str = "GET") -> Route:
    async def handle(request: Request) -> Response:
        try:
            caller = await front_end_caller(request)
            return await handler(request, door_of(request), caller)
        except (BatutaError, HTTPException) as error:
            return answer_for(error, request)

    return Route(path, handle, methods=[method])


def _threads(request: Request, caller: Principal) -> ThreadFinder:
    return ThreadFinder(
        door=door_of(request), principal=caller, marks=request.app.state.openai.marks
    )


async def _body(request: Request, door: Door) -> dict[str, Any]:
    settings = door.house.settings
    most, within_s = max(settings.api_body_bytes, settings.body_bytes), settings.body_seconds
    attached = settings.attachment_bytes * 4 // 3
    return body_of(await read_json(request, most, within_s, attached_bytes=attached))


def _models(door: Door, created: int = 0) -> dict[str, dict[str, Any]]:
    there = door.house.cast.styles if door.alone is None else {door.alone.key: door.alone}
    return {
        f"{PREFIX}{key}": {
            "id": f"{PREFIX}{key}",
            "object": "model",
            "created": created,
            "owned_by": "batuta",
            "name": f"{each.style.label} · {each.style.name}" if len(key) == 1 else each.style.name,
        }
        for key, each in there.items()
        if not each.missing()
    }


async def _list_models(request: Request, door: Door, _: Principal) -> Response:
    there = _models(door, request.app.state.openai.created)
    return _json({"object": "list", "data": list(there.values())})


async def _read_model(request: Request, door: Door, _: Principal) -> Response:
    name, there = request.path_params["model"], _models(door, request.app.state.openai.created)
    found = there.get(f"{PREFIX}{_key(name)}")
    if found is None:
        raise _no_model(name, there)
    return _json(found)


def _key(name: str) -> str:
    return name.strip().lower().removeprefix(PREFIX)


def _no_model(name: str, there: Mapping[str, Any]) -> Refused:
    said = f"There is no model {shortened(name, 60)!r} here. Models: {', '.join(there)}."
    return Refused(404, "model_not_found", said, param="model")


def _style(body: Mapping[str, Any], door: Door) -> str:
    name = text_field(body, "model")
    if not name:
        refuse("Name a model: GET /v1/models lists them.", param="model", code="missing_model")
    try:
        return door.choose(_key(name))
    except Refused as error:
        if error.status_code == 404:
            raise _no_model(name, _models(door)) from None
        raise


def _is_task(request: Request, asked: Asked) -> bool:
    told = any(request.headers.get(name, "").strip() for name in _TASK_HEADERS)
    return told or asked.is_task


async def _complete(request: Request, door: Door, caller: Principal) -> Response:
    body = await _body(request, door)
    asked = read_completion(body, style=_style(body, door), settable=door.house.settings.settable)
    threads = _threads(request, caller)
    exchange = ApiExchange(
        door=door,
        caller=caller,
        asked=asked,
        threads=threads,
        form=Completion(asked, threads.now()),
        task=_is_task(request, asked),
    )
    return await exchange.respond(request)


async def _create_response(request: Request, door: Door, caller: Principal) -> Response:
    body = await _body(request, door)
    asked = read_response(body, style=_style(body, door), settable=door.house.settings.settable)
    threads = _threads(request, caller)
    created = threads.now()
    conversation = conversation_id(body)

    async def keep(told: Told) -> None:
        if body.get("store") is False:
            return
        held = kept_of(asked, told, created=created, conversation=conversation)
        name = f"response/{response_id(told.record.run_id)}"
        await threads.marks.keep(caller.id, name, held)

    exchange = ApiExchange(
        door=door,
        caller=caller,
        asked=asked,
        threads=threads,
        form=ResponseFormat(asked, created, conversation),
        keep=keep,
        task=_is_task(request, asked),
    )
    return await exchange.respond(request)


async def _read_kept(request: Request, door: Door, caller: Principal) -> Response:
    name = request.path_params["response"]
    held = await _threads(request, caller).marks.find(caller.id, f"response/{name}")
    if held is None:
        raise _no_response(name)
    record = await door.house.records.load(held["run_id"], caller.id)
    told = Told(record=record, content=held["content"], usage=record.usage)
    return _json(said_again(held, told))


async def _drop_kept(request: Request, _: Door, caller: Principal) -> Response:
    name = request.path_params["response"]
    if not await _threads(request, caller).marks.drop(caller.id, f"response/{name}"):
        raise _no_response(name)
    return _json({"id": name, "object": "response", "deleted": True})


def _no_response(name: str) -> Refused:
    said = f"There is no response {shortened(name, 80)}."
    return Refused(404, "not_found", said, param="response_id")


_Said = Callable[[Conversations, Request, dict[str, Any]], Awaitable[dict[str, Any]]]


async def _conversation(
    request: Request, door: Door, caller: Principal, *, work: _Said
) -> Response:
    body = await _body(request, door) if request.method == "POST" else {}
    conversations = Conversations(threads=_threads(request, caller))
    return _json(await work(conversations, request, body))


def _of_conversation(path: str, work: _Said, method: str = "GET") -> Route:
    return _route(path, partial(_conversation, work=work), method)


def _id(request: Request) -> str:
    return request.path_params["conversation"]


_ONE = "/conversations/{conversation}"
_ITEM = f"{_ONE}/items/{{item}}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """What the door holds while it is open.

    Args:
        created: When, in whole seconds: what its models tell of themselves.
    """

    marks: Bookmarks
    created: int


async def _nowhere(request: Request) -> Response:
    return answer_for(HTTPException(404), request)


def routes() -> Mount:
    """Make them; what is at no address here has an error of this door's shape too."""
    there = [
        _route("/chat/completions", _complete, "POST"),
        _route("/models", _list_models),
        _route("/models/{model:path}", _read_model),
        _route("/responses", _create_response, "POST"),
        _route("/responses/{response}", _read_kept),
        _route("/responses/{response}", _drop_kept, "DELETE"),
        _of_conversation("/conversations", lambda c, _, body: c.make(body), "POST"),
        _of_conversation(_ONE, lambda c, request, _: c.show(_id(request))),
        _of_conversation(_ONE, lambda c, request, body: c.change(_id(request), body), "POST"),
        _of_conversation(_ONE, lambda c, request, _: c.forget(_id(request)), "DELETE"),
        _of_conversation(f"{_ONE}/items", lambda c, request, _: c.items(_id(request), request)),
        _of_conversation(
            f"{_ONE}/items", lambda c, request, body: c.add(_id(request), body), "POST"
        ),
        _of_conversation(_ITEM, lambda c, r, _: c.item(_id(r), r.path_params["item"])),
        _of_conversation(_ITEM, lambda c, r, _: c.remove(_id(r), r.path_params["item"]), "DELETE"),
        Route("/{path:path}", _nowhere, methods=_METHODS),
    ]
    return Mount(PATH, app=Router(there, redirect_slashes=False))
