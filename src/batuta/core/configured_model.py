"""A model with settings of its own, and what becomes of them on the way to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from batuta.core.model import (
    Abilities,
    Emit,
    Model,
    ModelReply,
    ModelRequest,
    abilities_of,
    ignore,
    unheard,
)
from batuta.core.model_settings import UNSET, ModelSettings

if TYPE_CHECKING:
    from batuta.core.trace import Trace

_CHECK = "batuta.models.vendors.setting_rules"
_UNHEARD = (None, "none")


@dataclass(frozen=True, slots=True)
class ConfiguredModel:
    """A model with settings of its own; stands wherever a model is named.

    Args:
        model: A model, its name, or None for the run's default.

    Raises:
        ConfigError: The vendor or the model does not take a setting; says which and what to do.
    """

    model: str | Model | None = None
    settings: ModelSettings = UNSET

    def __post_init__(self) -> None:
        if isinstance(self.model, ConfiguredModel):
            inner = self.model
            object.__setattr__(self, "settings", self.settings.over(inner.settings))
            object.__setattr__(self, "model", inner.model)
        if self.model is not None:
            check_settings(self.name, self.settings)

    @property
    def name(self) -> str:
        """The model's name; empty for the run's default."""
        inner = self.model
        return inner if isinstance(inner, str) else "" if inner is None else inner.name

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Ask the model itself, where it is one; a Run finds one by its name.

        Raises:
            ModelError: As the model raises it.
            ValueError: It is a name.
        """
        inner = self.model
        if inner is None or isinstance(inner, str):
            raise ValueError(f"Ask {inner or 'the default model'} through a Run, which finds it.")
        return await inner.reply(with_settings(request, self.settings), emit)

    async def abilities(self) -> Abilities:
        """See ``AbleModel.abilities``: the model's, where it is one."""
        inner = self.model
        return Abilities() if inner is None or isinstance(inner, str) else await abilities_of(inner)


def check_settings(model: str, settings: ModelSettings) -> None:
    """See that a model takes settings.

    Args:
        model: As ``provider:model``, or several joined by ``|``, each of which must.

    Raises:
        ConfigError: It does not.
    """
    if settings != UNSET:
        # What vendors take is known where their wires are, above this room, and found by name.
        import_module(_CHECK).check(model, settings)


def with_settings(request: ModelRequest, farther: ModelSettings) -> ModelRequest:
    """Give a request settings that hold where it has none of its own."""
    settings = request.settings.over(farther)
    most = request.max_output_tokens
    return replace(
        request,
        settings=settings,
        max_output_tokens=settings.max_output_tokens if most is None else most,
    )


def configured(
    request: ModelRequest, model: str | Model | None, farther: ModelSettings | None
) -> tuple[ModelRequest, str | Model | None]:
    """Give a request with the settings of its model and of its run, and the model without them.

    Args:
        farther: The run's.
    """
    settings = farther or UNSET
    if isinstance(model, ConfiguredModel):
        settings, model = model.settings.over(farther), model.model
    return with_settings(request, settings), model


def listen(
    request: ModelRequest, trace: Trace, where: tuple[str, str]
) -> tuple[Emit, ModelRequest]:
    """Have a call told to whoever listens: its text, and where they are wanted, its thoughts.

    A structured reply streams too, but its JSON is not for people to read.

    Args:
        where: Its span, and the one around it.
    """
    emit = partial(trace.text, *where) if request.output is None else unheard
    if request.settings.reasoning_summary in _UNHEARD:
        return emit, request
    return emit, replace(request, think=partial(trace.text, *where, thoughts=True))
