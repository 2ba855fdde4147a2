"""A changed copy is what ``dataclasses.replace`` makes of it."""

from __future__ import annotations

import dataclasses
from dataclasses import FrozenInstanceError, dataclass, fields
from datetime import UTC, datetime
from typing import Any

import pytest

from batuta.core.ask import Ask
from batuta.core.message import Message, ToolCall
from batuta.core.model import ModelReply
from batuta.core.record import RunRecord
from batuta.core.replacement import replace
from batuta.offline.premises import Premises
from batuta.offline.wish import PendingRequest


@dataclass(frozen=True)
class Open:
    x: int = 1


@dataclass(frozen=True, slots=True)
class Within(Open):
    y: int = 2


VALUES: tuple[Any, ...] = (
    Ask(text="hello"),
    Message.user("hello", {"n": 1}),
    ToolCall("1", "book", {"court": "A"}),
    RunRecord(
        run_id="r", agent="a", principal_id="p", question=Message.user("q"), reply=None, events=()
    ),
    PendingRequest(Premises(datetime(2026, 3, 2, 9, tzinfo=UTC)), words=("a court",)),
    Open(),
    Within(),
)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_changed_copy_is_what_dataclasses_would_make(value: Any) -> None:
    first = fields(value)[0].name
    changed = replace(value, **{first: "other"})
    assert type(changed) is type(value)
    assert changed == dataclasses.replace(value, **{first: "other"})
    assert changed != value
    assert replace(value) == value
    with pytest.raises(FrozenInstanceError):
        setattr(changed, first, "again")
    with pytest.raises((AttributeError, TypeError)):
        replace(value, colour="red")


def test_what_is_checked_when_it_is_made_is_checked_in_a_copy_too() -> None:
    cut = replace(ModelReply(tool_calls=(ToolCall("1", "book", {"a": 1}),)), stop_reason="length")
    assert cut.tool_calls[0].cut
