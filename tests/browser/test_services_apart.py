"""With the lab, a service that stands apart dies for real, and its keeper starts it again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tests.browser.conftest import Playground
from tests.patience import LONG_S, client, scaled

Services = dict[str, dict[str, Any]]


async def test_service_dies_and_comes_back(playground: Playground) -> None:
    async with client(base_url=playground.address) as person:

        async def until(true: Callable[[Services], bool]) -> Services:
            """Ask for the services until it is so."""
            async with asyncio.timeout(scaled(LONG_S)):
                while not true(now := await services()):  # noqa: ASYNC110 - it has no event
                    await asyncio.sleep(0.2)
            return now

        async def services() -> Services:
            told = (await person.get("/playground/setup")).json()["services"]
            return {each["name"]: each for each in told}

        async def said(message: str, **more: Any) -> str:
            body = {"message": message, "style": "g", **more}
            return (await person.post("/playground/chat", json=body)).text

        before = await services()
        struck = await said("Book a court on 11 December at 9am", faults=["process-kill"])
        await until(lambda now: starts(now) > starts(before) and all_up(now))
        booked = await said("Book a court on 10 December at 9am")

    assert all_up(before)
    assert struck.rstrip().rpartition("event: ")[2].startswith(("reply", "problem"))
    assert '"status":"done"' in booked, "it books once it is back"


def starts(now: Services) -> int:
    return sum(each["starts"] for each in now.values())


def all_up(now: Services) -> bool:
    return all(each["up"] for each in now.values())
