"""Connects to Bedrock Converse. boto3 blocks, so each call has a thread; see ``aws``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import anyio.to_thread
from pydantic_ai.models.bedrock import BedrockConverseModel
from pydantic_ai.providers.bedrock import BedrockModelProfile, BedrockProvider

from batuta.aws.client import ClientOptions, sdk_client
from batuta.aws.errors import raised_by_aws
from batuta.aws.guard import Guard
from batuta.models.vendors.wire import SCHEMAS_AS_THEY_ARE, VendorWire

if TYPE_CHECKING:
    from pydantic_ai.profiles import ModelProfile

    from batuta.models.vendors.access import VendorAccess


def connect(name: str, access: VendorAccess) -> VendorWire:
    """Make the way to a model, given as ``provider:model``.

    Raises:
        ConfigError: boto3 finds no region or cannot use what is set.
    """
    options = ClientOptions(
        region=access.region, endpoint_url=access.base_url, timeout_s=access.timeout_s
    )
    client = sdk_client("bedrock-runtime", options, what="Bedrock", section="bedrock")
    model = name.partition(":")[2]
    # Of a family that nobody knows, such as behind an ARN, the whole of Converse is expected.
    known = BedrockProvider.model_profile(model) is not None
    base = BedrockModelProfile()
    if not known:
        base["bedrock_supports_tool_choice"] = True
    provider = BedrockProvider(bedrock_client=client)
    dresser = BedrockConverseModel(model, provider=provider, profile=base)
    plain = cast("ModelProfile", {**base, **SCHEMAS_AS_THEY_ARE})

    async def close() -> None:
        await anyio.to_thread.run_sync(client.close)

    profile: Any = dresser.profile
    return VendorWire(
        model=BedrockConverseModel(model, provider=provider, profile=plain),
        dresser=dresser,
        close=close,
        raises=raised_by_aws(),
        takes_temperature=not (
            profile.get("anthropic_disallows_sampling_settings")
            or profile.get("bedrock_disallows_sampling_settings")
        ),
        guard=Guard(access.reply_bytes),
    )
