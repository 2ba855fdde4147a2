"""Rate and runs at once: each with an error that says when to come back."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.core.clock import ManualClock
from batuta.errors import LimitReached
from batuta.serve.http.limits import Rate, WrongKeys
from tests.unit.serve.http.house import House, bearer, keys_file, problem, until

MOMENT = dt.datetime(2019, 3, 1, 6, tzinfo=dt.UTC)


async def test_rate_holds_for_each_principal_and_fills_up_again(tmp_path: Path) -> None:
    clock = ManualClock(MOMENT)
    keys = keys_file(tmp_path, ana="k-ana", bob="k-bob")
    async with House(tmp_path, clock, keys=keys, requests_per_minute=3).client() as client:
        ana = [(await client.get("/styles", headers=bearer("k-ana"))) for _ in range(4)]
        bob = await client.get("/styles", headers=bearer("k-bob"))
        clock.advance(20)
        later = await client.get("/styles", headers=bearer("k-ana"))

    assert [r.status_code for r in ana] == [200, 200, 200, 429]
    body = problem(ana[-1], 429, "limit_reached")
    assert ana[-1].headers["retry-after"] == "20"
    assert (body["limit"], body["what"], body["retryable"]) == (3, "requests per minute", True)
    assert bob.status_code == later.status_code == 200


async def test_wrong_keys_are_limited_by_address_and_right_ones_pass(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = ManualClock(MOMENT)
    keys = keys_file(tmp_path, ana="k-ana")
    async with House(tmp_path, clock, keys=keys).client() as client:
        wrong = [await client.get("/styles", headers=bearer(f"guess-{n}")) for n in range(22)]
        none = await client.get("/styles")
        right = await client.get("/styles", headers=bearer("k-ana"))
        clock.advance(60)
        later = await client.get("/styles", headers=bearer("guess-23"))

    assert [each.status_code for each in wrong] == [401] * 20 + [429] * 2
    assert problem(wrong[-1], 429, "limit_reached")["what"] == "wrong API keys per minute"
    assert (none.status_code, right.status_code, later.status_code) == (401, 200, 401)
    assert "guess" not in caplog.text
    assert caplog.text.count("came") == 3  # the first, the twentieth, and one a minute later


def test_one_network_counts_as_one_address_and_others_do_not() -> None:
    wrong = WrongKeys(1, ManualClock(MOMENT))
    wrong.take("2001:db8::1")
    wrong.take("2001:db8:0:1::1")
    wrong.take("198.51.100.1")
    for same in ("2001:db8::2", "::ffff:198.51.100.1"):
        with pytest.raises(LimitReached):
            wrong.take(same)


def test_addresses_without_end_take_no_memory_without_end() -> None:
    rate = Rate(1, ManualClock(MOMENT))
    for number in range(30_000):
        rate.take(str(number))

    assert len(vars(rate)["_left"]) <= 10_000


async def test_no_rate_is_no_limit(tmp_path: Path) -> None:
    async with House(tmp_path, requests_per_minute=0).client() as client:
        assert {(await client.get("/styles")).status_code for _ in range(200)} == {200}


@given(
    st.integers(1, 50),
    st.lists(st.floats(0, 100, allow_nan=False, allow_infinity=False), max_size=80),
)
def test_rate_never_lets_more_through_than_bucket_and_inflow(size: int, waits: list[float]) -> None:
    clock = ManualClock(MOMENT)
    rate = Rate(size, clock)
    through = 0
    for wait in waits:
        clock.advance(wait)
        try:
            rate.take("ana")
        except LimitReached as error:
            clock.advance(error.retry_after_s)
            rate.take("ana")  # the wait that it names is enough
        through += 1

    assert through <= size + clock.monotonic() * size / 60 + 1e-6


def test_rate_forgets_those_who_are_long_gone() -> None:
    clock = ManualClock(MOMENT)
    rate = Rate(5, clock)
    for number in range(10_000):
        rate.take(str(number))
    clock.advance(60)
    rate.take("one more")

    assert len(rate._left) == 1


async def test_runs_at_once_are_limited_and_the_place_is_given_back(tmp_path: Path) -> None:
    house = House(tmp_path, concurrent_runs=2)
    house.parrot.go_on.clear()
    async with house.client() as client:
        asking = [
            asyncio.create_task(client.post("/chat", json={"message": str(n)})) for n in range(2)
        ]
        await until(lambda: len(house.parrot.asked) == 2)
        refused = await client.post("/chat", json={"message": "three"})
        stream = await client.post("/chat", json={"message": "four", "stream": True})
        others = await client.get("/runs")
        house.parrot.go_on.set()
        answers = await asyncio.gather(*asking)
        after = await client.post("/chat", json={"message": "five"})

    body = problem(refused, 429, "limit_reached")
    assert (body["limit"], body["what"]) == (2, "runs at once")
    assert refused.headers["retry-after"] == "1"
    problem(stream, 429, "limit_reached")
    assert [run["status"] for run in others.json()["runs"]] == ["running", "running"]
    assert {a.status_code for a in answers} == {200}
    assert after.status_code == 200


async def test_one_callers_runs_leave_places_to_others(tmp_path: Path) -> None:
    keys = keys_file(tmp_path, ana="k-ana", bob="k-bob")
    house = House(tmp_path, keys=keys, concurrent_runs=4, caller_share=0.75)
    house.parrot.go_on.clear()
    async with house.client() as client:

        def asks(who: str) -> asyncio.Task[httpx.Response]:
            sent = client.post("/chat", json={"message": "hi"}, headers=bearer(f"k-{who}"))
            return asyncio.create_task(sent)

        asking = [asks("ana") for _ in range(3)]
        await until(lambda: len(house.parrot.asked) == 3)
        refused = await asks("ana")
        asking.append(asks("bob"))
        await until(lambda: len(house.parrot.asked) == 4)
        full = await asks("bob")
        house.parrot.go_on.set()
        answers = await asyncio.gather(*asking)
        after = await asks("ana")

    body = problem(refused, 429, "limit_reached")
    assert (body["limit"], body["what"]) == (3, "runs at once for one caller now")
    assert refused.headers["retry-after"] == full.headers["retry-after"] == "1"
    assert problem(full, 429, "limit_reached")["what"] == "runs at once"
    assert {a.status_code for a in (*answers, after)} == {200}


async def test_runs_wait_for_agents_in_turn_and_not_too_long(tmp_path: Path) -> None:
    house = House(tmp_path, concurrent_agents=1, wait_seconds=0.05, run_seconds=60)
    house.parrot.go_on.clear()
    async with house.client() as client:
        asking = asyncio.create_task(client.post("/chat", json={"message": "one"}))
        await until(lambda: bool(house.parrot.asked))
        late = await client.post("/chat", json={"message": "two"})
        stream = await client.post("/chat", json={"message": "three", "stream": True})
        house.parrot.go_on.set()
        assert (await asking).status_code == 200
        assert (await client.post("/chat", json={"message": "four"})).status_code == 200

    for response in (late, stream):
        body = problem(response, 429, "limit_reached")
        assert (body["limit"], body["what"]) == (1, "agents at work")
        assert response.headers["retry-after"] == "1"


@pytest.mark.parametrize("text", ["", "x" * 5_000])
async def test_refused_message_gives_its_place_back(tmp_path: Path, text: str) -> None:
    async with House(tmp_path, concurrent_runs=1).client() as client:
        for _ in range(3):
            problem(await client.post("/chat", json={"message": text}), 422, "invalid_input")
        assert (await client.post("/chat", json={"message": "hello"})).status_code == 200


async def test_history_that_a_model_sees_is_limited(tmp_path: Path) -> None:
    house = House(tmp_path, history_messages=2)
    async with house.client() as client:
        session_id = None
        for n in range(4):
            sent = {"message": f"number {n}", "session_id": session_id}
            session_id = (await client.post("/chat", json=sent)).json()["session_id"]
        whole = (await client.get(f"/sessions/{session_id}")).json()

    assert [m.text for m in house.parrot.asked[-1].messages if m.role == "user"] == [
        "number 2",
        "number 3",
    ]
    assert len(whole["messages"]) == 8
