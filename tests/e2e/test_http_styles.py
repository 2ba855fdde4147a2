"""Every style books a court over HTTP, in a conversation, against a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.http_server import NOW, Server, bookings, key_of, serving, users_file
from tests.e2e.placed import up

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

STYLES = "abcdefgh"
MEMBERS = tuple(f"{style}{number}" for style in STYLES for number in range(6))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("club")
    taken = [{"date": "2019-03-09", "time": "14:00", "court": "*"}]
    settings = {"seed": users_file(home, *MEMBERS, bookings=taken), "requests_per_minute": 0}
    with up(home, "c"), up(home, "g"), serving(home, settings) as running:
        yield running


class Talk:
    """One member's conversation."""

    def __init__(self, client: httpx.AsyncClient, member: str, style: str) -> None:
        self._client = client
        self._headers = {**NOW, **key_of(member)}
        self.style = style
        self.session_id: str | None = None
        self.replies: list[dict[str, Any]] = []

    async def say(self, *turns: str) -> str:
        for text in turns:
            response = await self._client.post(
                f"/styles/{self.style}/chat",
                json={"message": text, "session_id": self.session_id},
                headers=self._headers,
            )
            assert response.status_code == 200, response.text
            self.replies.append(response.json())
            self.session_id = self.replies[-1]["session_id"]
        return self.replies[-1]["reply"]


def booked_by(server: Server, member: str) -> list[str]:
    return [slot for slot, who in bookings(server.home) if who == member]


@pytest.mark.parametrize("style", STYLES)
async def test_conversation_ends_in_the_wanted_booking(server: Server, style: str) -> None:
    member = f"{style}0"
    day = 2 + STYLES.index(style)  # nobody is in anybody's way
    async with server.client() as client:
        talk = Talk(client, member, style)
        await talk.say("I'd like to book a court")
        assert not booked_by(server, member), "nothing is booked before all is known"
        offer = await talk.say(f"March {day} at 3pm", "make it 4pm instead")
        assert "Court B" in offer
        reply = await talk.say("the second one")

    assert booked_by(server, member) == [f"2019-03-0{day}T16:00/B"]
    assert "BK-" in reply
    last = talk.replies[-1]
    assert {r["session_id"] for r in talk.replies} == {talk.session_id}
    assert len({r["run_id"] for r in talk.replies}) == 4
    assert last["stand_in"] is True
    assert last["note"]
    assert last["style"] == style
    assert last["usage"]["model_calls"] >= 1
    assert last["usage"]["tool_calls"] >= 1
    assert last["cost"]["usd"] == 0


@pytest.mark.parametrize("style", STYLES)
async def test_whole_request_at_once(server: Server, style: str) -> None:
    member = f"{style}1"
    day = 10 + STYLES.index(style)
    async with server.client() as client:
        talk = Talk(client, member, style)
        await talk.say(f"Book court C on March {day} at 10am please")
        if not booked_by(server, member):  # it may ask before it acts
            await talk.say("yes, court C")

    assert booked_by(server, member) == [f"2019-03-{day}T10:00/C"]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "request_",
    [
        "Book a court on February 30th at 3pm",
        "Book a court yesterday at 3pm",
        "Book a court tomorrow at 3am",
        "Book a court on March 9 at 2pm",
        "Tell me a joke",
        "never mind",
        "🎾🎾🎾",
        "预订网球场",
    ],
)
async def test_what_cannot_be_booked_is_not(server: Server, style: str, request_: str) -> None:
    member = f"{style}2"
    async with server.client() as client:
        reply = await Talk(client, member, style).say(request_)

    assert reply
    assert booked_by(server, member) == []


@pytest.mark.parametrize("style", STYLES)
async def test_second_thoughts_book_nothing(server: Server, style: str) -> None:
    member = f"{style}3"
    async with server.client() as client:
        talk = Talk(client, member, style)
        await talk.say("Is a court free on March 20?", "start over", "never mind")

    assert booked_by(server, member) == []


@pytest.mark.parametrize(("begun", "ended"), ["ad", "bc", "cd", "da", "ef", "fb", "ge"])
async def test_conversation_goes_on_under_another_style(
    server: Server, begun: str, ended: str
) -> None:
    member = f"{begun}4"
    day = 22 + STYLES.index(begun)
    async with server.client() as client:
        talk = Talk(client, member, begun)
        await talk.say("I'd like to book a court", f"March {day} at 5pm")
        talk.style = ended
        await talk.say(f"Court D on March {day} at 5pm, please")
        if not booked_by(server, member):
            await talk.say("yes, court D")
        session = await client.get(f"/sessions/{talk.session_id}", headers=key_of(member))

    assert len(booked_by(server, member)) == 1
    said = [m["text"] for m in session.json()["messages"] if m["role"] == "user"]
    assert said[:2] == ["I'd like to book a court", f"March {day} at 5pm"]


async def test_hundred_members_race_for_the_last_court(tmp_path: Path) -> None:
    members = [f"m{number}" for number in range(100)]
    taken = [{"date": "2019-03-02", "time": "15:00", "court": court} for court in "BCD"]
    settings = {
        "seed": users_file(tmp_path, *members, bookings=taken),
        "concurrent_runs": 100,
    }
    limits = httpx.Limits(max_connections=100)
    with serving(tmp_path, settings) as server:
        async with server.client(limits=limits, headers=NOW) as client:
            responses = await asyncio.gather(
                *(
                    client.post(
                        f"/styles/{'ade'[number % 3]}/chat",
                        json={"message": "Book court A tomorrow at 3pm"},
                        headers=key_of(member),
                    )
                    for number, member in enumerate(members)
                )
            )
        there = bookings(tmp_path)
        members_runs = {r.json()["run_id"] for r in responses}

    assert {r.status_code for r in responses} == {200}
    assert len(members_runs) == 100
    winners = [who for slot, who in there if slot == "2019-03-02T15:00/A"]
    assert len(winners) == 1, there
    confirmed = [r.json()["reply"] for r in responses if "BK-" in r.json()["reply"]]
    mine = [slot for slot, who in there if who != "club"]
    assert len(confirmed) == len(mine), "a confirmation for each booking, and for nothing else"
