"""Conversations as clients keep them at OpenAI: made, shown, added to, forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from batuta.core.ids import new_id
from batuta.core.message import Message
from batuta.core.session import Session
from batuta.errors import SessionError
from batuta.serve.openai_api.asked import Talk, table_field
from batuta.serve.openai_api.problems import refuse
from batuta.serve.openai_api.responses import item_of, read_input
from batuta.serve.openai_api.threads import ThreadFinder, check_name

_MOST_ITEMS, _USUAL_ITEMS = 100, 20
_NONE: Mapping[str, Any] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversations:
    """One principal's conversations."""

    threads: ThreadFinder

    async def make(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make one, with what was said in it so far."""
        session = Session(new_id("ses"), self.threads.principal.id, _messages(body.get("items")))
        await self.threads.door.house.sessions.save(session)
        name = new_id("conv")
        told = {
            "session_id": session.id,
            "created_at": self.threads.now(),
            "metadata": dict(table_field(body, "metadata")),
        }
        await self._keep(name, told)
        return _shown(name, told)

    async def show(self, name: str) -> dict[str, Any]:
        """Show one."""
        return _shown(name, await self._held(name))

    async def change(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change its metadata."""
        told = {**await self._held(name), "metadata": dict(table_field(body, "metadata"))}
        await self._keep(name, told)
        return _shown(name, told)

    async def forget(self, name: str) -> dict[str, Any]:
        """Forget one, with all that was said in it."""
        held = await self._held(name)
        await self.threads.door.house.sessions.delete(held["session_id"], self.threads.principal.id)
        await self.threads.marks.drop(self.threads.principal.id, f"conversation/{name}")
        return {"id": name, "object": "conversation.deleted", "deleted": True}

    async def items(self, name: str, request: Request) -> dict[str, Any]:
        """List what was said."""
        session = await self._session(name)
        shown = [item_of(message) for message in session.history if _is_said(message)]
        query = request.query_params
        order = query.get("order", "desc")
        if order not in ("asc", "desc"):
            refuse("order must be asc or desc.", param="order")
        if order == "desc":
            shown.reverse()
        if after := query.get("after"):
            places = [at for at, item in enumerate(shown) if item["id"] == after]
            if not places:
                refuse("There is no item with that id.", param="after", status=404)
            shown = shown[places[0] + 1 :]
        most = _limit(query.get("limit"))
        return _listed(shown[:most], more=len(shown) > most)

    async def add(self, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Add to what was said."""
        session = await self._session(name)
        added = _messages(body.get("items"))
        session.history += added
        session.updated_at = self.threads.door.house.clock.now().isoformat()
        await self.threads.door.house.sessions.save(session)
        return _listed([item_of(message) for message in added], more=False)

    async def item(self, name: str, item_id: str) -> dict[str, Any]:
        """Show one thing that was said."""
        session = await self._session(name)
        return item_of(session.history[_place(session, item_id)])

    async def remove(self, name: str, item_id: str) -> dict[str, Any]:
        """Take one thing out of what was said; gives the conversation."""
        session = await self._session(name)
        del session.history[_place(session, item_id)]
        await self.threads.door.house.sessions.save(session)
        return await self.show(name)

    async def _session(self, name: str) -> Session:
        held = await self._held(name)
        return await self.threads.door.house.sessions.load(
            held["session_id"], self.threads.principal.id
        )

    async def _held(self, name: str) -> Mapping[str, Any]:
        check_name(name, "conversation_id")
        held = await self.threads.marks.find(self.threads.principal.id, f"conversation/{name}")
        if held is None:
            raise SessionError(name)
        return held

    async def _keep(self, name: str, told: Mapping[str, Any]) -> None:
        await self.threads.marks.keep(self.threads.principal.id, f"conversation/{name}", told)


def _messages(items: Any) -> list[Message]:
    talk = Talk("items")
    read_input([] if items is None else items, talk)
    return talk.said


def _place(session: Session, item_id: str) -> int:
    said = enumerate(session.history)
    places = [at for at, each in said if each.id == item_id and _is_said(each)]
    if not places:
        refuse("There is no item with that id.", param="item_id", code="not_found", status=404)
    return places[0]


def _is_said(message: Message) -> bool:
    return message.role in ("user", "assistant") and bool(message.text.strip())


def _limit(given: str | None) -> int:
    if given is None:
        return _USUAL_ITEMS
    if not given.isdecimal() or not 1 <= int(given) <= _MOST_ITEMS:
        refuse(f"limit must be 1 to {_MOST_ITEMS}.", param="limit")
    return int(given)


def _listed(items: list[dict[str, Any]], *, more: bool) -> dict[str, Any]:
    first, last = (items[0]["id"], items[-1]["id"]) if items else ("", "")
    return {
        "object": "list", "data": items, "first_id": first, "last_id": last, "has_more": more,
    }  # fmt: skip


def _shown(name: str, told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": name,
        "object": "conversation",
        "created_at": told["created_at"],
        "metadata": told["metadata"],
    }
