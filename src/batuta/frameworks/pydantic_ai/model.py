"""Pydantic AI's model interface on our Run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models import Model
from pydantic_ai.usage import RequestUsage

from batuta.core.message import Message
from batuta.core.model import ModelRequest, ToolSchema
from batuta.frameworks.pydantic_ai.messages import from_library

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelResponsePart
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.settings import ModelSettings

    from batuta.core.model import ModelReply
    from batuta.frameworks.driving import Driving


class PydanticAIModel(Model):
    """Asks through the run what the library asks; ``answered`` is the last reply as an answer."""

    def __init__(self, driving: Driving) -> None:
        super().__init__()
        self._driving = driving
        self.answered = Message.assistant("")

    @property
    def model_name(self) -> str:
        """The name by which the library knows it."""
        return "batuta"

    @property
    def system(self) -> str:
        """The provider by which the library knows it."""
        return "batuta"

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
        _, parameters = self.prepare_request(model_settings, model_request_parameters)
        tools = tuple(
            ToolSchema(tool.name, tool.description or "", tool.parameters_json_schema)
            for tool in parameters.function_tools
        )
        said = from_library(messages, self._driving)
        asked = ModelRequest((self._driving.spec.instructions, *said), tools)
        reply, calls = await self._driving.ask(asked)
        parts: list[ModelResponsePart] = [
            ToolCallPart(call.name, dict(call.arguments), call.id) for call in calls
        ]
        if not calls:
            self.answered = reply.answer()
        text = reply.text if calls else self.answered.text
        if text or not calls:
            parts.insert(0, TextPart(text))
        return ModelResponse(parts, usage=_usage(reply), model_name=reply.model)


def _usage(reply: ModelReply) -> RequestUsage:
    used = reply.usage
    return RequestUsage(
        input_tokens=used.input_tokens,
        output_tokens=used.output_tokens,
        cache_read_tokens=used.cached_tokens,
        cache_write_tokens=used.cache_write_tokens,
    )
