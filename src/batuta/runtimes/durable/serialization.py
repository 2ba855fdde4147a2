"""What stands in the database: plain JSON, never anything that runs when it is read."""

from __future__ import annotations

import builtins
import json
from typing import Any, cast

from dbos import Serializer

from batuta.core.result import json_text


class EncodedJson(str):
    """Text that is JSON already, so that it is not encoded once more."""

    __slots__ = ()


def write(data: Any) -> EncodedJson:
    """Encode, in ASCII so that every database can hold it."""
    return EncodedJson(json_text(data, compact=True))


def _exception(name: str, text: str) -> Exception:
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        return kind(text)
    return RuntimeError(f"{name}: {text}")


class JsonSerializer(Serializer):
    """DBOS's values as JSON; its default would be pickle, which runs code when read."""

    def serialize(self, data: Any) -> str:
        """Encode a value, or say what an exception was."""
        if isinstance(data, EncodedJson):
            return str(data)
        if isinstance(data, BaseException):
            data = {"exception": type(data).__name__, "text": str(data)}
        return json_text(data, compact=True)

    def deserialize(self, serialized_data: str) -> Any:
        """Decode a value; an exception comes back as that of Python's own with its name."""
        data: Any = json.loads(serialized_data)
        if isinstance(data, dict):
            fields = cast("dict[str, Any]", data)
            if set(fields) == {"exception", "text"}:
                return _exception(fields["exception"], fields["text"])
        return cast("Any", data)

    def name(self) -> str:
        """Name the encoding, as DBOS writes it beside each value."""
        return "batuta_json"
