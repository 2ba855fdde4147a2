"""Picks models: by name, by the settings, by what an App says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batuta.models.named import DEFAULT_MODEL, NamedModels
from batuta.telemetry.prices import load_price_list_aside

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.model import Model
    from batuta.models.vendors import VendorAccess
    from batuta.settings import Settings


def models(default: str | Model = DEFAULT_MODEL, settings: Settings | None = None) -> NamedModels:
    """Make what picks a model by name.

    Args:
        default: What None means.
        settings: Keys, addresses and limits; None reads them when a vendor's model is wanted.
    """

    def reach(provider: str) -> tuple[VendorAccess, int, float]:
        from batuta.settings import read_settings

        load_price_list_aside()
        chosen = settings or read_settings()
        return access_of(provider, chosen), chosen.concurrent_model_calls, chosen.caller_share

    return NamedModels(default, reach, {DEFAULT_MODEL: _offline})


def _offline() -> Model:
    from batuta.offline import OfflineModel

    return OfflineModel()


def access_of(provider: str, settings: Settings) -> VendorAccess:
    """Give the key, address and limits of a provider."""
    from batuta.models.vendors import VendorAccess
    from batuta.settings import VendorSettings

    vendor = settings.vendors.get(provider.removesuffix("-chat"), VendorSettings())
    return VendorAccess(
        key=vendor.key,
        base_url=vendor.base_url,
        region=vendor.region,
        timeout_s=settings.model_seconds,
        reply_bytes=settings.reply_bytes,
    )


def default_model(app: App, settings: Settings) -> str | Model:
    """Give the model of whatever has none of its own: the settings', else the App's."""
    chosen = settings.default_model
    return chosen if chosen != DEFAULT_MODEL else app.models.get("default", DEFAULT_MODEL)
