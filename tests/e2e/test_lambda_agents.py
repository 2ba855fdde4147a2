"""Styles C and G as packaged functions: a coordinator, every agent its own, one table."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.lambda_house import House, house
from tests.lambda_api import Cloud, cloud
from tests.lambda_packages import Packages, unpacked

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(180)]
STEPS = ("parse", "availability", "choose", "book", "confirm", "workflow")
SPECIALISTS = ("availability", "booking", "manager")
CLIENTS = 20
WRITES = "DynamoDB_20120810.TransactWriteItems"


@pytest.fixture(scope="module")
def folder(packages: Packages) -> Path:
    # What G needs is all that C needs.
    return unpacked(packages.built("g").path)


@pytest.fixture(scope="module")
def aws() -> Iterator[Cloud]:
    with cloud() as made:
        yield made


@pytest.fixture(scope="module")
def steps(aws: Cloud, folder: Path) -> Iterator[House]:
    with house(aws, folder, "c", STEPS) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_planned(aws: Cloud) -> Iterator[None]:
    yield
    aws.table_api.before = None


def test_c_books_through_five_step_functions(steps: House) -> None:
    status, said = steps.chat("Book a court on 2026-11-23 at 10am")

    assert (status, "Your booking id is BK-" in said["reply"]) == (200, True), said
    called = {name for name, qualifier in steps.cloud.api.seen if qualifier == "live"}
    assert called == {f"c-{name}" for name in STEPS[:-1]}
    assert [b["member_id"] for b in steps.bookings()] == ["ana"]


def test_g_books_through_two_specialist_functions(aws: Cloud, folder: Path) -> None:
    with house(aws, folder, "g", SPECIALISTS) as club:
        status, said = club.chat("Book a court on 2026-11-24 at 10am", "gus")
        mine = [b for b in club.bookings() if b["member_id"] == "gus"]
    assert status == 200, said
    assert len(mine) == 1, said
    assert {"g-availability", "g-booking"} <= {name for name, _ in aws.api.seen}


def test_twenty_clients_race_for_one_slot_and_one_has_it(steps: House) -> None:
    def ask(number: int) -> int:
        return steps.chat("Book Court A on 2026-11-25 at 3pm", f"user-{number}")[0]

    with ThreadPoolExecutor(CLIENTS) as clients:
        statuses = list(clients.map(ask, range(CLIENTS)))
    taken = [b["slot_id"] for b in steps.bookings() if b["slot_id"].startswith("2026-11-25")]
    assert set(statuses) == {200}
    assert len(taken) == len(set(taken))
    assert len([slot for slot in taken if slot.endswith("A")]) == 1


def test_a_function_that_dies_after_its_write_books_once(steps: House) -> None:
    booking = steps.pools["c-book"]
    died: list[str] = []

    def die(target: str) -> bool:
        if target == WRITES and booking.working and not died:
            died.append(target)
            steps.cloud.table_api.after = booking.kill
        return True

    steps.cloud.table_api.before = die
    status, said = steps.chat("Book a court on 2026-11-26 at 10am", "dora")

    assert died
    assert status == 200, said
    assert len([b for b in steps.bookings() if b["member_id"] == "dora"]) == 1


def test_a_function_that_always_dies_is_an_error_that_names_its_step(steps: House) -> None:
    booking = steps.pools["c-book"]

    def die(target: str) -> bool:
        if target == WRITES and booking.working:
            booking.kill()
            return False
        return True

    steps.cloud.table_api.before = die
    status, said = steps.chat("Book a court on 2026-11-27 at 10am", "fay")

    assert status == 503, said
    assert "book" in said["detail"]
    assert "c-book" not in said["detail"]  # who asks is told no function's name; the log says it
    assert "Agent book: function c-book:live died at work" in steps.log()
    steps.cloud.table_api.before = None
    assert [b for b in steps.bookings() if b["member_id"] == "fay"] == []
    assert steps.chat("Book a court on 2026-11-27 at 10am", "fay")[0] == 200
    assert len([b for b in steps.bookings() if b["member_id"] == "fay"]) == 1
