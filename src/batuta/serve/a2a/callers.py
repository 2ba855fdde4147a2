"""Who asks, as the A2A library knows a caller, and in which context what they send again stands."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from uuid import UUID

from a2a.auth.user import User
from a2a.server.agent_execution import RequestContext, SimpleRequestContextBuilder
from a2a.server.routes.common import DefaultServerCallContextBuilder

if TYPE_CHECKING:
    from a2a.server.context import ServerCallContext
    from a2a.types.a2a_pb2 import SendMessageRequest
    from starlette.requests import Request

    from batuta.core.principal import Principal

PRINCIPAL = "batuta.principal"


def known_as(principal: Principal, context: ServerCallContext) -> ServerCallContext:
    """Tell the library who the door found to be asking in a call."""
    context.user = _Known(principal)
    context.state[PRINCIPAL] = principal
    return context


class HttpCallers(DefaultServerCallContextBuilder):
    """Tells of calls over HTTP."""

    def build(self, request: Request) -> ServerCallContext:
        """Make the context of one call."""
        return known_as(request.scope["batuta.caller"], super().build(request))


class SameContexts(SimpleRequestContextBuilder):
    """Gives a message that names no context the one that it had before, where it is sent again."""

    async def build(  # pyright: ignore[reportIncompatibleMethodOverride] - it is called by name
        self, context: ServerCallContext, params: SendMessageRequest | None = None, **told: Any
    ) -> RequestContext:
        """Make the context of one message."""
        if params is not None and not told.get("task_id") and not told.get("context_id"):
            told["context_id"] = _context_of(context, params.message.message_id)
        return await super().build(context, params, **told)


def _context_of(context: ServerCallContext, message_id: str) -> str:
    plain = f"{context.state[PRINCIPAL].id}\x1f{message_id}"
    return str(UUID(hex=hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()[:32]))


class _Known(User):
    """The caller of one call."""

    def __init__(self, principal: Principal) -> None:
        self._principal = principal

    @property
    def is_authenticated(self) -> bool:
        """True: the door has found out who it is."""
        return True

    @property
    def user_name(self) -> str:
        """The principal's id."""
        return self._principal.id
