"""The JSON Schema of a shape, as a model is told it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel

_NO_KEYS = frozenset({"tuple", "list", "set", "frozenset", "dict", "model", "dataclass", "none"})


def json_schema_of(shape: type[BaseModel]) -> dict[str, Any]:
    """Make it anew, without a warning of defaults that are no JSON and so left out."""
    from pydantic.json_schema import GenerateJsonSchema

    class Quiet(GenerateJsonSchema):
        def emit_warning(self, kind: Any, detail: str) -> None:
            """Say nothing."""

        def is_subclass_schema(self, schema: Any) -> Any:
            return self.handle_invalid_for_json_schema(schema, "a class, which is no JSON")

        def literal_schema(self, schema: Any) -> Any:
            if any(isinstance(each, bytes) for each in schema["expected"]):
                self.handle_invalid_for_json_schema(schema, "bytes, which are no JSON")
            return super().literal_schema(schema)

        def dict_schema(self, schema: Any) -> Any:
            if schema.get("keys_schema", {}).get("type") in _NO_KEYS:
                self.handle_invalid_for_json_schema(schema, "its keys: JSON has text alone")
            return super().dict_schema(schema)

    return shape.model_json_schema(schema_generator=Quiet)
