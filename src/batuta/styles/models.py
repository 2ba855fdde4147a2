"""What of an App can have a model of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from batuta.errors import ConfigError
from batuta.styles.table import STYLES

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.model import Model


def model_names(app: App) -> tuple[str, ...]:
    """List what can have a model of its own: default, styles, steps, specialists."""
    own = [style.model for style in STYLES if style.model]
    members = [name for style in STYLES for name in style.member_names(app)]
    return tuple(dict.fromkeys(["default", *own, *members, *app.models]))


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
