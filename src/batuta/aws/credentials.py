"""Whether AWS credentials and a region are set on this machine; asks nobody."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError  # pyright: ignore[reportMissingTypeStubs]
from botocore.session import Session  # pyright: ignore[reportMissingTypeStubs]

from batuta.core.redaction import mask_logs, redacted_text

_HOW = (
    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; a role of the machine works "
    "too."
)
# These ask a service of AWS's, and take a while where there is none.
_REMOTE = ("iam-role", "container-role")


def missing_identity(region: str, section: str) -> tuple[str, str] | None:
    """Say what calls of AWS lack here, and how to mend it; None where nothing.

    Args:
        region: The one that the settings give; empty for none.
        section: Of the settings, that names one.
    """
    mask_logs("botocore")
    session: Any = Session()
    try:
        region = region or session.get_config_variable("region")
        providers = session.get_component("credential_provider")
        for name in _REMOTE:
            providers.remove(name)
        credentials = session.get_credentials()
    except BotoCoreError as error:
        return f"AWS's settings cannot be used: {redacted_text(error)}", "Mend ~/.aws/config."
    if not region:
        return "no AWS region is set", f"Set AWS_REGION, or region in [{section}]."
    if credentials is None:
        return "no AWS credentials are set here", _HOW
    return None
