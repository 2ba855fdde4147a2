"""A package, built as a user builds it, unpacked alone and run by AWS's own runtime client."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from zipfile import ZipFile

import pytest

from batuta.packaging import Package, build_package
from batuta.packaging.aims import passed_aims
from batuta.packaging.measuring import IMPORT, OPEN, cold_start, started
from batuta.settings import Settings
from batuta.styles import app_style
from batuta.tennis.app import tennis_app
from batuta.wiring import open_tennis
from tests.e2e.lambda_host import Function, Worker, http_event, jwt, worker
from tests.lambda_packages import Packages, spec_of, unpacked

# Whoever comes first waits until a package is built.
pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]
CLIENTS = 20
HEAVY = {"agents", "anthropic", "grpc", "mcp", "openai", "pydantic_ai"}


@pytest.fixture(scope="module")
def package(packages: Packages) -> Package:
    return packages.built("b")


@pytest.fixture(scope="module")
def function(package: Package, tmp_path_factory: pytest.TempPathFactory) -> Function:
    home = tmp_path_factory.mktemp("home")
    made = {"BATUTA_HOME": str(home), "BATUTA_STYLE": "b", "BATUTA_NOW": "2026-11-21T09:00"}
    handler, folder = "batuta.serve.aws_lambda.handler", unpacked(package.path)
    return Function(handler=handler, folder=folder, variables=made)


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


def test_styles_that_need_the_same_have_one_package_to_the_byte(
    package: Package, tmp_path: Path
) -> None:
    again = build_package(spec_of("h"), tmp_path / "again.zip")

    assert again.sha256 == package.sha256


def test_code_is_compiled_and_found_without_dates(package: Package) -> None:
    with ZipFile(package.path) as archive:
        compiled = [n for n in archive.namelist() if n.startswith("batuta/") and ".pyc" in n]
        flags = {archive.read(name)[4:8] for name in compiled}
    assert compiled
    assert flags == {b"\x01\x00\x00\x00"}  # PEP 552: by hash, unchecked


@pytest.mark.parametrize("style", ["b", "c"])
async def test_a_cold_start_is_measured_wherever_the_agents_are(
    package: Package, style: str, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path)
    desk = await open_tennis(settings)
    await desk.store.aclose()
    found = app_style(tennis_app(desk), style, settings)

    cost = cold_start(package.path, sys.executable, found, repeats=1)

    assert cost.importing > 0
    assert cost.opening > 0
    assert (cost.replying is None) == (style == "c")


@pytest.mark.parametrize(("style", "model"), [("a", ""), ("e", ""), ("e", "openai:gpt-5-mini")])
def test_a_package_is_no_larger_than_its_style_should_be(
    packages: Packages, style: str, model: str
) -> None:
    assert passed_aims(style, packages.built(style, model).zipped) == []


def loaded(code: str, folder: Path, home: Path) -> set[str]:
    """What a new process imports, by its first name."""
    command = started(sys.executable, folder, f"{code}print(*sys.modules)")
    made = {"BATUTA_STYLE": "e", "BATUTA_HOME": str(home), "AWS_REGION": "eu-west-1"}
    done = subprocess.run(command, env=made, capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize("code", [IMPORT, OPEN], ids=["import", "open"])
def test_no_sdk_is_loaded_before_the_first_message(
    packages: Packages, tmp_path: Path, code: str
) -> None:
    folder = unpacked(packages.built("e", "openai:gpt-5-mini").path)

    assert not HEAVY & loaded(code, folder, tmp_path)
    # Were one loaded, it would be seen.
    assert HEAVY & loaded("import agents\n" + code, folder, tmp_path) >= {"agents", "openai"}
