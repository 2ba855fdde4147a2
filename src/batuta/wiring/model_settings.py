"""Settings of models, followed to every model of a style before the first run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from batuta.core.configured_model import ConfiguredModel, check_settings
from batuta.core.model import Model
from batuta.core.model_settings import UNSET, ModelSettings
from batuta.errors import ConfigError, InvalidInput
from batuta.models.vendors.attachment_rules import check_attachments

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.agent import Agent
    from batuta.core.attachment import Attachment
    from batuta.settings import Settings
    from batuta.styles import AppStyle

_AT_AWS = "bedrock-agent:"


def base_of(app: App, settings: Settings, *, managed: bool = False) -> ModelSettings:
    """Give what holds for every model of an App where nobody nearer to it sets the same.

    Args:
        managed: AWS asks its model by itself, and is told of no limit.
    """
    base = app.model_settings.get("default", UNSET)
    if settings.max_output_tokens and not managed:
        return base.over(ModelSettings(max_output_tokens=settings.max_output_tokens))
    return base


class StyleSettings(NamedTuple):
    """What the models of a style are asked with, and by which names they go.

    Args:
        default: Name of the model of whoever has none.
        base: Of every model, farthest away.
        own: The style's.
        asked: The models of its agents, each with what it sets itself.
    """

    default: str
    base: ModelSettings
    own: ModelSettings
    asked: tuple[tuple[str, ModelSettings], ...]

    @classmethod
    def of(
        cls, found: AppStyle, agents: Sequence[Agent], *, default: Model, base: ModelSettings
    ) -> StyleSettings:
        """Look through a style's agents for the models that they name.

        Raises:
            ConfigError: One of them does not take what is set for it.
        """
        own = found.app.model_settings.get(found.key, UNSET)
        if found.style.runs == "managed":  # AWS asks its model by itself
            asked = [(_AT_AWS, UNSET)]
        else:
            asked = [_named(model) for agent in agents for model in _models_in(agent, set())]
        made = cls(default.name, base, own, tuple(asked))
        made.check(UNSET)
        return made

    def take(self, settings: ModelSettings) -> None:
        """See that every model takes what a message brings.

        Raises:
            InvalidInput: One does not.
        """
        try:
            self.check(settings)
        except ConfigError as error:
            raise InvalidInput(error.what, error.mend) from error

    def check(self, nearer: ModelSettings) -> None:
        """See that every model takes what it would be asked with.

        Args:
            nearer: What a run brings.

        Raises:
            ConfigError: One does not.
        """
        around = self.own.over(nearer.over(self.base))
        for name, settings in self.asked or (("", UNSET),):
            check_settings(name or self.default, settings.over(around))


def check_shown_to(
    agents: Sequence[Agent], default: str, attachments: Sequence[Attachment], *, managed: bool
) -> None:
    """See that a style's agents of this process have a model that can be shown attachments.

    Which one is asked with them is the agents' to decide; one that cannot is told of before it is.

    Raises:
        InvalidInput: None of them can.
    """
    named = (
        [_AT_AWS]
        if managed
        else [_named(model)[0] or default for agent in agents for model in _models_in(agent, set())]
    )
    refused: InvalidInput | None = None
    for name in named:
        try:
            check_attachments(name, attachments)
        except InvalidInput as error:
            refused = refused or error
        else:
            return
    if refused is not None:
        raise refused


def _named(model: str | Model | None) -> tuple[str, ModelSettings]:
    if isinstance(model, ConfiguredModel):
        return model.name, model.settings
    return (model if isinstance(model, str) else "" if model is None else model.name), UNSET


def _models_in(held: Any, seen: set[int]) -> Iterator[Any]:
    """Give every model that something names, however deep in its fields; None is the default."""
    if id(held) in seen or isinstance(held, str | bytes | int | float | type):
        return
    seen.add(id(held))
    if isinstance(held, Mapping):
        for each in cast("Mapping[Any, Any]", held).values():
            yield from _models_in(each, seen)
    elif isinstance(held, list | tuple):
        for each in cast("Sequence[Any]", held):
            yield from _models_in(each, seen)
    elif is_dataclass(held):
        for field in fields(held):
            value = getattr(held, field.name, None)
            if field.name == "model" and (value is None or isinstance(value, str | Model)):
                yield value
            else:
                yield from _models_in(value, seen)
