"""Which conversation a request belongs to: named, by an earlier response, or by what it holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from batuta.core.ids import new_id
from batuta.core.message import Message
from batuta.core.principal import Principal
from batuta.core.record import RunRecord
from batuta.core.session import Session
from batuta.errors import SessionError
from batuta.parts.earlier import turn_of
from batuta.serve.http.door import Door
from batuta.serve.http.encoding import shortened
from batuta.serve.openai_api.asked import Asked
from batuta.serve.openai_api.bookmarks import Bookmarks, digest
from batuta.serve.openai_api.problems import refuse

SESSION_HEADER = "x-batuta-session"
_CHAT_HEADERS = ("x-openwebui-chat-id",)
_OURS = re.compile(r"^(?:ses|conv)_[0-9a-f]{16}[0-9]+$", re.ASCII)
_LONGEST = 200
_LOOKED_AT = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Thread:
    """A place in a conversation.

    Args:
        session_id: The session to go on with; None begins one.
        version: Of the session as it is now.
        count: Messages in it.
        asked: Name of this very request, where what it holds says where it belongs; else empty.
        chat: The front end's own name of the chat; empty where it told none.
        by_content: Whether the answer is found again by what was said.
    """

    session_id: str | None = None
    version: int = 0
    count: int = 0
    asked: str = ""
    chat: str = ""
    by_content: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class ThreadFinder:
    """Finds the conversations of one principal, and notes where they stood."""

    door: Door
    principal: Principal
    marks: Bookmarks

    async def of(self, request: Request, asked: Asked) -> Thread:
        """Find where a request belongs: by its header, its conversation, a response, its content.

        Raises:
            Refused: A header is no name, or a response or conversation is not there.
            SessionError: The session is not this principal's.
        """
        named = request.headers.get(SESSION_HEADER, "").strip()
        if named:
            check_name(named, SESSION_HEADER)
            return await self._in_session(await self.named(named, "session"))
        conversation = conversation_id(asked.raw)
        previous = asked.raw.get("previous_response_id")
        if conversation and previous:
            both = "Name a conversation or a previous response, not both."
            refuse(both, param="previous_response_id")
        if conversation:
            return await self._in_session(await self.named(conversation, "conversation"))
        if previous:
            return await self._after(str(previous), asked)
        return await self._by_content(request, asked)

    async def named(self, name: str, what: str) -> str:
        """Give the session that goes by a name; one that a caller chose is made when first used.

        Raises:
            Refused: It is a name of ours, and there is none.
        """
        if what == "session" and name.startswith("ses_") and _OURS.match(name):
            return name
        held = await self.marks.find(self.principal.id, f"{what}/{name}")
        if held is not None:
            return held["session_id"]
        if _OURS.match(name):
            refuse(f"There is no {what} {name}.", param=what, code="not_found", status=404)
        session = Session(new_id("ses"), self.principal.id)
        await self.door.house.sessions.save(session)
        told: dict[str, Any] = {
            "session_id": session.id,
            "created_at": self.now(),
            "metadata": {},
        }
        await self.marks.keep(self.principal.id, f"{what}/{name}", told)
        return session.id

    def now(self) -> int:
        """Give the time in whole seconds."""
        return int(self.door.house.clock.now().timestamp())

    async def keep(
        self, thread: Thread, asked: Asked, *, record: RunRecord, content: str
    ) -> Mapping[str, Any]:
        """Note where a conversation stands after an answer; gives what was noted.

        Args:
            content: The answer as the client has it.
        """
        turn = turn_of(record)
        stands = {
            "session_id": record.session_id,
            "version": thread.version + 1,
            "count": thread.count + len(turn),
        }
        if thread.by_content and turn:
            said = (*asked.talk, Message.user(asked.question), Message.assistant(content))
            name = digest("said", asked.model, thread.chat, talk=said)
            await self.marks.keep_soon(self.principal.id, name, stands)
        return stands

    async def note_done(self, thread: Thread, run_id: str) -> None:
        """Note that this very request has done something."""
        if thread.asked:
            await self.marks.keep(self.principal.id, thread.asked, {"run_id": run_id})

    async def kept_for(self, key: str, thread: Thread) -> str | None:
        """Give the session of a request that may be sent again: that of its first try.

        Args:
            key: The caller's own key of the request; empty for none.
        """
        if not key or thread.session_id is None or not thread.by_content:
            return thread.session_id
        name = f"key/{key}"
        held = await self.marks.find(self.principal.id, name)
        if held is None:
            held = {"session_id": thread.session_id}
            await self.marks.keep(self.principal.id, name, held)
        return held["session_id"]

    async def done_before(self, thread: Thread) -> RunRecord | None:
        """Give the run of this very request that did something, where nothing was done since."""
        held = await self.marks.find(self.principal.id, thread.asked) if thread.asked else None
        if held is None:
            return None
        for record in await self.door.house.records.list(self.principal.id, _LOOKED_AT):
            if record.run_id == held["run_id"]:
                return record
            if record.effects:
                return None
        return None

    async def _in_session(self, session_id: str) -> Thread:
        found = await self.door.house.sessions.load(session_id, self.principal.id)
        return Thread(
            session_id=found.id,
            version=found.version,
            count=len(found.history),
            by_content=False,
        )

    async def _after(self, response_id: str, asked: Asked) -> Thread:
        held = await self.marks.find(self.principal.id, f"response/{response_id}")
        name = f"response/{response_id}"
        found = None if held is None else await self._at(name, held, asked.talk)
        if found is None:
            what = f"There is no response {shortened(response_id, 80)}."
            refuse(
                what, param="previous_response_id", code="previous_response_not_found", status=404
            )
        name = digest("asked", asked.model, response_id, *_words(asked), talk=asked.talk)
        return Thread(
            session_id=found.id,
            version=found.version,
            count=len(found.history),
            asked=name,
            by_content=False,
        )

    async def _by_content(self, request: Request, asked: Asked) -> Thread:
        chat = self._chat(request)
        name = digest("asked", asked.model, chat, *_words(asked), talk=asked.talk)
        if not asked.talk:
            return Thread(asked=name, chat=chat)
        answers = [at for at, said in enumerate(asked.talk, 1) if said.role == "assistant"]
        known, rest = asked.talk[: answers[-1] if answers else 0], asked.talk
        found = None
        if known:
            place = digest("said", asked.model, chat, talk=known)
            held = await self.marks.find(self.principal.id, place)
            rest = asked.talk[len(known) :]
            found = None if held is None else await self._at(place, held, rest)
        if found is None:
            found = await self._begun(list(asked.talk))
        return Thread(
            session_id=found.id,
            version=found.version,
            count=len(found.history),
            asked=name,
            chat=chat,
        )

    def _chat(self, request: Request) -> str:
        own = self.door.house.settings.session_header.strip().lower()
        for name in (own, *_CHAT_HEADERS) if own else _CHAT_HEADERS:
            if said := request.headers.get(name, "").strip():
                check_name(said, name)
                return said
        return ""

    async def _at(
        self, place: str, held: Mapping[str, Any], rest: tuple[Message, ...]
    ) -> Session | None:
        """Go on from a bookmark: in its session, or in another where that has gone on since."""
        sessions = self.door.house.sessions
        try:
            session = await sessions.load(held["session_id"], self.principal.id)
        except SessionError:
            return None
        there = session.version == held["version"]
        if there and not rest:
            if session.state and "state" not in held:  # for who comes back to here later
                state = {**held, "state": session.state}
                await self.marks.keep(self.principal.id, place, state)
            return session
        state = session.state if there else held.get("state", {})
        return await self._begun([*session.history[: held["count"]], *rest], state)

    async def _begun(
        self, history: list[Message], state: Mapping[str, Any] | None = None
    ) -> Session:
        made = Session(new_id("ses"), self.principal.id, history, {**(state or {})})
        made.updated_at = self.door.house.clock.now().isoformat()
        await self.door.house.sessions.save(made)
        return made


def _words(asked: Asked) -> tuple[str, ...]:
    """Give what a request says, with what it shows."""
    return asked.question, *(each.digest for each in asked.attachments)


def conversation_id(raw: Mapping[str, Any]) -> str:
    """Read which conversation a request names; empty for none.

    Raises:
        Refused: It is no name.
    """
    given = raw.get("conversation")
    if given is None:
        return ""
    name = given.get("id") if isinstance(given, dict) else given  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if not isinstance(name, str):
        refuse("conversation must be an id, or an object with one.", param="conversation")
    check_name(name, "conversation")
    return name


def check_name(name: str, where: str) -> None:
    """See that a name is one.

    Raises:
        Refused: It is empty, too long, or not plain.
    """
    if not name or len(name) > _LONGEST or not (name.isascii() and name.isprintable()):
        refuse(f"{where} must have 1 to {_LONGEST} plain characters.", param=where)
