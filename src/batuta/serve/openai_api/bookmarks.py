"""Where conversations stood, by what a client knows of them: found again, and forked.

A client of this kind sends all that was said each time, or the id of a response. A bookmark says
which session held just that, and how long it was then. Bookmarks are kept where sessions are, for
as long, under a name that no caller can have.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import Any

from batuta.core.message import Message
from batuta.core.session import Session, SessionStore
from batuta.errors import BatutaError, Conflict, SessionError

_LOG = logging.getLogger(__name__)
_TRIES = 3
_MOST_WAITING = 1_000
_PAUSE_S = 0.5
_Held = Mapping[str, Any]


@dataclass(eq=False, kw_only=True)
class Bookmarks:
    """Keeps them, each principal's apart."""

    sessions: SessionStore
    _waiting: dict[str, tuple[str, _Held]] = field(default_factory=dict[str, tuple[str, _Held]])
    _writer: asyncio.Task[None] | None = None
    _closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def find(self, principal_id: str, name: str) -> _Held | None:
        """Give what a bookmark holds; None where there is none."""
        mark = _id(principal_id, name)
        if mark in self._waiting:
            return self._waiting[mark][1]
        try:
            return (await self.sessions.load(mark, _owner(principal_id))).state
        except SessionError:
            return None

    async def keep(self, principal_id: str, name: str, held: _Held) -> None:
        """Set a bookmark, in the place of an earlier one of that name.

        What others set at the same moment stands: their request held the same.
        """
        mark = _id(principal_id, name)
        self._waiting.pop(mark, None)
        await self._write(mark, _owner(principal_id), held)

    async def keep_soon(self, principal_id: str, name: str, held: _Held) -> None:
        """Set a bookmark that may be lost with the process; it is found from here at once.

        Where it was lost, a conversation goes on with what its client says was said.
        """
        if len(self._waiting) >= _MOST_WAITING:
            await self.keep(principal_id, name, held)
            return
        self._waiting[_id(principal_id, name)] = _owner(principal_id), held
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())

    async def drop(self, principal_id: str, name: str) -> bool:
        """Remove a bookmark; False where there is none."""
        try:
            await self.sessions.delete(_id(principal_id, name), _owner(principal_id))
        except SessionError:
            return False
        return True

    async def aclose(self) -> None:
        """Write what waits, before the store is closed."""
        self._closing.set()
        if self._writer is not None:
            await self._writer

    async def _write_all(self) -> None:
        while self._waiting:
            # The same words are said often, and the last time alone counts.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), _PAUSE_S)
            await self._write_these([*self._waiting])

    async def _write_these(self, marks: Sequence[str]) -> None:
        for mark in marks:
            if mark not in self._waiting:
                continue
            owner, held = self._waiting[mark]
            try:
                await self._write(mark, owner, held)
            except BatutaError as error:
                _LOG.warning("A bookmark was not kept: %s", error)
            if self._waiting.get(mark) == (owner, held):
                del self._waiting[mark]

    async def _write(self, mark: str, owner: str, held: _Held) -> None:
        version = 0
        for _ in range(_TRIES):
            session = Session(mark, owner, state={**held}, version=version)
            try:
                await self.sessions.save(session)
            except (Conflict, SessionError):  # there is one already, or that one has gone
                version = await self._version(mark, owner)
            else:
                return

    async def _version(self, mark: str, owner: str) -> int:
        with suppress(SessionError):
            return (await self.sessions.load(mark, owner)).version
        return 0


def digest(*told: str, talk: Sequence[Message] = ()) -> str:
    """Give the name of what was said; spaces and line ends make no difference, as clients trim."""
    said = [_listed((message.role, " ".join(message.text.split()))) for message in talk]
    plain = f"[{_listed(told)}, [{', '.join(said)}]]"
    return hashlib.sha256(plain.encode("ascii")).hexdigest()[:40]


def _listed(words: Sequence[str]) -> str:
    """Write words as JSON; an encoder of their own for each name would cost more than the rest."""
    return f"[{', '.join(map(encode_basestring_ascii, words))}]"


@lru_cache(maxsize=1_000)
def _owner(principal_id: str) -> str:
    hashed = hashlib.sha256(principal_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"openai_api/{hashed}"


def _id(principal_id: str, name: str) -> str:
    return f"mark_{digest(principal_id, name)}"
