"""The JSON Schema of a shape, as a model is told it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel


def json_schema_of(shape: type[BaseModel]) -> dict[str, Any]:
    """Make it anew, without a warning of defaults that are no JSON and so left out."""
    from pydantic.json_schema import GenerateJsonSchema

    class Quiet(GenerateJsonSchema):
        def emit_warning(self, kind: Any, detail: str) -> None:
            """Say nothing."""

    return shape.model_json_schema(schema_generator=Quiet)
