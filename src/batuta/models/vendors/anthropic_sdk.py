"""What is used of Anthropic's SDK, without its beta, its other clouds and its tools.

They are loaded once anybody asks for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batuta.core.deferral import deferred

if TYPE_CHECKING:
    from anthropic import AnthropicError, APIStatusError, AsyncAnthropic
else:
    with deferred("anthropic"):
        from anthropic._client import AsyncAnthropic
        from anthropic._exceptions import AnthropicError, APIStatusError

__all__ = ["APIStatusError", "AnthropicError", "AsyncAnthropic"]
