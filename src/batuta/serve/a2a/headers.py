"""What the A2A door says in headers: which JSON a client asked for, and how old a card is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

from batuta.serve.http.problems import Answer

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Message, Send

_A2A_JSON, _JSON = "application/a2a+json", "application/json"
_CONTENT_TYPE_NOT_SUPPORTED = -32005


def answering(request: Request, send: Send, modified: str) -> Send:
    """Send plain JSON to whoever did not name A2A's own, and say since when a card is so.

    Args:
        modified: The moment, as HTTP writes it; empty where no card is asked for.
    """
    headers = request.headers
    names_it = _A2A_JSON in f"{headers.get('accept', '')} {headers.get('content-type', '')}"

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            told = MutableHeaders(scope=message)
            if not names_it and told.get("content-type", "").startswith(_A2A_JSON):
                told["content-type"] = _JSON
            if modified:
                told["last-modified"] = modified
        await send(message)

    return sending


def unread(request: Request) -> Answer | None:
    """Give the answer to a JSON-RPC call that says it is no JSON; None where it may be read."""
    kind = request.headers.get("content-type", _JSON)
    if "json" in kind.lower():
        return None
    said = "Send JSON-RPC as application/json."
    error = {"code": _CONTENT_TYPE_NOT_SUPPORTED, "message": said}
    return Answer(415, {"jsonrpc": "2.0", "id": None, "error": error})
