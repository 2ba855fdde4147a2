"""Who asks: the key's principal, or the person behind a front end, where it can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from batuta.core.principal import Principal
from batuta.errors import ConfigError
from batuta.serve.http.door import caller_of, door_of
from batuta.serve.http.identity import WrongKey

if TYPE_CHECKING:
    from batuta.settings import Settings

_TOKEN_HEADER = "x-openwebui-user-jwt"  # noqa: S105 - the name of a header
_ID_HEADER, _NAME_HEADER = "x-openwebui-user-id", "x-openwebui-user-name"
_ISSUER = "open-webui"
_SKEW_S = 10


async def front_end_caller(request: Request) -> Principal:
    """Find out who is calling, and count the request.

    The front end itself is known by its key; a token that it signs, or its plain headers from an
    address that is trusted, say for whom it asks. What that person may do is what the key may.

    Raises:
        Refused: Nobody known, or the token is not good.
        LimitReached: Too many requests, or too many wrong keys from there.
    """
    caller = await caller_of(request)
    door = door_of(request)
    settings = door.house.settings
    token = request.headers.get(_TOKEN_HEADER, "")
    if token and settings.user_jwt_secret:
        return _by_token(token, caller, request)
    user_id = request.headers.get(_ID_HEADER, "").strip()
    if user_id and _is_trusted(request, settings):
        name = request.headers.get(_NAME_HEADER, "").strip() or user_id
        return Principal(user_id, name, caller.permissions)
    return caller


def _by_token(token: str, caller: Principal, request: Request) -> Principal:
    import jwt

    door = door_of(request)
    secret = door.house.settings.user_jwt_secret.reveal()
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            issuer=_ISSUER,
            leeway=_SKEW_S,
            options={"require": ["exp", "sub"], "verify_aud": False},
        )
    except jwt.InvalidTokenError:
        door.wrong_keys.take(request.client.host if request.client else "")
        raise WrongKey("This user token is not good here.") from None
    user_id = str(claims["sub"])
    if not user_id:
        raise WrongKey("This user token names nobody.")
    return Principal(user_id, str(claims.get("name") or user_id), caller.permissions)


def _is_trusted(request: Request, settings: Settings) -> bool:
    if not settings.trusted_addresses.strip() or request.client is None:
        return False
    try:
        address = ip_address(request.client.host)
    except ValueError:
        return False
    return any(address in network for network in networks_of(settings.trusted_addresses))


def networks_of(told: str) -> Sequence[IPv4Network | IPv6Network]:
    """Read addresses and networks, with commas.

    Raises:
        ConfigError: One of them is none.
    """
    try:
        return [ip_network(each.strip()) for each in told.split(",") if each.strip()]
    except ValueError as error:
        raise ConfigError(
            f"Setting trusted_addresses: {error}",
            "Write addresses or networks with commas, as 10.0.0.7, 10.1.0.0/16.",
        ) from error
