"""What goes into a package: the extras that a style needs, and what nobody reads at run time."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from batuta.core.model import CHAIN
from batuta.errors import ConfigError
from batuta.models.vendors import PROVIDERS
from batuta.styles import find_style

LAMBDA = "lambda"
"""The extra of the Lambda entry and its stores."""

# What that extra holds too; and agents apart are functions there, called by AWS's own API.
_IN_LAMBDA = {"aws", "grpc", "standin"}

AWS_SERVICES = (
    *("bedrock-agent-runtime", "bedrock-runtime", "dynamodb", "lambda", "secretsmanager"),
    *("sso", "sso-oidc", "sts"),
)
"""Descriptions of AWS's services that are kept; botocore has those of some four hundred."""

UNREACHED = (
    *("agents/extensions", "agents/realtime", "agents/testing", "agents/voice"),
    *("openai/resources/admin", "openai/resources/beta", "openai/types/admin", "openai/types/beta"),
    *("openai/resources/live", "openai/resources/realtime"),
    *("openai/types/live", "openai/types/realtime"),
)
"""Folders of dependencies that neither we nor what we import of them ever import."""

_OF_THE_INSTALLATION = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")
_OF_THE_ENVIRONMENT = ("_virtualenv.py", "_virtualenv.pth", ".lock")
_KEPT_BY_BOTOCORE = ("endpoints.json", "partitions.json", "sdk-default-configuration.json")


def extras_of(style: str, model: str = "", more: Sequence[str] = ()) -> tuple[str, ...]:
    """Give the extras that a style needs with its models.

    Args:
        model: Names as ``provider:model``, several joined by ``|``; offline needs none.
        more: Further ones, such as ``rag``.

    Raises:
        ConfigError: There is no such style or provider.
    """
    found = {LAMBDA, *(set(find_style(style).extras) - _IN_LAMBDA), *more}
    for name in filter(None, (part.strip() for part in model.split(CHAIN))):
        provider = name.partition(":")[0]
        if provider == "offline":
            continue
        if provider == "local":
            raise ConfigError(
                f"Model {name} cannot be packaged: its weights are no part of a zip",
                "Serve it where it stands, and name it compatible:… with its address.",
            )
        if provider not in PROVIDERS:
            known = ", ".join(["offline", *PROVIDERS])
            raise ConfigError(f"There is no provider {provider!r}", f"Providers: {known}.")
        found.add(PROVIDERS[provider].extra)
    return tuple(sorted(found))


def unreached_packages(extras: Sequence[str]) -> tuple[str, ...]:
    """List what dependencies ask for and our own code never reaches.

    Two count tokens for OpenAI's embeddings, which only questions to documents make; one is for
    conversations by voice.
    """
    return ("websockets",) if "rag" in extras else ("regex", "tiktoken", "websockets")


def prune(folder: Path, *, own: bool) -> None:
    """Remove what an installation leaves behind and what no import can reach.

    Nothing is removed by its ending but type stubs: packages read all sorts of files of their own.

    Args:
        own: The project is this package itself: what it imports is known.
    """
    for name in UNREACHED if own else ():
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in _OF_THE_ENVIRONMENT:
        (folder / name).unlink(missing_ok=True)
    for cache in sorted(folder.rglob("__pycache__")):
        shutil.rmtree(cache)
    for stub in sorted(folder.rglob("*.pyi")):
        stub.unlink()
    for told in sorted(folder.glob("*.dist-info")):
        for name in _OF_THE_INSTALLATION:
            (told / name).unlink(missing_ok=True)
    _prune_services(folder / "botocore" / "data")
    # Examples for boto3's own documentation.
    shutil.rmtree(folder / "boto3" / "examples", ignore_errors=True)


def _prune_services(data: Path) -> None:
    if not data.is_dir():
        return
    for entry in sorted(data.iterdir()):
        if entry.is_dir() and entry.name not in AWS_SERVICES:
            shutil.rmtree(entry)
        elif entry.is_file() and entry.name.partition(".gz")[0] not in _KEPT_BY_BOTOCORE:
            entry.unlink()
