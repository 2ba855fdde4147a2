"""The defaults that the pages' tables tell are those of the settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from batuta.settings import PREFIX, Settings
from tests.docs.pages import page_name, pages

NAMES = re.compile(r"`(\w+)`")


def rows() -> Iterator[tuple[str, str, str]]:
    """Each setting in a table with a column ``default``: page, name, what stands there."""
    for page in pages():
        inside = False
        for line in page.read_text("utf-8").splitlines():
            cells = [cell.strip() for cell in line.split("|")[1:-1]]
            if not cells or cells[:2] == ["setting", "default"]:
                inside = bool(cells)
            elif inside and (names := NAMES.findall(cells[0])):
                told = cells[1].split(", ") if len(names) > 1 else [cells[1].replace(",", "")]
                for name, value in zip(names, told, strict=True):
                    yield page_name(page), name.removeprefix(PREFIX).lower(), value


@pytest.mark.parametrize(("page", "name", "told"), list(rows()))
def test_a_default_in_a_table_is_the_settings_own(page: str, name: str, told: str) -> None:
    default: Any = getattr(Settings(), name)
    assert told == (f"{default:g}" if isinstance(default, float) else str(default)), page


def test_tables_of_defaults_are_found() -> None:
    assert {"concurrent_runs", "run_cost_usd", "model_seconds"} <= {name for _, name, _ in rows()}
