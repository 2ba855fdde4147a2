"""Whether AWS credentials and a region are set on this machine; asks nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError  # pyright: ignore[reportMissingTypeStubs]
from botocore.session import Session  # pyright: ignore[reportMissingTypeStubs]

from batuta.core.redaction import mask_logs, redacted_text
from batuta.models.vendors.access import Lack

if TYPE_CHECKING:
    from batuta.models.vendors.access import Access

# These ask a service of AWS's, and take a while where there is none.
_REMOTE = ("iam-role", "container-role")


def aws_lack(access: Access) -> Lack | None:
    """Say what Bedrock lacks here; None where boto3 finds all that it needs."""
    mask_logs("botocore")
    session: Any = Session()
    try:
        region = access.region or session.get_config_variable("region")
        providers = session.get_component("credential_provider")
        for name in _REMOTE:
            providers.remove(name)
        credentials = session.get_credentials()
    except BotoCoreError as error:
        return Lack(f"AWS's settings cannot be used: {redacted_text(error)}", "Mend ~/.aws/config.")
    if not region:
        return Lack("no AWS region is set", "Set AWS_REGION, or region in [bedrock].")
    if credentials is None:
        return Lack(
            "no AWS credentials are set here",
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; a role of the "
            "machine works too.",
        )
    return None
