"""The first thing that a newcomer sees, run for real."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command_line import batuta
from tests.once import once

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

STYLES = list("abcdefgh")


def test_demo_books_under_every_style_and_says_so(tmp_path: Path) -> None:
    active = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    done = batuta(tmp_path, "demo", limit_s=100, env={"PATH": active})

    assert done.returncode == 0, done.stdout + done.stderr
    assert "\x1b" not in done.stdout, "no colours into a pipe"
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "stand-in" in done.stdout
    assert "5 processes of its own: parse, availability" in done.stdout
    assert done.stdout.count("2/2") == len(STYLES)
    run_id = done.stdout.partition("batuta trace ")[2].split()[0]
    assert run_id in batuta(tmp_path, "trace", run_id).stdout


def test_demo_can_be_run_again_and_books_nothing_in_the_real_club(tmp_path: Path) -> None:
    first, second = (
        json.loads(batuta(tmp_path, "demo", "--json", "--styles", "a,d").stdout) for _ in range(2)
    )

    assert first["done"]
    assert second["done"]
    kept = {path.name for path in (tmp_path / "home").glob("*.db")}
    assert kept == {"batuta.db", "requests.db"}, "the club's own file is not made"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("demo")
    return once(
        tmp_path_factory,
        "demo",
        lambda: json.loads(batuta(folder, "demo", "--json", limit_s=100).stdout),
    )


def test_every_style_ends_with_the_same_bookings(shown: dict[str, Any]) -> None:
    assert [style["style"] for style in shown["styles"]] == STYLES
    for style in shown["styles"]:
        request, conversation = style["scenarios"]
        assert [b["slot_id"] for b in request["booked"]] == ["2026-03-03T15:00/A"], style["style"]
        assert [b["slot_id"] for b in conversation["booked"]] == ["2026-03-03T16:00/B"]
        assert all(turn["stand_in"] for turn in conversation["turns"])


def test_who_decides_is_told_by_the_traces(shown: dict[str, Any]) -> None:
    decided = {style["style"]: set(style["decided"]) for style in shown["styles"]}

    assert decided["a"] == {"code"}
    assert "workflow" in decided["b"]
    assert decided["d"] == {"code", "model"}
    assert decided["e"] == {"agent"}
    assert "manager" in decided["f"]
    assert decided["c"] == decided["b"], "where the steps live decides nothing"
    assert decided["g"] == decided["f"]
    assert decided["h"] == {"aws"}


def test_demo_works_where_only_ascii_can_be_shown(tmp_path: Path) -> None:
    plain = {"LC_ALL": "C", "LANG": "C", "PYTHONIOENCODING": "ascii"}

    done = batuta(tmp_path, "demo", "--styles", "a", env=plain)

    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()


def test_demo_works_in_a_narrow_terminal(tmp_path: Path) -> None:
    done = batuta(tmp_path, "demo", "--styles", "b", env={"COLUMNS": "40"})

    assert done.returncode == 0, done.stderr
    assert "who decided:" in done.stdout
