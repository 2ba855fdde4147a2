"""Opens what a command works on: settings, App, assistants, records."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batuta.core.principal import LOCAL, Principal
from batuta.errors import ConfigError, InvalidInput

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.attachment import Attachment
    from batuta.core.model import Model
    from batuta.core.model_settings import ModelSettings
    from batuta.settings import Settings

TENNIS = "tennis"


def settings_for(
    home: Path | None = None, now: str = "", model: str = "", *, framework: str = ""
) -> Settings:
    """Read the settings, with what the command line says on top.

    Raises:
        ConfigError: A setting is wrong.
    """
    from batuta.settings import read_settings

    settings = read_settings()
    if model:
        settings = replace(settings, model=model, models={**settings.models, "default": model})
    framework = framework or settings.framework
    return replace(
        settings, home=home or settings.home, now=now or settings.now, framework=framework
    )


async def attachments_for(
    given: Sequence[str] | None, settings: Settings
) -> tuple[Attachment, ...]:
    """Read the images and files that the command line names.

    Args:
        given: Paths, or URLs of hosts that the settings allow.

    Raises:
        InvalidInput: One cannot be had, or is of a type that is not taken.
    """
    if not given:
        return ()
    from batuta.core.attachment import Attachment
    from batuta.web import FetchLimits, fetch_attachment

    limits = FetchLimits.of(
        settings.attachment_urls,
        most_bytes=settings.attachment_bytes,
        seconds=settings.url_seconds,
    )
    return tuple(
        [
            await fetch_attachment(each, limits) if "://" in each else Attachment.read(each)
            for each in given
        ]
    )


def model_settings_for(
    given: Sequence[str] | None, *, reasoning: bool = False
) -> ModelSettings | None:
    """Read what the command line says of how models are asked; None where it says nothing.

    Args:
        given: As ``name=value``; a value is JSON where it is that, else a word.
        reasoning: Ask for summaries of thoughts too.

    Raises:
        InvalidInput: It is no such thing, or out of its range.
    """
    from batuta.core.model_settings import ModelSettings

    said: dict[str, Any] = {"reasoning_summary": "auto"} if reasoning else {}
    for each in given or ():
        name, equals, value = each.partition("=")
        if not equals:
            raise InvalidInput(f"--set {each} has no value", "Write --set name=value.")
        try:
            said[name.strip()] = json.loads(value)
        except ValueError:
            said[name.strip()] = value
    try:
        return ModelSettings.from_json(said) if said else None
    except ValueError as error:
        raise InvalidInput(str(error).rstrip("."), "Mend --set.") from error


def principal_for(user: str) -> Principal:
    """Give the identity: the person at this machine, or somebody by name."""
    return Principal(user, user) if user else LOCAL


def find_modules_here() -> None:
    """Let modules of the current folder be imported, as ``python -m`` does."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)


async def app_for(name: str, settings: Settings) -> App:
    """Open an App; a module is looked for in the current folder too.

    Raises:
        ConfigError: There is no such App, or its module cannot be imported.
        TennisError: The club's database is busy.
    """
    from batuta.wiring import open_app

    if name != TENNIS:
        find_modules_here()
    return await open_app(name, settings)


def model_object(name: str) -> Model:
    """Give the Model that ``module:attribute`` names; a module is looked for here too.

    Raises:
        ConfigError: There is no such thing, or it is no Model.
    """
    from batuta.core.model import Model

    find_modules_here()
    module, _, attribute = name.partition(":")
    try:
        found: object = getattr(import_module(module), attribute)
    except (ImportError, ValueError, AttributeError) as error:
        raise ConfigError(
            f"There is no model object {name!r}: {error}", "Give it as package.module:attribute."
        ) from error
    if not isinstance(found, Model):
        what = f"{name} is {type(found).__name__}, not a Model"
        raise ConfigError(what, "A Model has a name and an async reply.")
    return found
