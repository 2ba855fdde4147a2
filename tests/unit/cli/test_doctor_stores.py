"""The doctor writes into every store, really, and says of each that it cannot."""

from __future__ import annotations

import asyncio
import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from batuta.settings import Settings
from batuta.wiring.storage import open_attachments, open_bookings
from tests.patience import scaled
from tests.unit.cli.conftest import Batuta

STORES = ("database", "requests", "attachments", "bookings")
_APP = """
from batuta import App
from batuta.errors import StoreUnusable


async def probe():
    with open("tried", "a") as file:
        file.write("x")
    {then}


app = App(name="own", instructions="Help.", tools=[], probe=probe)
"""


def checks(text: str) -> dict[str, Any]:
    return {check["name"]: check for check in json.loads(text)["checks"]}


async def made(settings: Settings) -> None:
    for store in (open_attachments(settings), open_bookings(settings)):
        await store.probe()
        await store.aclose()


def test_a_disk_that_takes_no_more_is_said_of_every_store(batuta: Batuta, tmp_path: Path) -> None:
    home = tmp_path / "home"
    asyncio.run(made(Settings(home=home)))
    sound = checks(batuta("doctor", "--json", "--home", str(home)).stdout)
    assert {sound[name]["state"] for name in STORES} == {"ok"}

    # Without -B its imports would leave half a file of bytecode to everybody.
    doctor = [sys.executable, "-B", "-m", "batuta", "doctor", "--json", "--home", str(home)]
    words = shlex.join(doctor)
    done = subprocess.run(
        ["/bin/sh", "-c", f"ulimit -f 8; exec {words}"],
        capture_output=True,
        text=True,
        timeout=scaled(60),
        check=False,
    )

    assert done.returncode != 0, done.stderr
    full = checks(done.stdout)
    assert {name: full[name]["state"] for name in STORES} == dict.fromkeys(STORES, "FAILED")
    assert all("cannot be used" in full[name]["found"] for name in STORES), full


def test_what_is_not_there_yet_is_not_made(batuta: Batuta, tmp_path: Path) -> None:
    found = checks(batuta("doctor", "--json", "--home", str(tmp_path / "home")).stdout)
    assert [found[name]["state"] for name in STORES] == ["ok"] * 4
    assert sorted(path.name for path in (tmp_path / "home").glob("*.db")) == [
        "batuta.db",
        "requests.db",
    ]


@pytest.mark.parametrize(
    ("then", "state"),
    [("return", "ok"), ('raise StoreUnusable("Till", "is full", "Empty it.")', "FAILED")],
)
def test_what_an_app_of_ones_own_stands_on_is_tried(
    batuta: Batuta, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: str, state: str
) -> None:
    name = f"own_{state.lower()}"
    (tmp_path / f"{name}.py").write_text(_APP.replace("{then}", then))
    monkeypatch.syspath_prepend(str(tmp_path))
    done = batuta("doctor", "--app", f"{name}:app", "--json")
    found = checks(done.stdout)["app's stores"]
    assert (found["state"], (tmp_path / "tried").read_text()) == (state, "x")
    assert ("Till is full" in found["found"]) == (state == "FAILED")
