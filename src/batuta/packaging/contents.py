"""What goes into a package: the extras that a style needs, and what nobody reads at run time."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from batuta.catalog import pattern
from batuta.errors import ConfigError
from batuta.models.vendors import PROVIDERS

LAMBDA = "lambda"
"""The extra of the Lambda entry and its stores."""

AWS_SERVICES = (
    *("bedrock-agent-runtime", "bedrock-runtime", "dynamodb", "lambda", "secretsmanager"),
    *("sso", "sso-oidc", "sts"),
)
"""Descriptions of AWS's services that are kept; botocore has those of some four hundred."""

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
    # Agents apart are functions there, called by AWS's own API.
    found = {LAMBDA, *pattern(style).extra.split(","), *more} - {"grpc"}
    for name in filter(None, (part.strip() for part in model.split("|"))):
        provider = name.partition(":")[0]
        if provider == "offline":
            continue
        if provider not in PROVIDERS:
            known = ", ".join(["offline", *PROVIDERS])
            raise ConfigError(f"There is no provider {provider!r}", f"Providers: {known}.")
        found.add(PROVIDERS[provider].extra)
    return tuple(sorted(found - {""}))


def prune(folder: Path) -> None:
    """Remove what an installation leaves behind and what no import can reach.

    Nothing is removed by its ending but type stubs: packages read all sorts of files of their own.
    """
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
