"""An App's styles are resolved when it is opened: no request looks for them again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import pytest

from batuta.app import App
from batuta.styles import Claim, Running
from batuta.wiring import Assistants
from tests.unit.core.rig import echo
from tests.unit.serve.http.house import House

# What may change while a process is up: which services of ``batuta up`` are there now.
SERVICES = {"batuta.styles.placement", "batuta.styles.running"}
RESOLVED = {
    "AppStyle.key",
    "AppStyle.missing",
    "AppStyle.placement",
    "Cast.default",
    "Style.independent",
}
HELLO = {"message": "hello"}
REQUESTS: Mapping[str, tuple[str, str, Any]] = {
    "chat": ("POST", "/chat", HELLO),
    "chat in style d": ("POST", "/styles/d/chat", HELLO),
    "chat in a composition": ("POST", "/styles/one/chat", HELLO),
    "styles": ("GET", "/styles", None),
}


@contextmanager
def watching(looks: Callable[[str, str], bool]) -> Iterator[set[str]]:
    """Name the functions that are entered and of this kind."""
    seen: set[str] = set()

    def watch(frame: FrameType, event: str, _: object) -> None:
        module = frame.f_globals.get("__name__", "")
        name = frame.f_code.co_qualname
        if event == "call" and looks(module, name):
            seen.add(f"{module}.{name}")

    sys.setprofile(watch)
    try:
        yield seen
    finally:
        sys.setprofile(None)


def is_look_up(module: str, name: str) -> bool:
    """Tell what finds out about a style: a function of its room, or a search for a module."""
    if module.startswith("importlib") and name == "find_spec":
        return True
    of_styles = module.startswith("batuta.styles") and module not in SERVICES
    return of_styles and name not in RESOLVED


def house(folder: Path) -> tuple[House, list[str]]:
    """Make an App with two compositions that are functions, and the list of their calls."""
    made: list[str] = []

    def composition(name: str) -> Callable[[App], list[Any]]:
        def make(app: App) -> list[Any]:
            made.append(name)
            return [echo(name)]

        return make

    opened = House(folder)
    compositions = {"one": composition("one"), "two": composition("two")}
    app = replace(opened.assistants.app, compositions=compositions)
    opened.assistants = Assistants(app, opened.settings, opened.assistants.clock)
    return opened, made


async def sent(client: httpx.AsyncClient, request: str) -> httpx.Response:
    method, path, body = REQUESTS[request]
    response = await client.request(method, path, json=body)
    assert response.status_code == 200, response.text
    return response


@pytest.mark.parametrize("request_", REQUESTS)
async def test_no_request_looks_a_style_up(tmp_path: Path, request_: str) -> None:
    opened, _ = house(tmp_path)
    async with opened.client() as client:
        await sent(client, request_)  # the first makes the style's agents
        with watching(is_look_up) as seen:
            await sent(client, request_)

    assert seen == set()


async def test_what_is_watched_for_would_be_seen(tmp_path: Path) -> None:
    with watching(is_look_up) as seen:
        house(tmp_path)

    assert "batuta.styles.cast.resolve" in seen
    assert "batuta.styles.extras.missing_extras" in seen
    assert any(name.endswith(".find_spec") for name in seen)


async def test_compositions_are_made_once_in_the_life_of_an_open_app(tmp_path: Path) -> None:
    opened, made = house(tmp_path)
    assert made == ["one", "two"]
    async with opened.client() as client:
        for request in (*REQUESTS, *REQUESTS):
            await sent(client, request)

    assert made == ["one", "two"]


async def test_services_that_start_later_are_found_all_the_same(tmp_path: Path) -> None:
    opened, _ = house(tmp_path)

    async def placed() -> str:
        found = opened.assistants.cast.find("one").placement()
        return "" if found is None else str(found.addresses)

    async with opened.client() as client:
        await sent(client, "chat in a composition")
        assert await placed() == ""
        with Claim(tmp_path, "one") as claim:
            there = {"one": "127.0.0.1:7"}
            claim.publish(Running("parrot", "one", there, opened.settings.secret, 1))
            assert "127.0.0.1:7" in await placed()
        assert await placed() == ""
