"""Pydantic AI's model interface on our Run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models import Model
from pydantic_ai.usage import RequestUsage

from batuta.frameworks.pydantic_ai.messages import from_library

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelResponsePart
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.settings import ModelSettings

    from batuta.core.message import ToolCall
    from batuta.core.model import Usage
    from batuta.frameworks.driving import Driving


class BatutaModel(Model):
    """What the library calls a model, by the one name that it has for ours."""

    @property
    def model_name(self) -> str:
        """The name by which the library knows it."""
        return "batuta"

    @property
    def system(self) -> str:
        """The provider by which the library knows it."""
        return "batuta"


class PydanticAIModel(BatutaModel):
    """Asks through the run what the library asks."""

    def __init__(self, driving: Driving) -> None:
        super().__init__()
        self._driving = driving

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Ask, and give the reply as the library's parts.

        Raises:
            ModelError: No usable reply.
            BudgetExceeded: A limit would be passed.
        """
        said = await self._driving.turn(from_library(messages, self._driving))
        parts = parts_of(said.text, said.tool_calls)
        return ModelResponse(parts, usage=usage_of(self._driving.used), model_name=self.model_name)


def parts_of(text: str, calls: Iterable[ToolCall]) -> list[ModelResponsePart]:
    """Give a reply's text and calls as the library's parts."""
    parts: list[ModelResponsePart] = [
        ToolCallPart(call.name, dict(call.arguments), call.id) for call in calls
    ]
    if text or not parts:
        parts.insert(0, TextPart(text))
    return parts


def usage_of(used: Usage) -> RequestUsage:
    """Give what a reply took as the library counts it."""
    return RequestUsage(
        input_tokens=used.input_tokens,
        output_tokens=used.output_tokens,
        cache_read_tokens=used.cached_tokens,
        cache_write_tokens=used.cache_write_tokens,
    )
