"""The vendors' own words on what their replies look like, to hold the stand-in's against."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import botocore.session
import jsonschema
from botocore.model import ListShape, MapShape, Shape, StructureShape
from pydantic import BaseModel, TypeAdapter

SCHEMAS = Path(__file__).with_name("openai_schemas.json")
_PLAIN = {"string": str, "integer": int, "long": int, "boolean": bool}


def check_openai_schema(name: str, payload: Any) -> None:
    """Hold a payload against OpenAI's published description."""
    schema = {**_openai_schemas(), "$ref": f"#/$defs/{name}"}
    jsonschema.validate(payload, schema, jsonschema.Draft202012Validator)


@cache
def _openai_schemas() -> dict[str, Any]:
    return {"$defs": _nullable(json.loads(SCHEMAS.read_text("utf-8"))["$defs"])}


def _nullable(node: Any) -> Any:
    """OpenAPI's ``nullable``, which JSON Schema does not know, as an alternative."""
    if isinstance(node, list):
        return [_nullable(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {key: _nullable(value) for key, value in node.items() if key != "nullable"}
    return {"anyOf": [made, {"type": "null"}]} if node.get("nullable") is True else made


def check_type(kind: Any, payload: Any) -> None:
    """Hold a payload against an SDK's own type, and let no field be one that it does not know."""
    made = TypeAdapter(kind).validate_python(payload)
    strangers = list(_strangers(made))
    assert not strangers, strangers


def _strangers(made: Any, where: str = "") -> Iterator[str]:
    if isinstance(made, BaseModel):
        yield from (f"{where}.{name}" for name in made.model_extra or {})
        for name in type(made).model_fields:
            yield from _strangers(getattr(made, name), f"{where}.{name}")
    elif isinstance(made, list):
        for place, each in enumerate(made):
            yield from _strangers(each, f"{where}[{place}]")


def check_bedrock(operation: str, payload: Any) -> None:
    """Hold a payload against what botocore knows of an operation's output."""
    faults = list(_faults(_output(operation), payload, operation))
    assert not faults, faults


def check_bedrock_event(name: str, payload: Any) -> None:
    """Hold an event of ConverseStream against what botocore knows of it."""
    stream = _members(_output("ConverseStream"))["stream"]
    assert isinstance(stream, StructureShape)
    faults = list(_faults(_members(stream)[name], payload, name))
    assert not faults, faults


def check_agent_event(name: str, payload: Any) -> None:
    """Hold an event of InvokeAgent against what botocore knows of it."""
    stream = _members(_output("InvokeAgent", "bedrock-agent-runtime"))["completion"]
    assert isinstance(stream, StructureShape)
    faults = list(_faults(_members(stream)[name], payload, name))
    assert not faults, faults


@cache
def _output(operation: str, of: str = "bedrock-runtime") -> StructureShape:
    service = botocore.session.get_session().get_service_model(of)
    shape = service.operation_model(operation).output_shape
    assert isinstance(shape, StructureShape)
    return shape


def _faults(shape: Shape, value: Any, where: str) -> Iterator[str]:
    if getattr(shape, "is_document_type", False):
        return
    if isinstance(shape, StructureShape):
        yield from _structure_faults(shape, value, where)
    elif isinstance(shape, ListShape):
        for place, each in enumerate(value):
            yield from _faults(cast("Shape", shape.member), each, f"{where}[{place}]")
    elif not isinstance(shape, MapShape):
        wanted = _PLAIN.get(shape.type_name, object)
        choices = getattr(shape, "enum", None)
        if not isinstance(value, wanted) or (choices and value not in choices):
            yield f"{where}: {value!r} is no {shape.name}"


def _structure_faults(shape: StructureShape, value: Any, where: str) -> Iterator[str]:
    needed, members = cast("list[str]", shape.required_members), _members(shape)
    yield from (f"{where}: {name} is missing" for name in needed if name not in value)
    for name, inner in value.items():
        if name in members:
            yield from _faults(members[name], inner, f"{where}.{name}")
        else:
            yield f"{where}: {name} is unknown"


def _members(shape: StructureShape) -> dict[str, Shape]:
    return cast("dict[str, Shape]", shape.members)  # a property that botocore does not type
