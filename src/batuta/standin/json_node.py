"""Reads a request's JSON field by field, so that what is wrong is said with its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from batuta.core.message import ToolCall
from batuta.standin.failures import invalid

_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class JsonNode:
    """One value of the JSON and the place where it stands; null counts as absent."""

    value: Any
    where: str = ""

    def __getitem__(self, key: str) -> JsonNode:
        return JsonNode(self.fields().get(key), f"{self.where}.{key}" if self.where else key)

    @property
    def there(self) -> bool:
        """Whether there is a value."""
        return self.value is not None

    @property
    def is_text(self) -> bool:
        """Whether it is a string."""
        return isinstance(self.value, str)

    def fields(self) -> Mapping[str, Any]:
        """Give the object.

        Raises:
            Rejected: It is something else.
        """
        found = object_in(self.value)
        if found is None:
            raise self.wrong("an object")
        return found

    def each(self) -> list[JsonNode]:
        """Give the array's values; none where it is absent.

        Raises:
            Rejected: It is something else.
        """
        if self.value is None:
            return []
        values = array_in(self.value)
        if values is None:
            raise self.wrong("an array")
        return [JsonNode(value, f"{self.where}[{place}]") for place, value in enumerate(values)]

    def text(self, default: str | None = None) -> str:
        """Give the string.

        Raises:
            Rejected: It is something else.
        """
        if self.value is None and default is not None:
            return default
        if not isinstance(self.value, str):
            raise self.wrong("a string")
        return self.value

    def number(self) -> float | None:
        """Give the number, None where it is absent.

        Raises:
            Rejected: It is something else.
        """
        if self.value is None:
            return None
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.wrong("a number")
        return self.value

    def count(self, default: int) -> int:
        """Give the whole number, at least 1.

        Raises:
            Rejected: It is something else.
        """
        found = self.number()
        if found is None:
            return default
        if not isinstance(found, int) or found < 1:
            raise self.wrong("an integer of at least 1")
        return found

    def flag(self, *, default: bool = False) -> bool:
        """Give the boolean.

        Raises:
            Rejected: It is something else.
        """
        if self.value is None:
            return default
        if not isinstance(self.value, bool):
            raise self.wrong("a boolean")
        return self.value

    def wrong(self, wanted: str) -> Exception:
        """Make the rejection of a value that is of another kind."""
        if self.value is None:
            said = f"Missing required parameter: '{self.where}'."
            return invalid(said if self.where else "The body must be a JSON object.", self.where)
        kind = next(name for kind, name in _JSON_NAMES if isinstance(self.value, kind))
        return invalid(f"Invalid type for '{self.where}': expected {wanted}, got {kind}.")


_JSON_NAMES: tuple[tuple[type, str], ...] = (
    (dict, "an object"),
    (list, "an array"),
    (str, "a string"),
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a decimal number"),
)


def object_in(value: Any) -> dict[str, Any] | None:
    """Give a JSON object, None for anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def array_in(value: Any) -> list[Any] | None:
    """Give a JSON array, None for anything else."""
    return cast("list[Any]", value) if isinstance(value, list) else None


def parsed(body: bytes) -> Any:
    """Parse the body.

    Raises:
        Rejected: It is no JSON, or nested deeper than any request needs to be.
    """
    try:
        made = json.loads(body.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        said = "We could not parse the JSON body of your request."
        raise invalid(said) from error
    if body.count(b"[") + body.count(b"{") > _DEEPEST and _is_deep(made):
        raise invalid(f"The JSON body is nested deeper than {_DEEPEST} levels.")
    return made


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _is_deep(made: Any) -> bool:
    level: list[Any] = [made]
    for _ in range(_DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: Any) -> list[Any]:
    held = object_in(value)
    inner = array_in(value) or [] if held is None else list(held.values())
    return [each for each in inner if isinstance(each, dict | list)]


def text_only(node: JsonNode, what: str) -> Exception:
    """Make the rejection of a sound, a film, or whatever else is no text, image or file."""
    return invalid(
        f"Invalid value for '{node.where}': '{what}'. "
        "This is a stand-in; it reads text, images and files.",
        node.where,
    )


def written_call(call_id: str, name: str, arguments: str) -> ToolCall:
    """Make a call whose arguments came as text; what is no JSON object is kept as it is."""
    try:
        made = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        made = None
    held = object_in(made)
    return ToolCall(call_id, name, {}, arguments) if held is None else ToolCall(call_id, name, held)
