"""Fetches an image or a file by its URL: from allowed hosts, public addresses, within limits.

A host is looked up once for each hop, and the connection is made to the address that was judged: a
name that changes its mind between the two reaches nothing. Redirects are judged as the first URL.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from batuta.core.attachment import Attachment
from batuta.errors import InvalidInput
from batuta.web.addresses import Resolve, is_public, resolved

_PORTS = {"http": 80, "https": 443}
_REDIRECTS = (301, 302, 303, 307, 308)
_GOOD = 200
_PIECE = 65_536
_EVERY = "*"
_MEND = "Send its bytes instead."


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchLimits:
    """What may be fetched.

    Args:
        hosts: From where; ``*`` for every public host, none for nothing.
        redirects: Most of them that are followed.
        allowed: Judges an address that a host has.
        resolve: Looks a host up.
    """

    hosts: tuple[str, ...] = ()
    most_bytes: int = 5_000_000
    seconds: float = 10.0
    redirects: int = 3
    allowed: Callable[[str], bool] = is_public
    resolve: Resolve = resolved

    @classmethod
    def of(cls, hosts: str, *, most_bytes: int, seconds: float) -> FetchLimits:
        """Read the settings' list of hosts, with commas."""
        named = tuple(filter(None, (host.strip().lower() for host in hosts.split(","))))
        return cls(hosts=named, most_bytes=most_bytes, seconds=seconds)


class _Answer(NamedTuple):
    status: int
    content: bytes
    media_type: str
    location: str


async def fetch_attachment(url: str, limits: FetchLimits) -> Attachment:
    """Fetch an image or a file.

    Raises:
        InvalidInput: It may not be fetched, cannot be had, is too large, or is of no type that is
            taken.
    """
    try:
        async with asyncio.timeout(limits.seconds):
            return await _followed(url, limits)
    except TimeoutError as error:
        what = f"The attachment did not arrive within {limits.seconds:g} s"
        raise InvalidInput(what, _MEND) from error


async def _followed(url: str, limits: FetchLimits) -> Attachment:
    for _ in range(limits.redirects + 1):
        parts = _allowed(url, limits)
        address = await _address(parts, limits)
        answer = await _asked(parts, address, limits)
        if answer.status in _REDIRECTS and answer.location:
            url = urljoin(url, answer.location)
            continue
        if answer.status != _GOOD:
            raise InvalidInput(f"The attachment's server answered {answer.status}", _MEND)
        name = unquote(parts.path.rpartition("/")[2])
        said = "" if answer.media_type in _NO_TYPE else answer.media_type
        return Attachment.of(answer.content, name=name, media_type=said)
    raise InvalidInput(f"The attachment's URL leads on more than {limits.redirects} times", _MEND)


def _allowed(url: str, limits: FetchLimits) -> SplitResult:
    """Judge a URL by what stands in it."""
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise InvalidInput("The attachment's URL cannot be read", _MEND) from error
    if not limits.hosts:
        raise InvalidInput("Nothing is fetched by URL here", _MEND)
    if parts.scheme not in _PORTS or not host or parts.username is not None:
        what = "The attachment's URL is no plain http:// or https:// address"
        raise InvalidInput(what, _MEND)
    if not url.isascii() or not url.isprintable() or " " in url:
        raise InvalidInput("The attachment's URL has characters that no URL has", _MEND)
    if _EVERY not in limits.hosts and host not in limits.hosts:
        raise InvalidInput(f"Nothing is fetched from {host[:100]} here", _MEND)
    return parts


async def _address(parts: SplitResult, limits: FetchLimits) -> str:
    """Look the host up, and judge every address that it has."""
    host = parts.hostname or ""
    try:
        found = await limits.resolve(host, parts.port or _PORTS[parts.scheme])
    except (OSError, UnicodeError) as error:
        raise InvalidInput(f"The attachment's host {host[:100]} is not known", _MEND) from error
    if not found or not all(map(limits.allowed, found)):
        # Which address it has is not told: it says what stands in our network.
        raise InvalidInput(f"The attachment's host {host[:100]} is no public one", _MEND)
    return found[0]


async def _asked(parts: SplitResult, address: str, limits: FetchLimits) -> _Answer:
    """Ask one hop, in a thread whose socket is closed where nobody waits any more."""
    connection = _Pinned(parts, address, limits.seconds)
    work = asyncio.ensure_future(asyncio.to_thread(connection.get, limits.most_bytes))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        connection.cut()
        with suppress(OSError, HTTPException, InvalidInput):
            await work
        raise
    except (OSError, HTTPException) as error:
        host = (parts.hostname or "")[:100]
        raise InvalidInput(f"The attachment could not be had from {host}", _MEND) from error


class _Pinned(HTTPConnection):
    """A connection to an address that was judged, in the name of its host."""

    def __init__(self, parts: SplitResult, address: str, timeout_s: float) -> None:
        self._secure = parts.scheme == "https"
        super().__init__(parts.hostname or "", parts.port or _PORTS[parts.scheme], timeout_s)
        self._address = address
        self._target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = plain
        if self._secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(plain, server_hostname=self.host)

    def get(self, most_bytes: int) -> _Answer:
        """Ask, and read no more than is taken.

        Raises:
            InvalidInput: It is larger.
        """
        try:
            headers = {"Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}
            self.request("GET", self._target, headers=headers)
            response = self.getresponse()
            kind = response.headers.get_content_type()
            place = response.getheader("Location") or ""
            content = _content(response, most_bytes) if response.status == _GOOD else b""
            return _Answer(response.status, content, kind, place)
        finally:
            self.close()

    def cut(self) -> None:
        """End it from outside: whatever its thread waits for fails at once."""
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def _content(response: HTTPResponse, most_bytes: int) -> bytes:
    held = bytearray()
    while piece := response.read1(_PIECE):
        held += piece
        if len(held) > most_bytes:
            raise InvalidInput(f"The attachment has more than {most_bytes:,} bytes", _MEND)
    return bytes(held)


_NO_TYPE = ("application/octet-stream", "binary/octet-stream", "text/plain")
"""What servers say of a file that they do not know, and what Python takes for no word at all."""
