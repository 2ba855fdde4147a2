"""A request's tools, output and limits, as pydantic-ai takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition
from pydantic_core import to_json

if TYPE_CHECKING:
    from batuta.core.model import ModelRequest, OutputSchema, ToolSchema
    from batuta.models.vendors.wire import VendorWire

_MOST_KEPT = 128


class VendorParameters:
    """Makes each set of tools and output once: turning schemas is most of an adapter's work."""

    def __init__(self, wire: VendorWire) -> None:
        self._wire = wire
        self._made: dict[bytes, ModelRequestParameters] = {}

    def parameters(self, request: ModelRequest) -> ModelRequestParameters:
        """Give tools and output as the vendor's model wants them."""
        key = _key(request)
        made = self._made.get(key)
        if made is None:
            if len(self._made) >= _MOST_KEPT:
                self._made.clear()
            made = self._made[key] = self._dressed(request)
        return made

    def settings(self, request: ModelRequest) -> ModelSettings:
        """Give the limits of the reply."""
        made = ModelSettings(**self._wire.settings)
        made["max_tokens"] = request.max_output_tokens
        if request.temperature is not None and self._wire.takes_temperature:
            made["temperature"] = request.temperature
        return made

    def _dressed(self, request: ModelRequest) -> ModelRequestParameters:
        wire, output = self._wire, request.output
        made = ModelRequestParameters(function_tools=[_tool(t) for t in request.tools])
        if output is not None:
            made.output_mode = wire.output or "auto"
            made.allow_text_output = False
            made.output_object = OutputObjectDefinition(
                dict(output.schema), output.name, output.description or None
            )
            made.output_tools = [_output_tool(output)] if wire.output != "native" else []
        return wire.dresser.customize_request_parameters(made)


def _key(request: ModelRequest) -> bytes:
    output = request.output
    parts: list[Any] = [[t.name, t.description, t.parameters] for t in request.tools]
    if output is not None:
        parts.append([output.name, output.description, output.schema, None])
    return to_json(parts)


def _tool(schema: ToolSchema) -> ToolDefinition:
    return ToolDefinition(
        name=schema.name,
        parameters_json_schema=dict(schema.parameters),
        description=schema.description,
    )


def _output_tool(output: OutputSchema) -> ToolDefinition:
    return ToolDefinition(
        name=output.name,
        parameters_json_schema=dict(output.schema),
        description=output.description or "Give the final answer by calling this.",
        kind="output",
    )
