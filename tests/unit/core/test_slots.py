"""Values that are made often stay frozen dataclasses, with the same signature and defaults."""

from __future__ import annotations

import copy
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from inspect import signature
from typing import Any

import pytest

from batuta.core.message import Message, ToolCall
from batuta.core.model import ModelReply, ModelRequest, Usage
from batuta.core.price import Cost
from batuta.core.record import RunRecord
from batuta.core.slots import direct_init, maker_of

VALUES: tuple[Any, ...] = (
    Message.user("hello", {"n": 1}),
    ToolCall("1", "book", {"court": "A"}),
    Usage(1, 2),
    ModelRequest([Message.user("hello")]),
    ModelReply("hi", usage=Usage(3, 4)),
    Cost(1.0, 1.0, "list"),
    RunRecord(
        run_id="r", agent="a", principal_id="p", question=Message.user("q"), reply=None, events=()
    ),
)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_is_frozen_and_copies_to_an_equal_one(value: Any) -> None:
    first = fields(value)[0].name
    with pytest.raises(FrozenInstanceError):
        setattr(value, first, getattr(value, first))
    for copied in (replace(value), copy.copy(value), copy.deepcopy(value)):
        assert type(copied) is type(value)
        assert copied == value
        for each in fields(value):
            assert getattr(copied, each.name) == getattr(value, each.name)


def test_what_is_missing_or_unknown_is_refused_as_everywhere() -> None:
    maker: Any = Message
    with pytest.raises(TypeError, match="role"):
        maker()
    with pytest.raises(TypeError, match="colour"):
        maker("user", colour="red")


@direct_init
@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list)
    z: int = field(default=3, kw_only=True)


class Named(Point):
    """One with more to it than the slots."""

    name = "p"


def test_defaults_are_made_for_each_and_names_stay() -> None:
    one, two = Point(1), Point(1, 5, ["a"], z=4)
    one.tags.append("mine")
    assert (one.x, one.y, one.z, two.y, two.tags, two.z) == (1, 2, 3, 5, ["a"], 4)
    assert Point(1).tags == []
    assert list(signature(Point).parameters) == ["x", "y", "tags", "z"]
    assert Point.__init__.__qualname__ == "Point.__init__"


def test_a_subclass_stays_of_its_class() -> None:
    one = Named(1, z=7)
    assert (type(one), one.x, one.y, one.tags, one.z) == (Named, 1, 2, [], 7)
    with pytest.raises(FrozenInstanceError):
        one.x = 2  # pyright: ignore[reportAttributeAccessIssue]


@dataclass(slots=True)
class Counted:
    name: str
    count: int = 0
    seen: list[str] = field(default_factory=list)
    mine: list[str] = field(default_factory=list, init=False)


def test_a_maker_makes_what_the_class_makes() -> None:
    make = maker_of(Point)
    one, two = make(1), make(1, 5, tags=["a"], z=4)
    assert (type(one), one, two) == (Point, Point(1), Point(1, 5, ["a"], z=4))
    with pytest.raises(FrozenInstanceError):
        one.x = 2  # pyright: ignore[reportAttributeAccessIssue]
    counted = maker_of(Counted)("a", seen=["b"])
    assert counted == Counted("a", 0, ["b"])
    counted.count += 1
    counted.mine.append("c")
    assert maker_of(Counted)("a") == Counted("a")


def test_a_maker_checks_as_the_class_does_and_refuses_what_it_refuses() -> None:
    cut = maker_of(ModelReply)(tool_calls=(ToolCall("1", "book", {"a": 1}),), stop_reason="length")
    assert cut.tool_calls[0].cut
    make: Any = maker_of(Message)
    with pytest.raises(TypeError, match="role"):
        make()
    with pytest.raises(TypeError, match="colour"):
        make("user", colour="red")
