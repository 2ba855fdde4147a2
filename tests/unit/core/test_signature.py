from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from batuta.core.signature import signature_of
from batuta.core.tool import Tool
from batuta.errors import ConfigError


async def look(day: str, court: str = "A") -> str:
    """Look at a court,
    today or later.

    Args:
        day: Which day.
    """
    return f"{day} {court}"


def test_a_signature_tells_how_the_function_is_declared() -> None:
    told = signature_of(look)

    assert told.summary == "Look at a court, today or later."
    assert told.is_async
    assert told.defaults == {"day": ..., "court": "A"}


def test_tools_of_one_function_share_what_was_read_of_it() -> None:
    one, other = Tool(look), Tool(look, name="other", description="Something else.")

    assert one.schema.parameters is other.schema.parameters
    assert (other.schema.name, other.schema.description) == ("other", "Something else.")
    assert one.validate({"day": "d"}) == other.validate({"day": "d"}) == {"day": "d", "court": "A"}


def test_a_docstring_that_was_changed_counts() -> None:
    def find(day: str) -> str:
        """Find.

        Args:
            day: Of old.
        """
        return day

    assert Tool(find).schema.parameters["properties"]["day"]["description"] == "Of old."
    find.__doc__ = "Seek.\n\nArgs:\n    day: Anew.\n"
    made = Tool(find)

    assert made.description == "Seek."
    assert made.schema.parameters["properties"]["day"]["description"] == "Anew."


def test_a_function_is_let_go_with_its_tools() -> None:
    def brief(day: str, other: int = 3) -> str:
        """Look."""
        return day

    kept, made = weakref.ref(brief), Tool(brief)
    assert made.validate({"day": "d"}) == {"day": "d", "other": 3}
    assert made.schema.parameters["required"] == ["day"]
    del brief, made
    gc.collect()

    assert kept() is None


def test_objects_that_are_equal_are_read_each_for_itself() -> None:
    class Asks:
        """Something to be called."""

        __name__ = "asks"

        def __init__(self, default: str) -> None:
            self.default = default
            self.__signature__ = signature_with(default)

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Asks)

        def __hash__(self) -> int:
            return 1

        def __call__(self, **arguments: Any) -> str:
            return str(arguments)

    def signature_with(default: str) -> Any:
        import inspect

        place = inspect.Parameter("day", inspect.Parameter.KEYWORD_ONLY, default=default)
        return inspect.Signature([place.replace(annotation=str)])

    assert [signature_of(Asks(day)).defaults["day"] for day in ("mon", "tue")] == ["mon", "tue"]


def test_a_type_that_is_not_there_is_told() -> None:
    def lost(day: Unheard) -> str:  # pyright: ignore[reportUndefinedVariable]  # noqa: F821
        """Look."""
        return str(day)

    with pytest.raises(ConfigError, match="Unheard"):
        _ = Tool(lost).schema
