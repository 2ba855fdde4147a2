"""Opens what a command works on: settings, App, assistants, records."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from batuta.core.principal import LOCAL, Principal
from batuta.errors import ConfigError

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.model import Model
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
