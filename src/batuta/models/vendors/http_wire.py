"""A wire that is HTTP with JSON, over an SDK of the kind that OpenAI and Anthropic have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

import httpx2

from batuta.errors import ModelCut, ModelReplyInvalid
from batuta.models.vendors.complaint_body import VendorFailure
from batuta.models.vendors.json_text import encoded, parsed
from batuta.models.vendors.sse import events
from batuta.models.vendors.usage import mapping

if TYPE_CHECKING:
    from batuta.core.model import Emit, ModelRequest
    from batuta.models.vendors.draft import ReplyDraft

_JSON: Any = {"headers": {"content-type": "application/json"}}
_DONE = b"[DONE]"
_AFTER_DONE_S = 0.25


class HttpFormat(Protocol):
    """How requests and answers are written on a wire that is HTTP with JSON.

    Args:
        path: Below the base URL.
    """

    path: str

    def draft(self, request: ModelRequest, emit: Emit) -> ReplyDraft:
        """Begin a reply."""
        ...

    def body(self, request: ModelRequest, *, streamed: bool) -> dict[str, Any]:
        """Write a request."""
        ...

    def whole(self, answer: Mapping[str, Any], draft: ReplyDraft) -> None:
        """Fold a whole answer."""
        ...

    def event(self, name: str, event: Mapping[str, Any], draft: ReplyDraft) -> None:
        """Fold one event of a stream."""
        ...


@dataclass(frozen=True, slots=True)
class HttpWire:
    """A wire over an SDK of the kind that OpenAI and Anthropic have, read as it comes.

    The SDK brings address, key, headers and connections. Its own types are not made: they cost more
    than all the rest, and hide what decides whether an answer is whole.

    Args:
        client: The SDK's.
        format: What is said over it.
        failed: The SDK's error for an answer that is no 2xx.
        raises: What the SDK may raise.
    """

    client: Any
    format: HttpFormat
    failed: type[Exception]
    raises: tuple[type[Exception], ...]

    def draft(self, request: ModelRequest, emit: Emit) -> ReplyDraft:
        """See ``VendorWire.draft``."""
        return self.format.draft(request, emit)

    def guard(self) -> AbstractContextManager[None]:
        """See ``VendorWire.guard``; all that is to be seen stands in the answer."""
        return nullcontext()

    async def ask(self, request: ModelRequest, draft: ReplyDraft, *, streamed: bool) -> None:
        """See ``VendorWire.ask``.

        Raises:
            VendorFailure: The vendor says that it failed.
            ModelCut: The stream ended before the vendor said so.
        """
        body = self.format.body(request, streamed=streamed)
        response = await posted(
            self.client, self.format.path, body, failed=self.failed, streamed=streamed
        )
        if not streamed:
            self.format.whole(_answer(response.content, draft), draft)
            return
        try:
            await self._stream(response, draft)
        finally:
            await response.aclose()

    async def close(self) -> None:
        """See ``VendorWire.close``."""
        await self.client.close()

    async def _stream(self, response: httpx2.Response, draft: ReplyDraft) -> None:
        draft.opened = True
        kind = response.headers.get("content-type", "")
        if "json" in kind or "html" in kind:  # not everybody streams, nor an error
            self.format.whole(_answer(await response.aread(), draft), draft)
            return
        fold, pieces = self.format.event, response.aiter_raw()
        async for name, data, closed in events(pieces):
            if data.strip() == _DONE:
                draft.ended = True
                await _drain(pieces)
                break
            try:
                event = parsed(data)
            except ValueError as odd:
                done = self._lines(name, data, draft)
                if done is None and closed:
                    raise (VendorFailure(_text(data)) if name == "error" else odd) from odd
                if done is not False:
                    break
                continue
            if isinstance(event, dict):
                fold(name, cast("dict[str, Any]", event), draft)
        if not draft.ended:
            raise ModelCut(draft.name, heard=False)

    def _lines(self, name: str, data: bytes, draft: ReplyDraft) -> bool | None:
        """Fold events between which no blank line stood; say whether the last of them ended all.

        Gives None where they are none.
        """
        lines = [line.removeprefix(b"data:").strip() for line in data.splitlines()]
        try:
            held = [parsed(line) for line in lines if line not in (b"", _DONE)]
        except ValueError:
            return None
        for event in held:
            if isinstance(event, dict):
                self.format.event(name, cast("dict[str, Any]", event), draft)
        draft.ended = draft.ended or _DONE in lines
        return _DONE in lines


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


async def posted(
    client: Any,
    path: str,
    body: Mapping[str, Any],
    *,
    failed: type[Exception],
    streamed: bool = False,
) -> httpx2.Response:
    """Post JSON through an SDK's client; give the answer, of a stream before it is read.

    Args:
        failed: The SDK's error for an answer that is no 2xx.

    Raises:
        VendorFailure: It was none.
    """
    try:
        return await client.post(
            path, cast_to=httpx2.Response, content=encoded(body), options=_JSON, stream=streamed
        )
    except failed as raised:
        raise _failure(cast("Any", raised).response) from raised


async def _drain(pieces: AsyncIterator[bytes]) -> None:
    """Read to the end, so that the connection can be used again; a server may forget to end."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_AFTER_DONE_S):
            async for _ in pieces:
                pass


def _answer(content: bytes, draft: ReplyDraft) -> Mapping[str, Any]:
    """Read a whole answer.

    Raises:
        ModelReplyInvalid: It is no JSON object.
        VendorFailure: It is a list of errors.
    """
    try:
        value = parsed(content)
    except ValueError:
        kind = "HTML" if content.lstrip()[:1] == b"<" else "no JSON"
        what = "is empty" if not content.strip() else f"is {kind}, not an answer"
        raise ModelReplyInvalid(draft.name, f"reply {what}") from None
    listed = cast("list[object]", value) if isinstance(value, list) else []
    if listed and "error" in mapping(listed[0]):
        raise VendorFailure(listed)
    if not isinstance(value, dict):
        kind = type(cast("object", value)).__name__
        raise ModelReplyInvalid(draft.name, f"reply is a {kind}, not an object")
    return cast("Mapping[str, Any]", value)


def _failure(response: httpx2.Response) -> VendorFailure:
    """Read an answer that is no 2xx."""
    try:
        body: object = parsed(response.content)
    except (ValueError, httpx2.HTTPError):
        body = response.text
    return VendorFailure(body, status=response.status_code, headers=dict(response.headers))
