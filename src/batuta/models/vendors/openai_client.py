"""The OpenAI SDK's client, for whatever speaks one of OpenAI's formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
from openai import APIStatusError, AsyncOpenAI, OpenAIError

from batuta.core.wire import ReplyTooLong
from batuta.models.vendors.http_client import http_client
from batuta.models.vendors.http_wire import HttpWire

if TYPE_CHECKING:
    from batuta.models.vendors.access import VendorAccess
    from batuta.models.vendors.http_wire import HttpFormat

_OWN_URL = "https://api.openai.com/v1"


def openai_client(access: VendorAccess) -> AsyncOpenAI:
    """Make a client that tries nothing again by itself."""
    return AsyncOpenAI(
        api_key=access.key.reveal() or "none",
        base_url=access.base_url or _OWN_URL,
        max_retries=0,
        http_client=http_client(access),
    )


def openai_wire(format_: HttpFormat, access: VendorAccess) -> HttpWire:
    """Make the way to a model, in a format."""
    return HttpWire(
        openai_client(access),
        format_,
        APIStatusError,
        (OpenAIError, httpx2.HTTPError, ReplyTooLong),
    )
