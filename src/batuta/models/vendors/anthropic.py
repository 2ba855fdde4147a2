"""Connects to Anthropic Messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
from anthropic import AnthropicError, AsyncAnthropic
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

from batuta.core.wire import ReplyTooLong
from batuta.models.vendors.http_client import http_client
from batuta.models.vendors.wire import SCHEMAS_AS_THEY_ARE, VendorWire

if TYPE_CHECKING:
    from batuta.models.vendors.access import VendorAccess

_OWN_URL = "https://api.anthropic.com"


def connect(name: str, access: VendorAccess) -> VendorWire:
    """Make the way to a model, given as ``provider:model``."""
    model = name.partition(":")[2]
    client = AsyncAnthropic(
        api_key=access.key.reveal() or "none",
        base_url=access.base_url or _OWN_URL,
        max_retries=0,
        http_client=http_client(access),
    )
    provider = AnthropicProvider(anthropic_client=client)
    dresser = AnthropicModel(model, provider=provider)
    return VendorWire(
        model=AnthropicModel(model, provider=provider, profile=SCHEMAS_AS_THEY_ARE),
        dresser=dresser,
        close=client.close,
        raises=(AnthropicError, httpx2.HTTPError, ReplyTooLong),
        takes_temperature=not dresser.profile.get("anthropic_disallows_sampling_settings", False),
    )
