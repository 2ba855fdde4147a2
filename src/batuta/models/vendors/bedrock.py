"""Connects to Bedrock Converse. boto3 blocks, so each call has a thread; see ``aws_calls``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import anyio.to_thread
from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
    BotoCoreError,
    ClientError,
)
from pydantic_ai.models.bedrock import BedrockConverseModel
from pydantic_ai.providers.bedrock import BedrockModelProfile, BedrockProvider
from urllib3.exceptions import HTTPError

from batuta.aws.client import Guard, client_of
from batuta.core.redaction import redacted_text
from batuta.core.wire import ReplyTooLong
from batuta.errors import ConfigError
from batuta.models.vendors.wire import SCHEMAS_AS_THEY_ARE, Wire

if TYPE_CHECKING:
    from pydantic_ai.profiles import ModelProfile

    from batuta.models.vendors.access import Access


def connect(name: str, access: Access) -> Wire:
    """Make the way to a model, given as ``provider:model``.

    Raises:
        ConfigError: boto3 finds no region or cannot use what is set.
    """
    try:
        client = client_of(
            "bedrock-runtime", access.timeout_s, access.base_url, region_name=access.region or None
        )
    except BotoCoreError as error:
        raise ConfigError(
            f"Bedrock cannot be used: {redacted_text(error).rstrip('.')}",
            "Set AWS_REGION, or region in [bedrock], and credentials.",
        ) from error
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
    return Wire(
        model=BedrockConverseModel(model, provider=provider, profile=plain),
        dresser=dresser,
        close=close,
        raises=(BotoCoreError, ClientError, HTTPError, ReplyTooLong),
        takes_temperature=not (
            profile.get("anthropic_disallows_sampling_settings")
            or profile.get("bedrock_disallows_sampling_settings")
        ),
        guard=Guard(access.reply_bytes),
    )
