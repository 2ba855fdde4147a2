"""Models by name: one of our own, a vendor's, or a chain of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from batuta.core.configured_model import ConfiguredModel
from batuta.core.model import CHAIN, abilities_of
from batuta.errors import ConfigError

if TYPE_CHECKING:
    from batuta.core.model import Abilities, Model
    from batuta.models.local import LocalModel
    from batuta.models.vendors import VendorAccess, VendorModel

DEFAULT_MODEL = "offline:rules"
AccessLookup = Callable[[str], "tuple[VendorAccess, int, float]"]
"""Says of a provider how to reach it, how many calls of one model may be under way, and which part
of them may be one principal's."""


class NamedModels:
    """Picks models by name; each is made once, on first use.

    Args:
        default: What None means.
        reach: Asked when a vendor's model is made.
        own: Makes those of no vendor, by their whole name.
    """

    def __init__(
        self, default: str | Model, reach: AccessLookup, own: Mapping[str, Callable[[], Model]]
    ) -> None:
        self._default = default
        self._reach = reach
        self._own = own
        self._made: dict[str, Model] = {}
        self._open: dict[str, VendorModel | LocalModel] = {}

    def __call__(self, name: str | Model | None = None) -> Model:
        """Give the model of that name; several names joined by ``|`` are tried in turn.

        Raises:
            ConfigError: There is no such model, or it lacks a key, an address or an extra.
        """
        wanted = self._default if name is None else name
        if not isinstance(wanted, str):
            return wanted
        made = self._made.get(wanted)
        if made is None:
            made = self._made[wanted] = self._make(wanted)
        return made

    async def connect(self) -> None:
        """Load the SDKs of the models made so far, so that no run waits for them."""
        for model in self._open.values():
            await model.connect()

    async def aclose(self) -> None:
        """Close the vendors' connections; a later call makes new ones."""
        for model in self._open.values():
            await model.aclose()

    async def abilities(self, name: str | Model | None = None) -> Mapping[str, Abilities]:
        """Ask each model of a name what it can; one whose vendor is not asked says nothing.

        Args:
            name: As for a call, or a model itself; None asks the default.

        Raises:
            ConfigError: It cannot be used.
        """
        if isinstance(name, ConfiguredModel):
            name = name.model
        model = self(name)
        wanted = self._default if name is None else name
        if not isinstance(wanted, str):
            return {model.name: await abilities_of(model)}
        names = [each.strip() for each in wanted.split(CHAIN)]
        return {each: await self._open[each].abilities() for each in names if each in self._open}

    def _make(self, name: str) -> Model:
        if CHAIN in name:
            from batuta.errors import missing_extra
            from batuta.models.fallback import FallbackModel
            from batuta.models.vendors import lacking_extras_of

            parts = [part.strip() for part in name.split(CHAIN)]
            if lacking := lacking_extras_of(parts):  # all at once, not one after the other
                raise missing_extra(f"Model {name} cannot be used", *lacking)
            return FallbackModel([self(part) for part in parts])
        own = self._own.get(name)
        return self._vendor(name) if own is None else own()

    def _vendor(self, name: str) -> Model:
        from batuta.models.limited import LimitedModel
        from batuta.models.vendors import PROVIDERS

        provider = name.partition(":")[0]
        if provider not in PROVIDERS:
            own = ", ".join(self._own)
            raise ConfigError(
                f"There is no model {name!r} here",
                f"Write {own}, or provider:model with one of {', '.join(PROVIDERS)}.",
            )
        access, at_once, share = self._reach(provider)
        model = self._open[name] = _opened(name, provider, access)
        return LimitedModel(model, at_once, share)


def _opened(name: str, provider: str, access: VendorAccess) -> VendorModel | LocalModel:
    if provider == "local":
        from batuta.models.local import LocalModel

        return LocalModel(name, access)
    from batuta.models.vendors import VendorModel

    return VendorModel(name, access)
