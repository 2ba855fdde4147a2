"""The page of the architecture is true: its rooms are the rooms, its boxes stand in the code."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import pytest

from scripts.figures import message
from tests.shape.sources import ROOT

PAGE = (ROOT / "docs/architecture.md").read_text()
BOX = re.compile(r"^([a-z_.]+):([\w.]+)$", re.M)


def section(title: str) -> str:
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def boxes(title: str) -> list[tuple[str, str]]:
    return BOX.findall(section(title))


def test_every_room_has_its_line_and_every_line_a_room() -> None:
    package = ROOT / "src/batuta"
    rooms = {p.name for p in package.iterdir() if (p / "__init__.py").is_file()}
    rooms |= {p.stem for p in package.glob("[a-z]*.py")}

    assert set(re.findall(r"^\| `(\w+)` \|", section("Rooms"), re.M)) == rooms


@pytest.mark.parametrize(("module", "name"), BOX.findall(PAGE))
def test_every_box_stands_in_the_code(module: str, name: str) -> None:
    found: Any = import_module(f"batuta.{module}")
    for part in name.split("."):
        found = getattr(found, part)

    assert callable(found)


def test_a_real_message_passes_the_boxes_in_their_order() -> None:
    calls = message(ROOT)
    assert calls is not None
    left = [(f"batuta.{module}", name) for module, name in boxes("The way of a message")]
    for call in calls:
        if left and call == left[0]:
            del left[0]

    assert not left
