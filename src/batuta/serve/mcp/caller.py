"""Who is asking, and under which key of the request: from the transport, never from arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from batuta.core.principal import Principal
from batuta.core.trace import is_traceparent
from batuta.errors import InvalidInput
from batuta.serve.http.door import Door, checked_key, request_key, trace_context

if TYPE_CHECKING:
    from starlette.requests import Request

    from batuta.core.clock import Clock

PRINCIPAL = "batuta.principal"
"""Where a request's scope holds who is asking."""
KEY = "batuta/idempotencyKey"
"""Under which the ``_meta`` of a call has the caller's own key of it."""
TRACE = "traceparent"


class Caller:
    """The caller of one request.

    Args:
        context: The library's, of the request.
        alone: Whoever asks on a transport that only one can use; None where each request says it.
    """

    def __init__(self, context: Any, door: Door, alone: Principal | None) -> None:
        self.context = context
        self._request: Request | None = context.request
        self._meta = cast("dict[str, Any]", dict(context.meta or {}))
        self._door, self._alone = door, alone

    @property
    def principal(self) -> Principal:
        """Who it is."""
        if self._alone is not None:
            return self._alone
        if self._request is None:
            raise AssertionError("unreachable: a request without a transport has one caller alone")
        return self._request.scope[PRINCIPAL]

    @property
    def key(self) -> str:
        """The caller's key of the request, from its ``_meta`` or its header; empty without one.

        Raises:
            InvalidInput: It is no such thing.
            Refused: The header is none.
        """
        given = self._meta.get(KEY)
        if given is None:
            return "" if self._request is None else request_key(self._request)
        if not isinstance(given, str) or not checked_key(given):
            raise InvalidInput(f"_meta {KEY} is no key", "Use 1 to 200 plain characters.")
        return given

    @property
    def traceparent(self) -> str:
        """The call's W3C trace context, from its ``_meta`` or its header; empty without one."""
        given = self._meta.get(TRACE)
        if isinstance(given, str) and is_traceparent(given):
            return given
        return "" if self._request is None else trace_context(self._request)

    @property
    def clock(self) -> Clock | None:
        """What time the request says it is, where it may.

        Raises:
            Refused: It may not.
        """
        return None if self._request is None else self._door.clock_for(self._request)

    @property
    def seconds(self) -> float | None:
        """What the transport has left for the request."""
        return None if self._request is None else self._request.scope.get("batuta.seconds")
