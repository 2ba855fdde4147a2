"""Secret settings from AWS Secrets Manager, so that they stand in no environment and no state."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, cast

from batuta.core.redaction import redacted_text
from batuta.errors import ConfigError, missing_extra

SECRETS_ARN = "BATUTA_SECRETS_ARN"
"""Names the secret: a JSON object of environment variables to values."""


def environment_with_secrets(environment: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Give the environment, and over it the secret that it names; without one asks AWS nothing.

    Args:
        environment: None takes the process's own.

    Raises:
        ConfigError: The secret cannot be read, or is no JSON object of texts.
    """
    source = os.environ if environment is None else environment
    arn = source.get(SECRETS_ARN, "")
    return {**source, **_read(arn)} if arn else source


def _read(arn: str) -> dict[str, str]:
    text = _fetched(arn)
    try:
        found: object = json.loads(text)
    except ValueError:
        found = None
    values = cast("dict[str, Any]", found) if isinstance(found, dict) else None
    # What it holds is told to nobody, not even where it is wrong.
    if values is None or not all(isinstance(value, str) for value in values.values()):
        raise ConfigError(
            f"The secret {arn} is no JSON object of texts",
            'Write it as {"OPENAI_API_KEY": "…"}.',
        )
    return values


def _fetched(arn: str) -> str:
    try:
        from botocore.config import Config  # pyright: ignore[reportMissingTypeStubs]
        from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
            BotoCoreError,
            ClientError,
        )
        from botocore.session import Session  # pyright: ignore[reportMissingTypeStubs]
    except ModuleNotFoundError as error:
        raise missing_extra("boto3 is not installed", "aws") from error
    config = Config(connect_timeout=3.0, read_timeout=3.0, retries={"total_max_attempts": 3})
    session: Any = Session()
    region = arn.split(":")[3] if arn.count(":") > 3 else None
    try:
        client = session.create_client("secretsmanager", region_name=region, config=config)
        try:
            return client.get_secret_value(SecretId=arn).get("SecretString", "")
        finally:
            client.close()
    except (BotoCoreError, ClientError) as error:
        raise ConfigError(
            f"The secret {arn} cannot be read: {redacted_text(error)}",
            "The function's role needs secretsmanager:GetSecretValue on it, and it needs a value.",
        ) from error
