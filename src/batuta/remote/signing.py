"""Who is asking, signed with the secret that processes share."""

from __future__ import annotations

import base64
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from batuta.core.clock import machine_time
from batuta.core.principal import Principal
from batuta.errors import AccessDenied, ConfigError

if TYPE_CHECKING:
    from jwt import PyJWK

    from batuta.core.redaction import Secret

SECRET_BYTES = 32
_ALGORITHM = "HS256"
_VALID = timedelta(seconds=60)
_SKEW = timedelta(seconds=10)
_CLAIMS = ["aud", "exp", "sub", "run", "ses", "name", "can"]


class Purpose(NamedTuple):
    """What a token is good for.

    Args:
        agent: Who may be had work by it.
    """

    agent: str
    run_id: str
    session_id: str


def shared_key(secret: Secret) -> str:
    """Give the secret.

    Raises:
        ConfigError: There is none, or it is too short.
    """
    text = secret.reveal()
    if len(text.encode()) < SECRET_BYTES:
        what = "is too short" if text else "is not set"
        raise ConfigError(
            f"The secret that processes share {what}",
            f"Set BATUTA_SECRET to the same {SECRET_BYTES} random characters or more in each, "
            "such as those of: openssl rand -hex 32",
        )
    return text


@lru_cache(maxsize=16)
def _prepared(key: str) -> PyJWK:
    """Make of the secret what PyJWT need not look at anew for each token."""
    import jwt

    encoded = base64.urlsafe_b64encode(key.encode()).rstrip(b"=").decode()
    return jwt.PyJWK({"kty": "oct", "k": encoded, "alg": _ALGORITHM})


def signed(who: Principal, purpose: Purpose, key: str, *, valid: timedelta = _VALID) -> str:
    """Sign a principal for one agent, run and session.

    Args:
        valid: Until the work has begun; how long it then takes does not matter.
    """
    import jwt

    claims: dict[str, Any] = {
        "aud": purpose.agent,
        # The machine's own time: a run's clock may stand.
        "exp": machine_time() + valid,
        "sub": who.id,
        "name": who.name,
        "can": sorted(who.permissions),
        "run": purpose.run_id,
        "ses": purpose.session_id,
    }
    return jwt.encode(claims, _prepared(key))


def verified(token: str, purpose: Purpose, key: str) -> Principal:
    """Check a token and give whose it is.

    Raises:
        AccessDenied: It is missing, not ours, expired, or for another agent, run or session.
    """
    import jwt

    agent = purpose.agent
    if not token:
        raise denied(agent, "no signed principal came with the call")
    try:
        claims = jwt.decode(
            token, _prepared(key), [_ALGORITHM],
            audience=agent, leeway=_SKEW, options={"require": _CLAIMS},
        )  # fmt: skip
    except jwt.ExpiredSignatureError as error:
        raise denied(agent, "its token has expired; check both machines' clocks") from error
    except jwt.InvalidSignatureError as error:
        raise denied(agent, "its token is signed with another BATUTA_SECRET") from error
    except jwt.InvalidAudienceError as error:
        raise denied(agent, "its token is for another agent") from error
    except jwt.PyJWTError as error:
        raise denied(agent, "its token is not valid") from error
    if (claims["run"], claims["ses"]) != (purpose.run_id, purpose.session_id):
        raise denied(agent, "its token is for another run")
    return Principal(claims["sub"], claims["name"], frozenset(claims["can"]))


def denied(agent: str, why: str) -> AccessDenied:
    """Make the error of a caller whom nobody vouches for."""
    return AccessDenied("the caller", f"have {agent} work here: {why}")
