"""The parity table in the docs tells of every pattern, runtime and test that there is today."""

from __future__ import annotations

import inspect
from pathlib import Path

from tests.contract.agent import AgentContract
from tests.contract.hosts import HOSTS
from tests.contract.test_agents import CASES

PAGE = Path(__file__).parents[2] / "docs" / "runtimes" / "parity.md"


def test_the_parity_table_is_todays() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|\n ").split("|")]
        for line in PAGE.read_text().splitlines()
        if line.startswith("|")
    ]
    runtimes = [*HOSTS, "durable-sqlite", "durable-postgresql"]
    assert rows[0] == ["pattern", *runtimes], "run: python scripts/parity.py"
    expected = [[name, *[_all(bool(case.lines))] * len(runtimes)] for name, case in CASES.items()]
    assert sorted(rows[2:]) == sorted(expected), "run: python scripts/parity.py"


def _all(asks: bool) -> str:
    """Say that every test passed that applies to an agent which asks a model, or asks none."""
    wanted = {"case", "asking"} if asks else {"case"}
    count = sum(
        not wanted.isdisjoint(inspect.signature(test).parameters)
        for name, test in inspect.getmembers(AgentContract, inspect.isfunction)
        if name.startswith("test_")
    )
    return f"{count}/{count}"
