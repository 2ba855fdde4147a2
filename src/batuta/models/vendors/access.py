"""The providers, what each needs to be reached, and what is said where that is missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import NamedTuple

from batuta.core.redaction import Secret
from batuta.errors import ConfigError, install_command, missing_extra

TEN_MB = 10_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class VendorAccess:
    """How to reach a provider.

    Args:
        base_url: Empty for the provider's own; not shown, for it may hold a password.
        region: For Bedrock; empty leaves it to boto3.
        timeout_s: Longest that one call may take, to its last byte.
        reply_bytes: Longest reply that is read.
    """

    key: Secret = field(default_factory=Secret)
    base_url: str = field(default="", repr=False)
    region: str = ""
    timeout_s: float = 60.0
    reply_bytes: int = TEN_MB


@dataclass(frozen=True, slots=True)
class Provider:
    """What stands before the colon of a model's name.

    Args:
        extra: Of this package, which brings the modules.
        modules: What must be installed.
        variable: Environment variable with its key; empty where it is started here.
        address: Environment variable with its base URL; empty likewise.
        wire: Module of this package that connects to it.
        about: What it speaks.
    """

    extra: str
    modules: tuple[str, ...]
    variable: str
    address: str
    wire: str
    about: str


_OPENAI = ("openai",)
PROVIDERS: dict[str, Provider] = {
    "openai": Provider(
        "openai",
        _OPENAI,
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "openai_responses",
        "OpenAI Responses",
    ),
    "openai-chat": Provider(
        "openai",
        _OPENAI,
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "openai_chat",
        "OpenAI Chat Completions",
    ),
    "anthropic": Provider(
        "anthropic",
        ("anthropic",),
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_BASE_URL",
        "anthropic",
        "Anthropic Messages",
    ),
    "bedrock": Provider(
        "bedrock",
        ("boto3",),
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE,",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
        "bedrock",
        "Bedrock Converse",
    ),
    "compatible": Provider(
        "openai",
        _OPENAI,
        "BATUTA_COMPATIBLE_KEY",
        "BATUTA_COMPATIBLE_BASE_URL",
        "openai_chat",
        "any URL with OpenAI's Chat Completions",
    ),
    "local": Provider(
        "local",
        ("openai", "xllamacpp"),
        "",
        "",
        "openai_chat",
        "llama.cpp on this machine",
    ),
}

OWN_SERVERS = ("compatible", "local")
"""Providers that are a server of the user's own, which can be asked what its model can."""


class Missing(NamedTuple):
    """What keeps a provider from being used, and how to mend it.

    Args:
        extra: The one that is not installed, where it is that.
    """

    what: str
    mend: str
    extra: str = ""

    def error(self, user: str) -> ConfigError:
        """Make the error of a user, such as a model, that cannot be used for it."""
        what = f"{user} cannot be used: {self.what}"
        return missing_extra(what, self.extra) if self.extra else ConfigError(what, self.mend)


def lacking_extras_of(names: Iterable[str]) -> tuple[str, ...]:
    """List the extras that these models' providers need and that are not installed here.

    Args:
        names: As ``provider:model``; other names need none.
    """
    providers = [PROVIDERS.get(name.partition(":")[0]) for name in names]
    wanted = {p.extra: p.modules for p in providers if p is not None}
    return tuple(extra for extra, modules in wanted.items() if not all(map(find_spec, modules)))


def missing_of(provider: str, access: VendorAccess) -> Missing | None:
    """Say what is missing for a provider; None where nothing is. Makes no call."""
    needs = PROVIDERS[provider]
    absent = [name for name in needs.modules if find_spec(name) is None]
    if absent:
        mend = f"Run: {install_command(needs.extra)}"
        return Missing(f"{' and '.join(absent)} not installed", mend, needs.extra)
    if provider == "compatible" and not access.base_url:
        return Missing(
            f"{needs.address} is not set",
            "Set it to the server's URL, such as http://127.0.0.1:11434/v1 for Ollama.",
        )
    # Another base URL than the vendor's may well want no key; AWS has many ways to give one.
    if provider in {"bedrock", *OWN_SERVERS} or access.key or access.base_url:
        return None
    return Missing(f"{needs.variable} is not set", f"Set it to your key, or {needs.address}.")


def missing_here(provider: str, access: VendorAccess) -> Missing | None:
    """Say what is missing as ``missing_of`` does, and look at AWS's own settings; makes no call."""
    missing = missing_of(provider, access)
    if missing is not None or provider != "bedrock":
        return missing
    from batuta.aws.credentials import missing_identity

    found = missing_identity(access.region, provider)
    return None if found is None else Missing(*found)
