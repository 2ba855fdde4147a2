"""Who is asking and for what, signed with the secret that processes share, and good for once."""

from __future__ import annotations

import base64
import hashlib
from collections import OrderedDict
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from batuta.core.clock import machine_time
from batuta.core.ids import new_secret
from batuta.core.principal import Principal
from batuta.errors import AccessDenied, AgentUnreachable, ConfigError

if TYPE_CHECKING:
    from jwt import PyJWK

    from batuta.core.redaction import Secret

SECRET_BYTES = 32
_ALGORITHM = "HS256"
_VALID = timedelta(seconds=60)
_SKEW = timedelta(seconds=10)
_CLAIMS = ["aud", "exp", "jti", "msg", "sub", "run", "ses", "name", "can"]
_ID_CHARS = 32
_MOST_USED = 500_000


class Purpose(NamedTuple):
    """What a token is good for.

    Args:
        agent: Who may be had work by it.
        digest: Of the message, with all that travels with it; empty where that is not known yet.
    """

    agent: str
    run_id: str
    session_id: str
    digest: str = ""


class UsedTokens:
    """Remembers which tokens were used, for as long as they would be good for otherwise.

    Args:
        most: Tokens remembered; while so many are, no further one is taken.
    """

    def __init__(self, most: int = _MOST_USED) -> None:
        self._most = most
        self._until: OrderedDict[str, float] = OrderedDict()

    def take(self, agent: str, token_id: str, expires_at: float) -> None:
        """Use a token up.

        Raises:
            AccessDenied: It was used before, or is good for longer than it can be remembered.
            AgentUnreachable: Too many others were, within the time that they are good for.
        """
        now = machine_time().timestamp()
        if expires_at > now + (_VALID + _SKEW).total_seconds():
            raise denied(agent, "its token is good for too long; check both machines' clocks")
        while self._until and next(iter(self._until.values())) < now:
            self._until.popitem(last=False)
        if token_id in self._until:
            raise denied(agent, "its token was used before")
        if len(self._until) >= self._most:
            raise AgentUnreachable(agent, "its host takes no more calls for now")
        self._until[token_id] = expires_at + _SKEW.total_seconds() + 1


def digest_of(content: bytes) -> str:
    """Give what stands for a message in its token."""
    return hashlib.sha256(content).hexdigest()


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
    """Sign a principal for one agent, run, session and message.

    Args:
        valid: Until the work has begun; how long it then takes does not matter.
    """
    import jwt

    claims: dict[str, Any] = {
        "aud": purpose.agent,
        # The machine's own time: a run's clock may stand.
        "exp": machine_time() + valid,
        "jti": new_secret()[:_ID_CHARS],
        "msg": purpose.digest,
        "sub": who.id,
        "name": who.name,
        "can": sorted(who.permissions),
        "run": purpose.run_id,
        "ses": purpose.session_id,
    }
    return jwt.encode(claims, _prepared(key))


def verified(
    token: str, purpose: Purpose, key: str, *, used: UsedTokens | None = None
) -> Principal:
    """Check a token and give whose it is.

    Args:
        used: Where it is used up; None for one that is good for several calls.

    Raises:
        AccessDenied: It is missing, not ours, expired, used up, or for another agent, run, session
            or message.
        AgentUnreachable: Too many tokens are remembered.
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
    if claims["msg"] != purpose.digest:
        raise denied(agent, "its token is for another message")
    if used is not None:
        used.take(agent, claims["jti"], claims["exp"])
    return Principal(claims["sub"], claims["name"], frozenset(claims["can"]))


def denied(agent: str, why: str) -> AccessDenied:
    """Make the error of a caller whom nobody vouches for."""
    return AccessDenied("the caller", f"have {agent} work here: {why}")
