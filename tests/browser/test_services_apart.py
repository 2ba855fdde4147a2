"""With the lab, a service that stands apart dies for real, and its keeper starts it again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from playwright.async_api import expect

from tests.browser.conftest import Open, Playground
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
        loop = {"framework": "openai-agents", "model": "offline:rules"}
        booked = await said("Book a court on 10 December at 9am", **loop)

    assert all_up(before)
    assert struck.rstrip().rpartition("event: ")[2].startswith(("reply", "problem"))
    assert '"status":"done"' in booked, "it books once it is back"


async def test_button_kills_a_service_that_comes_back(visit: Open, playground: Playground) -> None:
    page = (await visit()).page

    await page.locator(".menu.lab summary").click()
    booking = page.locator(".service", has_text="booking")
    await expect(booking.locator(".up")).to_be_visible()
    async with client(base_url=playground.address) as person:
        before = (await person.get("/playground/setup")).json()["services"]
        await booking.get_by_role("button", name="Kill it").click()
        await expect(
            page.get_by_text("booking was killed. Its keeper starts it anew.")
        ).to_be_visible()
        async with asyncio.timeout(scaled(LONG_S)):
            while True:
                now = (await person.get("/playground/setup")).json()["services"]
                if sum(each["starts"] for each in now) > sum(each["starts"] for each in before):
                    break
                await asyncio.sleep(0.2)
    await expect(booking.locator(".up")).to_be_visible()


def starts(now: Services) -> int:
    return sum(each["starts"] for each in now.values())


def all_up(now: Services) -> bool:
    return all(each["up"] for each in now.values())
