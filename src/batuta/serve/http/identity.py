"""Who is asking: an API key's principal, or the one person at this machine."""

from __future__ import annotations

import hashlib
import hmac
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from batuta.core.addresses import is_loopback
from batuta.core.principal import LOCAL, READ, WRITE, Principal
from batuta.errors import ConfigError
from batuta.serve.http.problems import Refused
from batuta.settings import Settings

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="batuta"'}


class WrongKey(Refused):
    """A key or token came that is nobody's."""

    def __init__(self, what: str = "This API key is not known here.") -> None:
        super().__init__(401, "unauthenticated", what, headers=_CHALLENGE)


class Identity(Protocol):
    """Turns a request's headers into a principal."""

    @property
    def proves(self) -> bool:
        """Whether a caller must prove who they are; else only this machine may call."""
        ...

    def caller(self, headers: Mapping[str, str]) -> Principal:
        """Give the principal.

        Raises:
            WrongKey: A key is given that is nobody's.
            Refused: There is no proof.
        """
        ...


class Development:
    """One identity for whoever is at this machine: the CLI's own."""

    proves = False

    def caller(self, headers: Mapping[str, str]) -> Principal:
        """Give the local principal."""
        return LOCAL


class ApiKeys:
    """Principals by API key, of which only hashes are kept.

    Args:
        users: Key and principal of each.
    """

    proves = True

    def __init__(self, users: Mapping[str, Principal]) -> None:
        self._users = tuple((_hash(key), principal) for key, principal in users.items())

    def __repr__(self) -> str:
        return f"ApiKeys({len(self._users)} users)"

    def caller(self, headers: Mapping[str, str]) -> Principal:
        """Find the key's principal, looking at every key so that time says nothing."""
        given = _hash(_key_in(headers))
        found: Principal | None = None
        for known, principal in self._users:
            if hmac.compare_digest(known, given):
                found = principal
        if found is None:
            raise WrongKey
        return found


def _key_in(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    key = token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "").strip()
    if not key:
        raise Refused(
            401,
            "unauthenticated",
            "Say who you are: send Authorization: Bearer <key>, or X-API-Key: <key>.",
            headers=_CHALLENGE,
        )
    return key


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


class _User(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    id: str = Field(min_length=1)
    name: str | None = None
    key: str | None = Field(default=None, pattern=r"^[!-~]+$")  # what a header can carry
    permissions: list[Literal["read", "write"]] | None = None


class _File(BaseModel):
    # A seed file may serve as the file of keys too; its bookings are not looked at here.
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    users: list[_User] = []


def identity_of(settings: Settings) -> Identity:
    """Choose: the keys that are set, else those of the seed file's users, else development.

    Raises:
        ConfigError: A file cannot be used, or the file of keys has none.
    """
    if settings.keys:
        users = read_keys(settings.keys)
        if not users:
            raise ConfigError(
                f"No user in {settings.keys} has a key",
                'Write {"users": [{"id": "ana", "key": "…"}]}, or unset BATUTA_KEYS.',
            )
        return ApiKeys(users)
    users = read_keys(settings.seed) if settings.seed else {}
    return ApiKeys(users) if users else Development()


def read_keys(path: str | Path) -> dict[str, Principal]:
    """Read the users of a JSON or TOML file who have a key.

    Raises:
        ConfigError: The file cannot be read, or an entry is wrong; no key is ever shown.
    """
    raw = _content(Path(path))
    try:
        users = _File.model_validate(raw).users
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "top"
        # Without its cause, which would hold the keys.
        raise _wrong(path, f"{place}: {first['msg'].lower()}") from None
    made: dict[str, Principal] = {}
    ids: set[str] = set()
    for index, user in enumerate(users):
        if user.id in ids:
            raise _wrong(path, f"users.{index}.id: {user.id!r} appears twice")
        ids.add(user.id)
        if user.key is None:
            continue
        if user.key in made:
            raise _wrong(path, f"users.{index}.key: another user has the same key")
        given = (READ, WRITE) if user.permissions is None else user.permissions
        made[user.key] = Principal(user.id, user.name or user.id, frozenset(given))
    return made


def _content(path: Path) -> Any:
    mend = "Point BATUTA_KEYS to a readable JSON or TOML file."
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"File of keys {path}: {_plain(error)}", mend) from error
    try:
        return tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (ValueError, RecursionError) as error:
        # json's error holds the whole document.
        raise ConfigError(f"File of keys {path}: {_plain(error)}", mend) from None


def _plain(error: Exception) -> str:
    reason = getattr(error, "strerror", None)
    return reason or type(error).__name__


def _wrong(path: str | Path, what: str) -> ConfigError:
    return ConfigError(f"File of keys {path}, {what}", "Mend the entry.")


def check_binding(host: str, identity: Identity) -> None:
    """Refuse to listen where others could come without a key.

    Raises:
        ConfigError: The host is not this machine alone, and nobody must prove who they are.
    """
    if not identity.proves and not is_loopback(host):
        raise ConfigError(
            f"Host {host or '(all)'} can be reached from other machines, and no API keys are set",
            "Set BATUTA_KEYS to a file with users and keys, or BATUTA_HOST to 127.0.0.1.",
        )
