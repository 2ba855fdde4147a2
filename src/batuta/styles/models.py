"""What of an App can have a model of its own, and settings of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from batuta.errors import ConfigError
from batuta.styles.mcp import with_mcp
from batuta.styles.table import STYLES

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.model import Model
    from batuta.settings import Settings


def model_names(app: App) -> tuple[str, ...]:
    """List what can have a model of its own: default, styles, steps, specialists."""
    own = [style.model for style in STYLES if style.model]
    members = [name for style in STYLES for name in style.member_names(app)]
    return tuple(dict.fromkeys(["default", *own, *members, *app.models]))


def setting_names(app: App) -> tuple[str, ...]:
    """List what can have model settings of its own: what can have a model, styles, compositions."""
    keys = [style.key for style in STYLES if style.kind == "control"]
    return tuple(dict.fromkeys([*model_names(app), *keys, *app.compositions]))


def set_up(app: App, settings: Settings) -> App:
    """Give an App the models, settings of models and MCP servers that the settings here name.

    Raises:
        ConfigError: It has nothing of such a name, or a model does not take a setting.
    """
    app = with_models(with_mcp(app, settings), settings.models)
    chosen, known = settings.model_settings, setting_names(app)
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise ConfigError(
            f"[model_settings] has {', '.join(unknown)}, which App {app.name} has not",
            f"What can have settings: {', '.join(known)}.",
        )
    held = app.model_settings
    nearer = {name: made.over(held.get(name)) for name, made in chosen.items()}
    return replace(app, model_settings={**held, **nearer}) if nearer else app


def with_models(app: App, chosen: Mapping[str, str | Model]) -> App:
    """Give an App other models for some of its steps, specialists or styles.

    Raises:
        ConfigError: It has none of that name.
    """
    known = model_names(app)
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise ConfigError(
            f"[models] has {', '.join(unknown)}, which App {app.name} has not",
            f"What can have a model: {', '.join(known)}.",
        )
    return replace(app, models={**app.models, **chosen})
