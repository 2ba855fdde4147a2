"""A package, built as a user builds it, unpacked alone and run by AWS's own runtime client."""

from __future__ import annotations

import json
import platform
import sqlite3
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from zipfile import ZipFile

import pytest

from batuta.errors import ConfigError
from batuta.packaging import Package, PackageSpec, build_package
from batuta.packaging.build import runs_here
from batuta.packaging.measuring import opening_cpu_ms
from tests.e2e.lambda_host import Function, Worker, http_event, jwt, worker

ROOT = Path(__file__).parents[2]
ARCH = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
SPEC = PackageSpec(style="b", arch=ARCH, project=ROOT, offline=True, here=True)
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.skipif(not runs_here(SPEC), reason="Lambda's packages run on Linux alone"),
]
CLIENTS = 20


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    target = tmp_path_factory.mktemp("package") / "b.zip"
    try:
        return build_package(SPEC, target)
    except ConfigError as error:
        if "cache" not in str(error):
            raise
        pytest.skip(f"uv's cache lacks what a package needs: {error.what[-200:]}")


@pytest.fixture(scope="module")
def function(package: Package, tmp_path_factory: pytest.TempPathFactory) -> Function:
    folder = tmp_path_factory.mktemp("task")
    with ZipFile(package.path) as archive:
        archive.extractall(folder)
    home = tmp_path_factory.mktemp("home")
    made = {"BATUTA_HOME": str(home), "BATUTA_STYLE": "b", "BATUTA_NOW": "2026-11-21T09:00"}
    return Function(handler="batuta.serve.aws_lambda.handler", folder=folder, variables=made)


@pytest.fixture
def club(function: Function) -> Iterator[Worker]:
    with worker(function) as running:
        yield running


def say(club: Worker, text: str, subject: str) -> str:
    event = http_event("POST", "/chat", {"message": text}, authoriser=jwt(subject))
    result = club.invoke(event)
    assert result.kind == "response", result
    assert result.body["statusCode"] == 200, result.body
    return json.loads(result.body["body"])["reply"]


def booked(function: Function) -> list[tuple[str, str]]:
    with sqlite3.connect(Path(function.variables["BATUTA_HOME"], "tennis.db")) as database:
        return database.execute("select slot_id, member_id from bookings").fetchall()


def test_the_package_alone_books_a_court(club: Worker, function: Function) -> None:
    assert "ook" in say(club, "Book a court on 2026-11-23 at 10am", "ana")
    assert [user for _, user in booked(function)] == ["ana"]


def test_twenty_clients_race_for_the_last_courts_and_nobody_shares_one(function: Function) -> None:
    pool: Queue[Worker] = Queue()
    workers = [Worker(function) for _ in range(4)]
    try:
        for each in workers:
            pool.put(each)

        def ask(number: int) -> str:
            mine = pool.get()
            try:
                return say(mine, "Book Court A on 2026-11-24 at 3pm", f"user-{number}")
            finally:
                pool.put(mine)

        with ThreadPoolExecutor(CLIENTS) as clients:
            list(clients.map(ask, range(CLIENTS)))
    finally:
        for each in workers:
            each.stop()
    slots = [slot for slot, _ in booked(function)]
    assert len(slots) == len(set(slots))
    assert len([s for s in slots if s.startswith("2026-11-24") and s.endswith("A")]) == 1


def test_the_same_project_gives_the_same_package(package: Package, tmp_path: Path) -> None:
    again = build_package(SPEC, tmp_path / "again.zip")

    assert again.sha256 == package.sha256


def test_code_is_compiled_and_found_without_dates(package: Package) -> None:
    with ZipFile(package.path) as archive:
        compiled = [n for n in archive.namelist() if n.startswith("batuta/") and ".pyc" in n]
        flags = {archive.read(name)[4:8] for name in compiled}
    assert compiled
    assert flags == {b"\x01\x00\x00\x00"}  # PEP 552: by hash, unchecked


def test_opening_a_package_costs_what_is_measured(package: Package) -> None:
    assert opening_cpu_ms(package.path, sys.executable, "b", repeats=1) > 0
