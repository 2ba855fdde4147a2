from __future__ import annotations

import asyncio
import datetime as dt
import threading
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from batuta.core.budget import Budget
from batuta.core.clock import Clock
from batuta.core.principal import Principal
from batuta.core.result import result_data, result_text
from batuta.core.run import Run
from batuta.core.tool import Tool, tool
from batuta.core.tool_context import Bound, ToolContext
from batuta.errors import ConfigError, ToolFailed, ToolRetry
from tests.patience import scaled
from tests.unit.core.rig import NOW, manual_clock, ran

ANA = Principal("ana", "Ana")
CONTEXT = ToolContext(ANA, manual_clock(), "key", "run_1", "ses_1")


class Guest(BaseModel):
    name: str


@dataclass(frozen=True)
class Booked:
    id: str
    day: dt.date


@tool
def search(
    day: dt.date,
    court: Literal["A", "B"] | None = None,
    guests: list[Guest] | None = None,
    limit: Annotated[int, Field(ge=1, le=9)] = 5,
) -> list[str]:
    """Find free slots,
    nearest first.

    Long explanation that no model needs.

    Args:
        day: The day to look at,
            in the club's zone.
        court (str): One court alone.

    Returns:
        Slots.
    """
    return [f"{day:%A} {court} {limit} {[g.name for g in guests or ()]}"]


@tool(name="reserve", effect="write", key=("slot",))
async def book(
    slot: str,
    who: Principal,
    clock: Clock,
    context: ToolContext,
    session: Annotated[str, Bound(lambda c: c.session_id)],
    note: str = "",
) -> dict[str, str]:
    """Book a slot."""
    return {
        "slot": slot, "who": who.id, "at": clock.now().isoformat(), "key": context.idempotency_key,
        "session": session, "note": note,
    }  # fmt: skip


def test_the_schema_comes_from_types_and_docstring() -> None:
    schema = search.schema
    assert (schema.name, schema.description) == ("search", "Find free slots, nearest first.")
    properties = schema.parameters["properties"]
    assert list(properties) == ["day", "court", "guests", "limit"]
    assert properties["day"] == {
        "type": "string", "format": "date",
        "description": "The day to look at, in the club's zone.",
    }  # fmt: skip
    assert properties["court"]["description"] == "One court alone."
    assert (properties["limit"]["minimum"], properties["limit"]["default"]) == (1, 5)
    assert schema.parameters["required"] == ["day"]
    assert schema.parameters["additionalProperties"] is False
    assert "Guest" in schema.parameters["$defs"]


def test_a_tool_without_parameters_has_an_empty_object() -> None:
    @tool
    def ping() -> str:
        """Answer."""
        return "pong"

    assert ping.schema.parameters["properties"] == {}
    assert ping.validate({}) == {}


def test_a_description_beside_the_type_is_kept() -> None:
    @tool
    def look(day: Annotated[str, Field(description="Which day")]) -> str:
        """Look."""
        return day

    assert look.schema.parameters["properties"]["day"]["description"] == "Which day"


def test_what_is_bound_is_not_in_the_schema() -> None:
    assert list(book.schema.parameters["properties"]) == ["slot", "note"]


async def test_what_is_bound_comes_from_the_context() -> None:
    made = await book.invoke(book.validate({"slot": "s"}), CONTEXT)
    assert made == {
        "slot": "s", "who": "ana", "at": NOW.isoformat(), "key": "key", "session": "ses_1",
        "note": "",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["who", "clock", "context", "session"])
def test_a_model_cannot_send_what_is_bound(name: str) -> None:
    with pytest.raises(ToolRetry, match=f"{name}: no such argument"):
        book.validate({"slot": "s", name: {"id": "mallory"}})


@pytest.mark.parametrize(
    "hint",
    [Principal | None, Annotated[Principal, "who asks"], Annotated[Principal | None, "who"]],
    ids=str,
)
async def test_a_principal_is_bound_however_its_type_is_written(hint: Any) -> None:
    def whoami(who: Any = None) -> str:
        """Say who asks."""
        return who.id

    whoami.__annotations__["who"] = hint
    made = Tool(whoami)
    assert made.schema.parameters["properties"] == {}
    with pytest.raises(ToolRetry):
        made.validate({"who": {"id": "mallory"}})
    assert await made.invoke({}, CONTEXT) == "ana"


def test_arguments_become_the_functions_own_types() -> None:
    made = search.validate({"day": "2026-03-02", "guests": [{"name": "Bo"}], "limit": "3"})
    assert made == {
        "day": dt.date(2026, 3, 2),
        "court": None,
        "guests": [Guest(name="Bo")],
        "limit": 3,
    }


def test_arguments_may_be_any_mapping() -> None:
    assert search.validate(MappingProxyType({"day": "2026-03-02"}))["limit"] == 5


def test_validated_arguments_can_be_validated_again() -> None:
    made = search.validate({"day": "2026-03-02", "guests": [{"name": "Bo"}]})
    assert search.validate(made) == made


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "day: Field required"),
        ({"day": "2026-02-30"}, "day: "),
        ({"day": "2026-03-02", "limit": 10}, "limit: Input should be less than or equal to 9"),
        ({"day": "2026-03-02", "court": "Z"}, "court: Input should be 'A' or 'B'"),
        ({"day": "2026-03-02", "guests": [{}]}, "guests.0.name: Field required"),
        ({"dya": "2026-03-02"}, "dya: no such argument (known: day, court, guests, limit)"),
        (["day"], "arguments: "),
    ],
)  # fmt: skip
def test_a_fault_says_where_and_why(arguments: Any, says: str) -> None:
    with pytest.raises(ToolRetry) as caught:
        search.validate(arguments)
    assert says in caught.value.detail
    assert caught.value.tool == "search"


def test_a_fault_names_the_arguments_at_fault() -> None:
    with pytest.raises(ToolRetry) as caught:
        search.validate({"day": "never", "limit": 0})
    assert caught.value.arguments == ("day", "limit")


def test_a_fault_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(ToolRetry) as caught:
        search.validate({"day": "secret-token"})
    assert "secret-token" not in caught.value.detail


async def test_a_plain_function_runs_in_a_thread_and_holds_nobody_up() -> None:
    go, began = threading.Event(), threading.Event()

    def waits() -> str:
        """Wait."""
        began.set()
        assert go.wait(scaled(10))
        return threading.current_thread().name

    task = asyncio.create_task(Tool(waits).invoke({}, CONTEXT))
    assert await asyncio.to_thread(began.wait, 10)
    go.set()
    assert await task != threading.main_thread().name


@pytest.mark.parametrize("error", [ValueError("oh"), StopIteration(), KeyError("x")], ids=repr)
async def test_whatever_a_plain_function_raises_is_a_failed_tool(error: Exception) -> None:
    def fails() -> None:
        """Fail."""
        raise error

    async def main(run: Run) -> str:
        with pytest.raises(ToolFailed, match=type(error).__name__):
            await run.use(Tool(fails), {})
        return "caught"

    assert (await ran(main, budget=Budget(seconds=5))).text == "caught"


async def test_a_tool_cancelled_by_its_own_doing_has_failed() -> None:
    @tool
    async def odd() -> None:
        """Wait for what somebody cancelled."""
        raise asyncio.CancelledError

    async def main(run: Run) -> list[bool]:
        made = await run.together(run.use(odd, {}), run.ask([]), on_error="partial")
        return [o.ok for o in made]

    assert (await ran(main)).text == "[False, True]"


async def test_a_tools_own_errors_pass_with_their_meaning() -> None:
    @tool
    async def asks() -> None:
        """Ask for other arguments."""
        raise ToolRetry("asks", "another day, please", ("day",))

    async def main(run: Run) -> str:
        with pytest.raises(ToolRetry) as caught:
            await run.use(asks, {})
        return str(caught.value.arguments)

    assert (await ran(main)).text == "('day',)"


async def test_a_result_that_is_no_json_does_not_undo_what_was_done() -> None:
    class Odd:
        def __str__(self) -> str:
            return "odd"

    @tool
    async def makes() -> Any:
        """Give something odd."""
        return {"made": Odd(), "raw": b"\xff"}

    async def main(run: Run) -> str:
        made = await run.use(makes, {})
        return result_text(made)

    record = await ran(main)
    assert record.error is None
    assert "odd" in record.text


def test_results_become_json_and_text() -> None:
    booked = Booked("1", dt.date(2026, 3, 2))
    assert result_data([booked, Guest(name="Bo")]) == [
        {"id": "1", "day": "2026-03-02"}, {"name": "Bo"},
    ]  # fmt: skip
    assert result_text("as it is") == "as it is"
    assert result_text({"größe": None}) == '{"größe":null}'
    assert [result_data(value) for value in (None, True, 1.5)] == [None, True, 1.5]


def test_a_tool_can_be_called_as_the_function_it_is() -> None:
    assert search(dt.date(2026, 3, 2)) == ["Monday None 5 []"]
    assert repr(book) == "Tool('reserve', effect='write')"


@pytest.mark.parametrize(
    ("key", "other", "same"),
    [
        (("slot",), {"slot": "t", "note": "n"}, False),
        (("slot",), {"slot": "s", "note": "other"}, True),
        ((), {"slot": "t", "note": "n"}, True),
    ],
)
def test_the_key_is_made_of_the_authors_fields(
    key: tuple[str, ...], other: dict[str, str], same: bool
) -> None:
    made = Tool(book.function, effect="write", key=key)
    first = made.idempotency_key("run|1.1", {"slot": "s", "note": "n"})
    assert (made.idempotency_key("run|1.1", other) == first) is same


def test_the_key_differs_by_run_step_and_tool() -> None:
    arguments = {"slot": "s"}
    renamed = Tool(book.function, name="other", effect="write", key=("slot",))
    keys = {
        book.idempotency_key("r1|1.1", arguments),
        book.idempotency_key("r2|1.1", arguments),
        book.idempotency_key("r1|1.2", arguments),
        renamed.idempotency_key("r1|1.1", arguments),
    }
    assert len(keys) == 4


def test_a_tool_that_is_made_wrongly_says_so() -> None:
    def silent(day: str) -> str:
        return day

    def untyped(day) -> str:  # the fault under test
        """Look."""
        return day

    with pytest.raises(ConfigError, match="no description"):
        Tool(silent)
    with pytest.raises(ConfigError, match="key names when"):
        Tool(book.function, key=("when",))
    with pytest.raises(ConfigError, match="day has no type"):
        Tool(untyped)


async def test_a_run_gives_keys_to_writing_tools_alone() -> None:
    keys: list[str] = []

    @tool
    async def reads(context: ToolContext) -> None:
        """Read."""
        keys.append(context.idempotency_key)

    @tool(effect="write")
    async def writes(context: ToolContext) -> None:
        """Write."""
        keys.append(context.idempotency_key)

    async def main(run: Run) -> None:
        for each in (reads, writes, writes):
            await run.use(each, {})

    for prefix in ("", "", "same", "same"):
        await ran(main, idempotency_prefix=prefix)
    assert keys[0::3] == [""] * 4
    first, second, third, fourth = (keys[n + 1 : n + 3] for n in range(0, 12, 3))
    assert len({*first, *second}) == 4
    assert third == fourth
    assert len({*first, *second, *third}) == 6
