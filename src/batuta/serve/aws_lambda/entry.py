"""The Lambda entry ``batuta.serve.aws_lambda.handler``: any App under any style.

Nothing is opened before the first event that needs it. An event is told by its shape: an HTTP API
sends payload format 2.0, a caller of ours asks for an agent, a Bedrock Agent for an action.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/
http-api-develop-integrations-lambda.html, read 2025-11.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from batuta.core.redaction import redacted_text
from batuta.errors import ConfigError, InvalidInput
from batuta.serve.aws_lambda.process_context import Context, Event, House, house, seconds_left
from batuta.wiring.telemetry import flush_telemetry

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

TELEMETRY_S = 0.45
"""Longest that a reply waits for what it tells of its run elsewhere; 0.5 s with all around it."""
LARGEST_REPLY = 6 * 1_048_576 - 65_536
"""Bytes. Lambda itself lets 6 MB through; the rest is for the envelope.

Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, read 2025-11.
"""

_LOG = logging.getLogger(__name__)
_TEXT = ["text/", "application/json", "application/problem+json"]  # all else goes out as base64
_TOO_LONG = (
    "The answer is larger than Lambda can give back. What was done stays done, and the run's "
    "record has the answer. Ask for less."
)
_OF_HTTP = ("method", "path", "sourceIp")
_ODD = "Send it through an HTTP API with payload format 2.0."


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
    given: Any = event  # whatever was sent, not only what the type promises
    if not isinstance(given, Mapping):
        raise InvalidInput(f"No event of a known shape, but {type(given).__name__}", _ODD)
    for kind in KINDS:
        if kind.fits(event):
            try:
                return kind.answer(event, context)
            finally:
                flush_telemetry(TELEMETRY_S)  # nothing runs between two events
    names = ", ".join(sorted(event)[:8]) or "nothing"
    raise InvalidInput(f"No event of a known shape; it has {names}", _ODD)


class HttpDoor:
    """The HTTP door on the process's event loop.

    Raises:
        ConfigError: The style cannot run.
    """

    def __init__(self, here: House) -> None:
        from mangum import Mangum

        from batuta.serve.aws_lambda.authoriser import Authorised

        self._identity = Authorised()
        app: Any = _in_time(here.run(_opened(here, self._identity)))
        # The lifespan would be run around every single event.
        self._adapter: Any = Mangum(app, lifespan="off", text_mime_types=_TEXT)

    def answer(self, event: Event, context: Context) -> Any:
        """Answer a request."""
        self._identity.take(event)
        reply = self._adapter(event, context)
        # As it is sent: in JSON, where a quote takes two bytes more and another alphabet up to six.
        if len(json.dumps(reply)) > LARGEST_REPLY:
            return _problem("reply_too_large", _TOO_LONG)
        return reply


async def _opened(here: House, identity: Any) -> ASGIApp:
    from batuta.serve.aws_lambda.usage import MeteredRuns
    from batuta.serve.http.app import create_app
    from batuta.wiring import Assistants

    assistants: Any = Assistants(here.app, here.settings)
    assistants.records = MeteredRuns(assistants.records, here.function)
    return create_app(assistants, style=here.settings.style or None, identity=identity)


def _in_time(app: ASGIApp) -> ASGIApp:
    """Tell the door how long a run may take: what the function has left, less the margin."""

    async def timed(scope: Scope, receive: Receive, send: Send) -> None:
        scope["batuta.seconds"] = seconds_left(scope["aws.context"])
        await app(scope, receive, send)

    return timed


@cache
def _http() -> HttpDoor:
    return HttpDoor(house())


def _answer_http(event: Event, context: Context) -> Any:
    try:
        door = _http()
    except ConfigError as error:
        _LOG.error("This function is set up wrongly: %s", redacted_text(error))
        return _problem("config", "This service is set up wrongly. Its log says how.")
    return door.answer(event, context)


def _problem(code: str, detail: str) -> dict[str, Any]:
    from batuta.serve.http.encoding import encoded
    from batuta.serve.http.problems import PROBLEM_JSON, document

    body = encoded(document(500, code, detail)).decode()
    return {"statusCode": 500, "headers": {"content-type": PROBLEM_JSON}, "body": body}


def _is_http(event: Event) -> bool:
    context = event.get("requestContext")
    if event.get("version") != "2.0" or not isinstance(context, Mapping):
        return False
    http: Any = cast("Mapping[str, Any]", context).get("http")
    return isinstance(http, Mapping) and all(name in http for name in _OF_HTTP)


def _is_agent(event: Event) -> bool:
    return "batuta" in event


def _answer_agent(event: Event, context: Context) -> Any:
    from batuta.serve.aws_lambda.agents import answer_agent

    return answer_agent(event, context)


def _is_action(event: Event) -> bool:
    return "actionGroup" in event and "function" in event


def _answer_action(event: Event, context: Context) -> Any:
    from batuta.serve.aws_lambda.actions import answer_action

    return answer_action(event, context)


KINDS: tuple[Kind, ...] = (
    Kind(_is_http, _answer_http),
    Kind(_is_agent, _answer_agent),
    Kind(_is_action, _answer_action),
)
"""The kinds of event, in the order in which they are looked for."""
