"""What a later attempt of a run has is what the first one had, or the run ends."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from batuta.core.run import Run
from batuta.core.tool import tool
from batuta.errors import (
    BudgetExceeded,
    ModelTimeout,
    ReplayMismatch,
    ToolFailed,
    ToolRetry,
)
from batuta.runtimes.exact import (
    NotExactError,
    decode,
    decode_error,
    encode,
    encode_error,
    with_bytes,
    without_bytes,
)
from tests.unit.runtimes.durable.rig import RUN, attempt, begun, cut
from tests.unit.runtimes.durable.test_attempts import does, waits


class SlotClosed(Exception):
    """An App's own."""

    def __init__(self, slot: str) -> None:
        self.slot = slot
        super().__init__(f"{slot} is closed")


class Odd(UnicodeDecodeError):
    """Takes less than what it hands on."""

    def __init__(self, why: str) -> None:
        super().__init__("utf-8", b"\xff", 0, 1, why)


class Holder(Exception):
    """Holds what cannot be written down."""

    def __init__(self) -> None:
        self.held = object()
        super().__init__("held")


def chained() -> Exception:
    error = SlotClosed("court-a")
    error.__cause__ = FileNotFoundError(2, "no such file", "a.txt")
    error.add_note("look there")
    return error


def brought_back(error: BaseException) -> BaseException:
    return decode_error(json.loads(json.dumps(encode_error(error))))


EXACT = [
    SlotClosed("court-a"),
    Odd("bad byte"),
    KeyError("court-a"),
    UnicodeDecodeError("utf-8", b"\xff\xfe", 0, 1, "bad"),
    UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogate"),
    FileNotFoundError(2, "no such file", "a.txt"),
    StopIteration(4),
    ImportError("m", name="n", path="p"),
    ValueError(b"\x00", (1, 2.5), {1: None}, dt.date(2019, 3, 1), Decimal("1.10")),
    ExceptionGroup("both", [SlotClosed("a"), KeyError("k")]),
    ToolFailed("book", "no"),
    ToolRetry("book", "no", ("slot_id",)),
    BudgetExceeded("seconds", limit=1.0, used=None, whose="d"),
    ModelTimeout("m", 3),
    chained(),
]


@pytest.mark.parametrize("error", EXACT, ids=lambda e: type(e).__name__)
def test_an_error_comes_back_as_it_was(error: Exception) -> None:
    back = brought_back(error)
    assert type(back) is type(error)
    assert (repr(back), str(back)) == (repr(error), str(error))
    assert [repr(a) for a in back.args] == [repr(a) for a in error.args]
    assert {k: repr(v) for k, v in vars(back).items()} == {
        k: repr(v) for k, v in vars(error).items()
    }
    assert repr(back.__cause__) == repr(error.__cause__)
    for name in ("filename", "object", "value", "path", "exceptions"):
        assert repr(getattr(back, name, None)) == repr(getattr(error, name, None))


def test_an_error_that_would_come_back_otherwise_is_refused() -> None:
    class Local(Exception):
        """No other process finds it."""

    for error in (Holder(), Local("x"), ValueError(object())):
        with pytest.raises(NotExactError):
            encode_error(error)
    raw = {**encode_error(SlotClosed("a")), "class": "Gone"}
    with pytest.raises(NotExactError, match="no Gone"):
        decode_error(raw)


@pytest.mark.parametrize(
    "value",
    [
        b"\x00\xff",
        {"a": [b"x", ("t", 1)], "b": {1: {2}}},
        float("inf"),
        dt.timedelta(days=1, microseconds=3),
        UUID(int=5),
        {"$": "odd"},
    ],
)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    back = decode(json.loads(json.dumps(encode(value))))
    assert (type(back), back) == (type(value), value)


def test_bytes_stay_bytes_and_other_values_are_left_alone() -> None:
    assert without_bytes(json.loads(json.dumps(with_bytes({"photo": b"\xff"})))) == (
        True,
        {"photo": b"\xff"},
    )
    plain = {"n": (1, 2)}
    assert with_bytes(plain) is plain


@tool
async def photo() -> dict[str, bytes]:
    """Give a photo."""
    return {"photo": b"\xff\x00="}


@pytest.mark.parametrize("error", [SlotClosed("court-a"), KeyError("court-a"), EXACT[9]])
async def test_a_later_life_takes_the_branch_that_the_first_one_took(
    tmp_path: Path, error: Exception
) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()
    seen: list[tuple[str, Any]] = []

    async def fails() -> None:
        raise error

    async def work(run: Run) -> str:
        try:
            await run.step("fails", fails)
        except Exception as raised:
            seen.append((repr(raised), (await run.use(photo, {}))["photo"]))
            if not isinstance(raised, type(error)):
                return "another branch"
        await waits(reached, go_on)
        return "the same branch"

    async with attempt(tmp_path, does("main", work)) as runtime:
        task = await begun(runtime, "main", reached)
    await cut(task)
    go_on.set()
    async with attempt(tmp_path, does("main", work)) as runtime:
        assert (await runtime.result(RUN)).text == "the same branch"
    assert seen == [(repr(error), b"\xff\x00=")] * 2


async def test_an_error_that_cannot_be_made_anew_ends_the_later_life(tmp_path: Path) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def fails() -> None:
        raise Holder

    async def work(run: Run) -> str:
        try:
            await run.step("fails", fails)
        except Holder:
            await waits(reached, go_on)
        return "went on"

    async with attempt(tmp_path, does("main", work)) as runtime:
        task = await begun(runtime, "main", reached)
    await cut(task)
    go_on.set()
    async with attempt(tmp_path, does("main", work)) as runtime:
        record = await runtime.result(RUN)
    assert isinstance(record.failure, ReplayMismatch)
    assert "Holder" in str(record.failure)
