"""Who is asking, as the bearer of a token in a call's metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batuta.remote.signing import Purpose, denied, signed, verified

if TYPE_CHECKING:
    from batuta.core.principal import Principal
    from batuta.remote.call import RemoteCall
    from batuta.remote.grpc.v1 import batuta_pb2 as pb

_SCHEME = "Bearer "


def bearer(call: RemoteCall, key: str) -> str:
    """Sign the principal of a call: for this agent, run and session, for a minute.

    The token is checked when the call begins; how long the call then takes does not matter.
    """
    purpose = Purpose(call.agent, call.run_id, call.session_id)
    return _SCHEME + signed(call.principal, purpose, key)


def principal_from(header: str, start: pb.Start, key: str) -> Principal:
    """Check a token and give whose it is.

    Raises:
        AccessDenied: It is missing, not ours, expired, or for another agent, run or session.
    """
    if not header.startswith(_SCHEME):
        raise denied(start.agent, "no signed principal came with the call")
    purpose = Purpose(start.agent, start.run_id, start.session_id)
    return verified(header.removeprefix(_SCHEME), purpose, key)
