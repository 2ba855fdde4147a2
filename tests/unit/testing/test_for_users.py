"""What ``batuta.testing`` offers beside models: a talk, asserts, a table, and pytest's fixtures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batuta.app import App
from batuta.core.record import RunRecord
from batuta.core.tool import tool
from batuta.core.tool_context import ToolContext
from batuta.testing import (
    MemoryTable,
    ScriptedModel,
    assert_decided,
    assert_effects,
    assert_used,
    calls,
    talk,
)

LEND = calls(("look", {}), ("lend", {"bike": "red"}))


def bikes(table: MemoryTable) -> App:
    @tool
    def look() -> int:
        """Count them."""
        return len(table.rows)

    @tool(effect="write", key=("bike",))
    def lend(bike: str, context: ToolContext) -> dict[str, str]:
        """Lend one."""
        return table.add(context.idempotency_key, bike=bike, rider=context.principal.id)

    return App(name="bikes", instructions="Lend.", tools=[look, lend])


def lent(table: MemoryTable, *lines: Any) -> RunRecord:
    return talk(bikes(table), "A bike", model=ScriptedModel(lines))[0]


def test_a_talk_goes_on_in_one_conversation() -> None:
    model = ScriptedModel(["One.", "Two."])
    records = talk(bikes(MemoryTable()), "a", "b", model=model)
    assert [record.text for record in records] == ["One.", "Two."]
    assert [m.text for m in model.requests[1].messages[1:]] == ["a", "One.", "b"]


def test_effects_are_all_that_was_done_and_in_order() -> None:
    table = MemoryTable()
    record = lent(table, LEND, "Yours.")
    assert_effects(record, "lend")
    assert_effects(record, ("lend", {"bike": "red", "rider": "local"}))
    assert table.where(bike="red") == [{"bike": "red", "rider": "local"}]
    for wrong in ((), ("lend", "lend"), ("give",), (("lend", {"bike": "blue"}),)):
        with pytest.raises(AssertionError, match=r"done: lend .*red"):
            assert_effects(record, *wrong)
    assert_effects(lent(table, "No."))


def test_tools_and_decisions_are_told_too() -> None:
    record = lent(MemoryTable(), LEND, "Yours.")
    assert_used(record, "look", "lend")
    with pytest.raises(AssertionError, match="used: look, lend"):
        assert_used(record, "lend")
    refused = lent(MemoryTable(), calls(("fly", {})), "I cannot.")
    assert_decided(refused, "refuse fly")
    assert_decided(refused, "refuse", by="code")
    with pytest.raises(AssertionError, match=r"decided: refuse fly \(by code\)"):
        assert_decided(refused, "refuse", by="manager")


def test_a_row_is_written_once_for_its_key() -> None:
    table = MemoryTable({"bike": "old"})
    assert table.add("k", bike="red") == table.add("k", bike="blue") == {"bike": "red"}
    table.rows[0]["bike"] = "changed"
    assert [row["bike"] for row in table.rows] == ["old", "red"]
    table.clear()
    assert table.rows == []


def test_pytest_has_a_home_a_script_and_a_talk(
    batuta_home: Path, batuta_script: Callable[..., ScriptedModel], batuta_talk: Any
) -> None:
    records = batuta_talk(bikes(MemoryTable()), "hello", model=batuta_script("Hi."))
    assert records[0].text == "Hi."
    assert Path.cwd() == batuta_home.parent
