"""Reads a form: fields as JSON has them, and files beside the message."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from batuta.core.attachment import Attachment
from batuta.serve.http.problems import Refused

FORM = "multipart/form-data"
_MOST_FILES, _MOST_FIELDS = 100, 20
_AS_JSON = ("stream", "settings", "reasoning")
_FILE: Mapping[str, Any] = {
    "type": "string",
    "format": "binary",
    "description": "An image or a file beside the message, under any name, as often as wanted.",
}


class Form(NamedTuple):
    """What a form brings."""

    fields: dict[str, Any]
    files: Sequence[Attachment]


def form_of_chat(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the form of a message: what stands in its JSON, and files in the attachments' place.

    Args:
        schema: That of the JSON.
    """
    fields = {
        name: each if name in _AS_JSON else _plain(each)
        for name, each in deepcopy(schema["properties"]).items()
        if name != "attachments"
    }
    described = {name: schema[name] for name in ("description", "title", "required", "type")}
    properties = fields | {"files": {"type": "array", "items": _FILE, "maxItems": _MOST_FILES}}
    return {
        "schema": described | {"properties": properties, "additionalProperties": _FILE},
        "encoding": {name: {"contentType": "application/json"} for name in _AS_JSON},
    }


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Take null out of a field's schema: in a form it would be a word, and a field is left out."""
    kinds = schema.pop("anyOf", [{}])
    schema.pop("default", None)
    return schema | next(kind for kind in kinds if kind.get("type") != "null")


async def form_of(headers: Headers, body: bytes, most_bytes: int) -> Form:
    """Read a form of one message.

    Args:
        most_bytes: Of one field that is no file.

    Raises:
        Refused: It is no form, or a field stands in it twice or in no form that it has in JSON.
        InvalidInput: A file is of a type that is not taken.
    """

    async def stream() -> AsyncGenerator[bytes]:
        yield body

    try:
        parser = MultiPartParser(
            headers,
            stream(),
            max_files=_MOST_FILES,
            max_fields=_MOST_FIELDS,
            max_part_size=most_bytes,
        )
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError) as error:
        said = error.message if isinstance(error, MultiPartException) else "it has no boundary"
        raise Refused(400, "invalid_form", f"The body is no valid form: {said}") from error
    try:
        return await _read(form)
    finally:
        await form.close()


async def _read(form: FormData) -> Form:
    fields: dict[str, Any] = {}
    files: list[Attachment] = []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            content = await value.read()
            said = value.content_type or ""
            said = "" if said == "application/octet-stream" else said
            files.append(Attachment.of(content, name=value.filename or "", media_type=said))
        elif name in fields:
            raise Refused(422, "invalid_input", f"{name}: it stands in the form twice.")
        else:
            fields[name] = _value(name, value)
    return Form(fields, files)


def _value(name: str, value: str) -> Any:
    if name not in _AS_JSON:
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise Refused(422, "invalid_input", f"{name}: it is no JSON.") from error
