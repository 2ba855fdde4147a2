"""Connects to OpenAI, Responses or Chat Completions, and to whatever speaks the latter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import httpx2
from openai import AsyncOpenAI, OpenAIError
from pydantic_ai.models.openai import (
    OpenAIChatModel,
    OpenAIResponsesModel,
    OpenAIResponsesModelSettings,
)
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

from batuta.core.wire import ReplyTooLong
from batuta.models.vendors.http_client import http_client
from batuta.models.vendors.wire import SCHEMAS_AS_THEY_ARE, VendorWire

if TYPE_CHECKING:
    from pydantic_ai.profiles import ModelProfile
    from pydantic_ai.settings import ModelSettings

    from batuta.models.vendors.access import VendorAccess

_OWN_URL = "https://api.openai.com/v1"
# A server that speaks OpenAI's protocol promises no more than the oldest of it: the schema goes
# into the instructions too, in one system message, and nothing is sent that only OpenAI knows.
_PLAIN = OpenAIModelProfile(
    supports_json_schema_output=True,
    native_output_requires_schema_in_instructions=True,
    openai_supports_strict_tool_definition=False,
    openai_chat_supports_max_completion_tokens=False,
    openai_chat_supports_multiple_system_messages=False,
)
_OWN = OpenAIModelProfile()


def connect(name: str, access: VendorAccess) -> VendorWire:
    """Make the way to a model, given as ``provider:model``."""
    provider, _, model = name.partition(":")
    client = AsyncOpenAI(
        api_key=access.key.reveal() or "none",
        base_url=access.base_url or _OWN_URL,
        max_retries=0,
        http_client=http_client(access),
    )
    settings: Any = {}
    if provider == "openai":
        settings = OpenAIResponsesModelSettings(openai_store=False)
        kind, theirs, base = OpenAIResponsesModel, OpenAIProvider(openai_client=client), _OWN
    elif provider == "openai-chat":
        kind, theirs, base = OpenAIChatModel, OpenAIProvider(openai_client=client), _OWN
    else:
        kind, base = OpenAIChatModel, _PLAIN
        theirs = OpenAICompatibleProvider("compatible", openai_client=client)
    plain = cast("ModelProfile", {**base, **SCHEMAS_AS_THEY_ARE})
    dresser = kind(model, provider=theirs, profile=base)
    return VendorWire(
        model=kind(model, provider=theirs, profile=plain),
        dresser=dresser,
        close=client.close,
        raises=(OpenAIError, httpx2.HTTPError, ReplyTooLong),
        output="native",
        settings=cast("ModelSettings", settings),
        takes_temperature=_takes_temperature(dresser.profile),
    )


def _takes_temperature(profile: OpenAIModelProfile) -> bool:
    """Whether the model may be told a temperature: not while it reasons."""
    if not profile.get("openai_supports_reasoning", False):
        return True
    can_stop = profile.get("openai_supports_reasoning_effort_none", False)
    return can_stop and not profile.get("thinking_enabled_by_default", False)
