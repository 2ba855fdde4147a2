"""Whatever function is handed over works as a tool, or is refused by name when it is made."""

from __future__ import annotations

import datetime as dt
import enum
import functools
import inspect
import sys
import typing
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal

import pytest
import typing_extensions
from pydantic import BaseModel, ConfigDict, Field, Strict

from batuta.core.tool import Tool, tool
from batuta.core.tool_context import ToolContext
from batuta.errors import ConfigError, ToolFailed, ToolRetry
from tests.unit.core.test_tool import ANA, CONTEXT


class Plain:
    """A class that pydantic knows nothing of."""


class Court(enum.Enum):
    NORTH = "north"


class Node(BaseModel):
    day: str
    below: list[Node] = []


@dataclass
class Slot:
    day: dt.date
    court: Court = Court.NORTH


class Filter(typing_extensions.TypedDict):
    day: str


class OldFilter(typing.TypedDict):
    day: str


class Desk:
    """Answer at the desk."""

    async def __call__(self, day: str) -> str:
        return f"desk {day}"

    def look(self, day: str, times: int = 1) -> str:
        """Look at a day."""
        return day * times

    @classmethod
    def count(cls, day: str) -> int:
        """Count."""
        return len(day)


async def plain(day: str) -> str:
    """Look."""
    return f"plain {day}"


@functools.wraps(plain)
def wrapped(*args: Any, **kwargs: Any) -> Any:
    return plain(*args, **kwargs)


def bare(*args: Any, **kwargs: Any) -> Any:
    """Look."""
    return plain(*args, **kwargs)


@functools.cache
def cached(day: str) -> str:
    """Look it up once."""
    return day


def default_field(limit: int = Field(default=5, ge=1, description="How many")) -> int:
    """Look."""
    return limit


def made_field(days: list[int] = Field(default_factory=lambda: [1])) -> list[int]:  # noqa: B008
    """Look."""
    return days


def inner_default(limit: Annotated[int, Field(default=5)]) -> int:
    """Look."""
    return limit


def spread(first: str, *days: int, last: str = "z") -> list[Any]:
    """Look.

    Args:
        *days: Which days.
    """
    return [first, *days, last]


def ordered(first: int, second: str = "b", /, third: int = 3) -> list[Any]:
    """Look."""
    return [first, second, third]


def named(*, day: str) -> str:
    """Look."""
    return day


def odd_names(_x: int, model_dump: int = 1, json: str = "j", model_config: int = 2) -> list[Any]:
    """Look."""
    return [_x, model_dump, json, model_config]


def ahead(day: Annotated[str, Field(pattern=r"^(?=mo).+")]) -> str:
    """Look."""
    return day


def aliased(origin: Annotated[str, Field(alias="from")]) -> str:
    """Look."""
    return origin


def none_default(
    limit: int = None,  # type: ignore[assignment]  # noqa: RUF013 - as people write it
    at: Annotated[int, Field(ge=1)] = None,  # type: ignore[assignment]  # noqa: RUF013
) -> list[Any]:
    """Look."""
    return [limit, at]


def odd_default(limit: Any = MappingProxyType({})) -> str:
    """Look."""
    return type(limit).__name__


def filtered(where: Filter) -> str:
    """Look."""
    return where["day"]


def nested(node: Node, slot: Slot, either: Node | Slot | None = None) -> list[Any]:
    """Look."""
    return [node.below[0].day, slot.day.year, slot.court, type(either).__name__]


def exact(
    day: dt.date, price: Decimal, key: uuid.UUID, court: Court, kind: Literal["a", "b"]
) -> list[Any]:
    """Look."""
    return [day.year, price + 1, key.version, court, kind]


class Exact(BaseModel):
    model_config = ConfigDict(strict=True)
    day: dt.date
    court: Court
    tags: set[str] = set()
    price: Decimal | None = None


def strict(book: Exact, day: Annotated[dt.date, Strict()]) -> list[Any]:
    """Look."""
    return [book.day.year, book.court, book.tags, book.price, day.year]


def stands_in(_day: str, p0_: str) -> str:
    """Look."""
    return f"{_day} {p0_}"


@functools.singledispatch
def dispatched(day: str) -> str:
    """Look."""
    return day


WORK: list[tuple[Callable[..., Any], dict[str, Any], Any]] = [
    (default_field, {}, 5),
    (default_field, {"limit": "6"}, 6),
    (made_field, {}, [1]),
    (inner_default, {}, 5),
    (spread, {"first": "a"}, ["a", "z"]),
    (spread, {"first": "a", "days": [1, "2"], "last": "b"}, ["a", 1, 2, "b"]),
    (ordered, {"first": 1, "third": 9}, [1, "b", 9]),
    (named, {"day": "mo"}, "mo"),
    (odd_names, {"_x": 1, "model_dump": 7}, [1, 7, "j", 2]),
    (ahead, {"day": "monday"}, "monday"),
    (aliased, {"from": "here"}, "here"),
    (none_default, {}, [None, None]),
    (none_default, {"at": 2}, [None, 2]),
    (odd_default, {}, "mappingproxy"),
    (filtered, {"where": {"day": "mo"}}, "mo"),
    (
        nested,
        {"node": {"day": "a", "below": [{"day": "b"}]}, "slot": {"day": "2026-03-02"},
         "either": {"day": "c"}},
        ["b", 2026, Court.NORTH, "Node"],
    ),
    (
        exact,
        {"day": "2026-03-02", "price": "1.50", "key": "0196f3a0-0000-7000-8000-000000000000",
         "court": "north", "kind": "a"},
        [2026, Decimal("2.50"), 7, Court.NORTH, "a"],
    ),
    (Desk(), {"day": "mo"}, "desk mo"),
    (Desk().look, {"day": "mo", "times": 2}, "momo"),
    (Desk.count, {"day": "mo"}, 2),
    (functools.partial(Desk().look, times=3), {"day": "x"}, "xxx"),
    (functools.partial(plain), {"day": "mo"}, "plain mo"),
    (wrapped, {"day": "mo"}, "plain mo"),
    (cached, {"day": "mo"}, "mo"),
    (
        strict,
        {"book": {"day": "2026-03-02", "court": "north", "tags": ["a"], "price": "1.5"},
         "day": "2027-01-01"},
        [2026, Court.NORTH, {"a"}, Decimal("1.5"), 2027],
    ),
    (stands_in, {"_day": "mo", "p0_": "x"}, "mo x"),
    (dispatched, {"day": "mo"}, "mo"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "arguments", "gives"), WORK)
async def test_it_works(
    function: Callable[..., Any], arguments: dict[str, Any], gives: Any
) -> None:
    made = Tool(function)
    assert made.schema.parameters["type"] == "object"
    valid = made.validate(arguments)
    assert made.validate(valid) == valid
    assert await made.invoke(valid, CONTEXT) == gives


@pytest.mark.parametrize(
    "function", [Desk().look, Desk(), functools.partial(plain), cached], ids=range(4)
)
def test_it_has_a_name_and_the_words_of_its_own_docstring(function: Callable[..., Any]) -> None:
    made = Tool(function)
    known = {"look": "Look at a day.", "Desk": "Answer at the desk.", "plain": "Look."}
    assert known.get(made.name, "Look it up once.") == made.description


def test_metadata_reaches_the_schema() -> None:
    def look(
        day: Annotated[str, "Which day"],
        limit: Annotated[int, Field(le=9)] = Field(default=5, ge=1),
        court: str = "A",
    ) -> str:
        """Look.

        Args:
            court: Which court.
        """
        return day

    properties = Tool(look).schema.parameters["properties"]
    assert properties["day"]["description"] == "Which day"
    limit = properties["limit"]
    assert (limit["default"], limit["minimum"], limit["maximum"]) == (5, 1, 9)
    assert properties["court"]["description"] == "Which court."
    assert Tool(spread).schema.parameters["properties"]["days"]["description"] == "Which days."


def test_a_limit_in_a_default_holds() -> None:
    with pytest.raises(ToolRetry, match="limit: Input should be greater than or equal to 1"):
        Tool(default_field).validate({"limit": 0})


def test_what_a_partial_has_filled_in_is_its_authors_alone() -> None:
    def book(slot: str, owner: str, note: str = "") -> str:
        """Book."""
        return f"{slot} {owner} {note}"

    made = Tool(functools.partial(book, owner="ana"))
    assert list(made.schema.parameters["properties"]) == ["slot", "note"]
    with pytest.raises(ToolRetry, match="owner: no such argument"):
        made.validate({"slot": "s", "owner": "mallory"})


async def test_bound_parameters_work_in_any_place() -> None:
    def look(context: ToolContext, day: str, /, *more: int) -> str:
        """Look."""
        return f"{context.principal.id} {day} {more}"

    made = Tool(look)
    assert await made.invoke(made.validate({"day": "mo", "more": [1]}), CONTEXT) == (
        f"{ANA.id} mo (1,)"
    )


def old_filter(where: OldFilter) -> str:
    """Look."""
    return where["day"]


def test_a_typed_dict_of_the_standard_library_works_or_is_refused_by_name() -> None:
    if sys.version_info >= (3, 12):
        assert Tool(old_filter).validate({"where": {"day": "mo"}}) == {"where": {"day": "mo"}}
    else:
        with pytest.raises(ConfigError, match=r"Tool old_filter: parameter where: .*typing_ext"):
            Tool(old_filter)


def _any_name(day: str, **more: int) -> str:
    """Look."""
    return day


def _plain_class(day: str, thing: Plain) -> str:
    """Look."""
    return day


def _deep_class(day: str, things: dict[str, list[Plain | None]]) -> str:
    """Look."""
    return day


def _function(day: str, thing: Callable[[], int]) -> str:
    """Look."""
    return day


def _broken_pattern(day: str, thing: Annotated[str, Field(pattern="(")]) -> str:
    """Look."""
    return day


def _wrong_limit(day: str, thing: Annotated[list[int], Field(multiple_of=2)]) -> str:
    """Look."""
    return day


def _class(day: str, thing: type[int]) -> str:
    """Look."""
    return day


def _of_no_field(day: str, thing: ClassVar[int]) -> str:  # type: ignore[valid-type]
    """Look."""
    return day


def _pairs(day: str, thing: dict[tuple[str, str], int]) -> str:
    """Look."""
    return day


def _bytes(day: str, thing: Literal[b"a"]) -> str:
    """Look."""
    return day


def _foreign(day: str, größe: int) -> str:  # noqa: PLC2401 - the fault under test
    """Look."""
    return day


def _untyped(day: str, *more) -> str:
    """Look."""
    return day


@pytest.mark.parametrize(
    ("function", "parameter"),
    [
        (_any_name, r"\*\*more"), (bare, r"\*\*kwargs"), (_plain_class, "thing"),
        (_deep_class, "thing"), (_function, "thing"), (_broken_pattern, "thing"),
        (_class, "thing"), (_of_no_field, "thing"), (_pairs, "thing"), (_bytes, "thing"),
        (_foreign, "größe"), (_untyped, "more"),
    ],
    ids=lambda given: getattr(given, "__name__", "names"),
)  # fmt: skip
def test_it_is_refused_when_made(function: Callable[..., Any], parameter: str) -> None:
    with pytest.raises(ConfigError, match=f"Tool {function.__name__}: parameter {parameter}"):
        Tool(function)
    with pytest.raises(ConfigError, match=f"Tool reserve: parameter {parameter}"):
        tool(name="reserve")(function)


def test_a_type_whose_own_check_fails_is_a_failed_tool() -> None:
    made = Tool(_wrong_limit)
    with pytest.raises(
        ToolFailed, match="Tool _wrong_limit: its arguments cannot be checked: Type"
    ):
        made.validate({"day": "mo", "thing": [1]})


@pytest.mark.parametrize("name", ["tennis.book", "Court Booking", "größe", "x" * 65, "a/b", "é"])
def test_a_name_that_vendors_refuse_is_refused_when_made(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot have the name"):
        Tool(plain, name=name)


def test_what_has_no_name_is_told_to_have_one() -> None:
    with pytest.raises(ConfigError, match="<lambda>"):
        Tool(lambda: 1, description="Look.")


def test_a_type_further_down_is_looked_up_when_it_is_needed() -> None:
    made = Tool(later)
    with pytest.raises(ConfigError, match="Tool later: parameter day: name 'Nowhere'"):
        made.validate({"day": "mo"})


def later(day: Nowhere) -> str:  # type: ignore[name-defined]  # noqa: F821
    """Look."""
    return str(day)


def test_a_method_is_read_once_whatever_it_is_bound_to() -> None:
    one, other = Tool(Desk().look), Tool(Desk().look)
    assert one.schema.parameters is other.schema.parameters
    assert list(inspect.signature(Desk.look).parameters) == ["self", "day", "times"]
