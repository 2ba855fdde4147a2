"""The Lambda entry ``batuta.serve.aws_lambda.handler``: any App under any style.

Nothing is opened before the first event that needs it. An event is told by its shape; an HTTP API
sends payload format 2.0.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/
http-api-develop-integrations-lambda.html, read 2025-11.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from batuta.core.redaction import told
from batuta.errors import ConfigError, InvalidInput
from batuta.settings import Settings, read_settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

MARGIN_S = 1.0
"""Kept back of a function's time, for ending the run and writing its record."""

LARGEST_REPLY = 6 * 1_048_576 - 65_536
"""Bytes. Lambda itself lets 6 MB through; the rest is for the envelope.

Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, read 2025-11.
"""

Event = Mapping[str, Any]
_LOG = logging.getLogger(__name__)
_TEXT = ["text/", "application/json", "application/problem+json"]  # all else goes out as base64
_ODD = "Send it through an HTTP API with payload format 2.0."


class Context(Protocol):
    """What Lambda tells of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Give the milliseconds until the function is killed."""
        ...


class Kind(NamedTuple):
    """One kind of event.

    Args:
        fits: Tells it by its shape.
        answer: Answers it.
    """

    fits: Callable[[Event], bool]
    answer: Callable[[Event, Context], Any]


def handler(event: Event, context: Context) -> Any:
    """Answer one event.

    Raises:
        InvalidInput: The event is of no kind that is known here.
    """
    for kind in KINDS:
        if kind.fits(event):
            return kind.answer(event, context)
    raise InvalidInput(f"No event of a known shape; it has {', '.join(sorted(event)[:8])}", _ODD)


class HttpDoor:
    """The HTTP door on one event loop that lives as long as the process.

    Raises:
        ConfigError: A setting does not fit, or the style cannot run.
    """

    def __init__(self, settings: Settings) -> None:
        from mangum import Mangum

        from batuta.serve.authoriser import Authorised

        # Set as the thread's own: Mangum asks asyncio for it.
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        self._identity = Authorised()
        app: Any = _in_time(loop.run_until_complete(_opened(settings, self._identity)))
        # The lifespan would be run around every single event.
        self._adapter: Any = Mangum(app, lifespan="off", text_mime_types=_TEXT)

    def answer(self, event: Event, context: Context) -> Any:
        """Answer a request."""
        self._identity.take(event)
        reply = self._adapter(event, context)
        if len(reply.get("body") or "") > LARGEST_REPLY:
            return _problem("reply_too_large", "The answer is larger than Lambda can give back.")
        return reply


async def _opened(settings: Settings, identity: Any) -> ASGIApp:
    from batuta.serve.http import create_app
    from batuta.wiring import Assistants, open_app

    house = Assistants(await open_app(settings.app, settings), settings)
    return create_app(house, style=settings.style or None, identity=identity)


def _in_time(app: ASGIApp) -> ASGIApp:
    """Tell the door how long a run may take: what the function has left, less the margin."""

    async def timed(scope: Scope, receive: Receive, send: Send) -> None:
        context: Context = scope["aws.context"]
        scope["batuta.seconds"] = max(0.0, context.get_remaining_time_in_millis() / 1000 - MARGIN_S)
        await app(scope, receive, send)

    return timed


@cache
def _http() -> HttpDoor:
    return HttpDoor(read_settings())


def _answer_http(event: Event, context: Context) -> Any:
    try:
        door = _http()
    except ConfigError as error:
        _LOG.error("This function is set up wrongly: %s", told(error))
        return _problem("config", "This service is set up wrongly. Its log says how.")
    return door.answer(event, context)


def _problem(code: str, detail: str) -> dict[str, Any]:
    from batuta.serve.encoding import encoded
    from batuta.serve.problems import PROBLEM_JSON, document

    body = encoded(document(500, code, detail)).decode()
    return {"statusCode": 500, "headers": {"content-type": PROBLEM_JSON}, "body": body}


def _is_http(event: Event) -> bool:
    return event.get("version") == "2.0" and "http" in event.get("requestContext", {})


KINDS: tuple[Kind, ...] = (Kind(_is_http, _answer_http),)
"""The kinds of event, in the order in which they are looked for."""
