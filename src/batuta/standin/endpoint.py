"""Takes a request in one vendor's format, asks the model, and answers in that format."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from batuta.core.clock import Clock
from batuta.core.model import Model, ModelReply
from batuta.errors import BatutaError, ModelCut
from batuta.standin.delivery import Delivery, DeliveryCut
from batuta.standin.disconnection import left
from batuta.standin.failures import Rejected, WireFailure, failure_of, invalid
from batuta.standin.formats import (
    ClientRequest,
    Speech,
    Stamp,
    WireFormat,
    fresh_id,
    with_thoughts,
)
from batuta.standin.frames import json_bytes
from batuta.standin.habits import Habits
from batuta.standin.json_node import JsonNode, parsed
from batuta.standin.prompt_cache import PromptCache
from batuta.standin.speech import spoken
from batuta.standin.wire import LOOPBACK, Exchange, Wire

MOST_BYTES = 10 * 1_048_576
_DRAINED = 10  # times that much is read and dropped, so that a client gets to read the answer
_SECRET = ("authorization", "x-api-key", "cookie", "x-amz-security-token")
_HTML = b"<html><head><title>500 Internal Server Error</title></head><body>nginx</body></html>\n"


@dataclass(slots=True)
class ServedModel:
    """What all doors of one stand-in share.

    Args:
        seen: Requests, newest last.
        struck: Requests that faults have struck.
        answering: Tasks that are on; cancelled when the server stops.
        habits: Of the server that Chat Completions is like; None for OpenAI's own.
    """

    model: Model
    wire: Wire
    clock: Clock
    seen: list[Exchange] = field(default_factory=list[Exchange])
    struck: int = 0
    answering: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    habits: Habits | None = None
    cache: PromptCache = field(init=False)

    def __post_init__(self) -> None:
        self.cache = PromptCache(self.clock)

    def remember(self, scope: Scope) -> Exchange:
        """Note a request."""
        sent = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        headers = {name: "…" if name in _SECRET else value for name, value in sent.items()}
        exchange = Exchange(method=scope["method"], path=scope["path"], headers=headers)
        self.seen.append(exchange)
        del self.seen[: max(0, len(self.seen) - self.wire.keep)]
        return exchange

    def faults(self) -> Wire:
        """Give the wire's options for the next request: with its faults, or without."""
        self.struck += 1
        most = self.wire.faulty_requests
        return self.wire if most is None or self.struck <= most else Wire()


class Endpoint:
    """One address that speaks one format; an ASGI application."""

    def __init__(self, form: WireFormat, house: ServedModel) -> None:
        self._format, self._house = form, house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a client that leaves ends the model's call."""
        exchange = self._house.remember(scope)
        faults = self._house.faults()
        line = Delivery(send, exchange, wire=faults, clock=self._house.clock)
        request = Request(scope, receive)
        try:
            asked = await self._asked(request, exchange)
        except Rejected as error:
            await self._fail(line, error.failure)
            return
        except ClientDisconnect:
            exchange.ended = "left"
            return
        answer = asyncio.create_task(self._answer(line, asked, faults))
        leave = asyncio.create_task(left(receive))
        self._house.answering.add(answer)
        try:
            await asyncio.wait({answer, leave}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not answer.done():
                exchange.ended = "left" if leave.done() else "cut"
            self._house.answering.discard(answer)
            answer.cancel()
            leave.cancel()
            await asyncio.wait({answer, leave})
        if answer.cancelled():
            return
        if answer.exception() is not None:
            exchange.status, exchange.ended = exchange.status or 500, "cut"
        answer.result()

    async def _asked(self, request: Request, exchange: Exchange) -> ClientRequest:
        house = self._house
        body = await body_of(request)
        check_caller(request.headers, house.wire.key)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise invalid("Unsupported content type. Send it as 'Content-Type: application/json'.")
        exchange.body = parsed(body)
        asked = self._format.read(JsonNode(exchange.body), request.path_params)
        if house.wire.models and asked.model not in house.wire.models:
            raise Rejected(no_model(asked.model))
        if house.wire.thoughts:
            self._format.given_back(asked.raw)
        return asked

    async def _answer(self, line: Delivery, asked: ClientRequest, faults: Wire) -> None:
        house = self._house
        await house.clock.sleep(house.wire.latency_ms / 1000)
        await line.hang()
        try:
            if faults.html_500:
                await line.whole(500, {"content-type": "text/html"}, _HTML)
                return
            async with aclosing(spoken(house.model, asked, faults.huge_reply_mb)) as said:
                await (self._stream if asked.streamed else self._plain)(line, asked, said)
        except DeliveryCut:
            return
        except (ConnectionError, ModelCut):  # so a model has the line cut
            await self._hang_up(line)
        except Rejected as error:
            await self._fail(line, error.failure)
        except BatutaError as error:
            await self._fail(line, failure_of(error))

    async def _plain(self, line: Delivery, asked: ClientRequest, said: Speech) -> None:
        reply, stamp = ModelReply(), self._stamp()
        async for each in said:
            if isinstance(each, ModelReply):
                reply = self._counted(asked, with_thoughts(each, stamp.thoughts))
        body = self._format.whole(asked, stamp, reply)
        await line.whole(200, self._headers("application/json"), json_bytes(body))

    async def _stream(self, line: Delivery, asked: ClientRequest, said: Speech) -> None:
        stamp = self._stamp()
        telling = self._format.telling(asked, stamp)
        framed = self._format.framed
        try:
            async for each in said:
                events = [] if line.begun else telling.begin()
                if isinstance(each, str):
                    events += telling.text(each)
                else:
                    events += telling.end(self._counted(asked, with_thoughts(each, stamp.thoughts)))
                if not line.begun:
                    await line.open(self._headers(self._format.stream_type))
                for event in events:
                    await line.event(framed(event))
        except BatutaError as error:
            if not line.begun or isinstance(error, ModelCut):
                raise
            for event in telling.failed(failure_of(error)):
                await line.event(framed(event))
            await line.close(b"")
            return
        await line.close(framed(None))

    def _counted(self, asked: ClientRequest, reply: ModelReply) -> ModelReply:
        """Say what of a request the vendor would have had in its cache."""
        cache, blocks = self._house.cache, self._format.blocks
        told = cache.counted(asked.model, asked.raw, reply.usage, blocks=blocks)
        return replace(reply, usage=told)

    async def _fail(self, line: Delivery, failure: WireFailure) -> None:
        status, headers, body = self._format.fail(failure)
        try:
            await line.whole(
                status, {**self._headers("application/json"), **headers}, json_bytes(body)
            )
        except DeliveryCut:
            return

    async def _hang_up(self, line: Delivery) -> None:
        try:
            if not line.begun:
                await line.open(self._headers("application/json"))
            line.cut()
        except DeliveryCut:
            return

    def _stamp(self) -> Stamp:
        house = self._house
        clock, begun = house.clock, house.clock.monotonic()
        return Stamp(
            fresh_id(self._format.id_prefix),
            int(clock.now().timestamp()),
            house.model.name,
            lambda: int((clock.monotonic() - begun) * 1000),
            house.wire.thoughts,
            house.wire.service_tier,
        )

    def _headers(self, content_type: str) -> dict[str, str]:
        return {"content-type": content_type, **self._format.headers()}


async def body_of(request: Request) -> bytes:
    """Read a body, and no more of it than is taken.

    Raises:
        Rejected: It is too large.
    """
    body = bytearray()
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size <= MOST_BYTES:
            body += piece
        elif size > _DRAINED * MOST_BYTES:
            break
    if size > MOST_BYTES:
        raise Rejected(WireFailure("too_large", f"The request is larger than {MOST_BYTES} bytes."))
    return bytes(body)


def no_model(name: str) -> WireFailure:
    """Make the failure of a model that is not there."""
    said = f"The model '{name}' does not exist or you do not have access to it."
    return WireFailure("not_found", said)


def check_caller(headers: Mapping[str, str], key: str | None) -> None:
    """See that the client means this machine and sent the key; of AWS's, that there is a signature.

    Raises:
        Rejected: It did not.
    """
    name = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
    if name not in LOOPBACK:
        raise Rejected(WireFailure("permission", "This stand-in answers to this machine alone."))
    if key is None:
        return
    kind, _, token = headers.get("authorization", "").partition(" ")
    given = headers.get("x-api-key") or (token if kind.lower() == "bearer" else "")
    if kind == "AWS4-HMAC-SHA256" or secrets.compare_digest(given.encode(), key.encode()):
        return
    said = "Incorrect API key provided." if given else "You didn't provide an API key."
    raise Rejected(WireFailure("auth", said))
