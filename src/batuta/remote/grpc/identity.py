"""Who is asking, as the bearer of a token in a call's metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batuta.remote.signing import Purpose, UsedTokens, denied, digest_of, signed, verified

if TYPE_CHECKING:
    from batuta.core.principal import Principal
    from batuta.remote.call import RemoteCall
    from batuta.remote.grpc.wire import Sent

_SCHEME = "Bearer "


def bearer(call: RemoteCall, request: bytes, key: str) -> str:
    """Sign the principal of a call: for this agent, run, session and request, for a minute.

    The token is checked when the call begins; how long the call then takes does not matter.

    Args:
        request: The call's first message, as it is sent.
    """
    purpose = Purpose(call.agent, call.run_id, call.session_id, digest_of(request))
    return _SCHEME + signed(call.principal, purpose, key)


def principal_from(header: str, sent: Sent, key: str, *, used: UsedTokens) -> Principal:
    """Check a token, use it up, and give whose it is.

    Args:
        sent: The call's first message, as it came.

    Raises:
        AccessDenied: It is missing, not ours, expired, used, or for another agent, run, session or
            request.
        AgentUnreachable: Too many tokens are remembered.
    """
    start = sent.request.start
    if not header.startswith(_SCHEME):
        raise denied(start.agent, "no signed principal came with the call")
    purpose = Purpose(start.agent, start.run_id, start.session_id, digest_of(sent.raw))
    return verified(header.removeprefix(_SCHEME), purpose, key, used=used)
