"""What is used of Anthropic's SDK, without its beta, its other clouds and its tools.

They are loaded once anybody asks for them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from batuta.core.deferral import deferred
from batuta.core.garbage import uncollected

if TYPE_CHECKING:
    from anthropic import AnthropicError, APIStatusError, AsyncAnthropic


class AnthropicSdk(NamedTuple):
    """The classes of the SDK that a connection takes."""

    client: type[AsyncAnthropic]
    error: type[AnthropicError]
    status_error: type[APIStatusError]


def load_sdk() -> AnthropicSdk:
    """Import the client and its errors, and no more than they import."""
    with uncollected(), deferred("anthropic"):
        client: Any = import_module("anthropic._client")
        errors: Any = import_module("anthropic._exceptions")
    return AnthropicSdk(client.AsyncAnthropic, errors.AnthropicError, errors.APIStatusError)
