"""The page of frameworks says what the contract's tests ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.foreign.table import PAGE, written
from tests.contract.loops import LOOPS


def test_the_table_of_members_is_that_of_the_suite() -> None:
    page = PAGE.read_text()
    assert written(page) == page, "run python -m tests.contract.foreign.table"


@pytest.mark.parametrize("name", LOOPS)
def test_each_framework_has_its_page(name: str) -> None:
    page = Path(PAGE.parent / "frameworks" / f"{name}.md").read_text()
    assert page.count("\n## ") >= 4
