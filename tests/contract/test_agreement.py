"""A slice of the matrix of agreement, and that the page is of today's matrix."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from scripts.agreement import PAGE, RUNTIMES
from tests.contract.agreement import (
    PATTERNS,
    READ,
    TROUBLES,
    VENDORS,
    Bench,
    Cell,
    asks,
    bench,
    counted,
)
from tests.contract.hosts import HOSTS

SLICE = tuple(
    Cell(
        pattern=pattern,
        runtime="local",
        read=READ[number // len(TROUBLES) % len(READ)],
        trouble=TROUBLES[number % len(TROUBLES)],
        vendor=VENDORS[number % len(VENDORS)],
    )
    for number, pattern in enumerate(PATTERNS)
)
"""Each pattern once, each trouble at least twice; the page has the whole product."""


@pytest.fixture
async def shared() -> AsyncGenerator[Bench]:
    async with bench() as made:
        yield made


async def test_all_accounts_agree_with_what_the_server_counted(shared: Bench) -> None:
    for cell in SLICE:
        counts = await counted(cell, HOSTS[cell.runtime], shared)
        assert counts.verdict == "=", f"{cell}: {counts}"
        assert cell.trouble == "cancelled" or sum(counts.server) > 0, cell


def test_every_pattern_asks_a_model() -> None:
    assert [pattern for pattern in PATTERNS if not asks(pattern)] == []


def test_the_page_is_of_todays_matrix() -> None:
    rows = {
        cells[0]: cells[1:]
        for line in PAGE.read_text().splitlines()
        if line.startswith("| ")
        for cells in [[cell.strip() for cell in line.strip("| ").split("|")]]
    }
    say = "run: make agreement"
    assert rows["pattern"] == list(RUNTIMES.values()), say
    each = {
        **{p.upper() if len(p) == 1 else p: len(READ) * len(TROUBLES) for p in PATTERNS},
        **{trouble: len(PATTERNS) * len(READ) for trouble in TROUBLES},
        **{read: len(PATTERNS) * len(TROUBLES) for read in READ},
    }
    assert set(rows) - {"pattern", "trouble", "read"} == set(each), say
    for name, runs in each.items():
        assert [_runs(cell) for cell in rows[name]] == [runs] * len(RUNTIMES), f"{name}; {say}"


def _runs(cell: str) -> int:
    """Add up a cell's runs; those in which accounts differ are none of them."""
    parts = [part.split() for part in cell.split(", ")]
    return sum(int(count) for count, verdict in parts if verdict in {"=", "?"})
