"""What a page meets in its life: a reload, a cut line, a stranger, a clock that jumps."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import Open, Visit, address_of, end, serve
from tests.browser.gate_app import HTML
from tests.browser.relay import Relay
from tests.browser.test_page_flows import say

USERS = {"users": [{"id": name, "name": name.title(), "key": f"key-of-{name}"} for name in
                    ("ana", "eve")]}  # fmt: skip


@dataclass
class Gated:
    """The server of the App that waits; it can die, and be started again where it was."""

    home: Path
    process: subprocess.Popen[str] = field(init=False)
    address: str = ""

    def start(self) -> None:
        """Start it, and wait until it says where it is."""
        words = ("--app", "tests.browser.gate_app:app")
        keys = str(self.home / "keys.json")
        self.process = serve(self.home, *words, keys=keys, style="d", durable="sqlite")
        self.address = address_of(self.process)

    def kill(self) -> None:
        """End it as kill -9 does."""
        self.process.kill()
        self.process.communicate()

    def open(self, name: str) -> None:
        """Let through what waits for that name."""
        (self.home / name).touch()


@pytest.fixture(scope="session")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gated]:
    made = Gated(tmp_path_factory.mktemp("gate"))
    (made.home / "keys.json").write_text(json.dumps(USERS))
    made.start()
    try:
        yield made
    finally:
        end(made.process)


@pytest_asyncio.fixture(loop_scope="session")
async def relay(gated: Gated) -> AsyncIterator[tuple[Relay, str]]:
    made = Relay(urlsplit(gated.address).port or 0)
    yield made, await made.open()
    await made.close()


async def signed_in(visit: Open, at: str, name: str = "ana", path: str = "/") -> Visit:
    tab = await visit("/health", at=at)
    await tab.page.evaluate(f"sessionStorage.setItem('batuta.key', 'key-of-{name}')")
    await tab.page.goto(path)
    return tab


async def test_reload_in_the_middle_goes_on(visit: Open, gated: Gated) -> None:
    page = (await signed_in(visit, gated.address)).page

    await say(page, "wait for reload", to="to pane 1")
    await expect(page.locator(".partial")).to_contain_text("Waiting at the gate.")
    await page.reload()
    await expect(page.locator(".state")).to_contain_text("at work")
    gated.open("reload")
    await expect(page.locator(".answer:not(.partial)")).to_have_text(
        "Waiting at the gate. It is open."
    )
    await expect(page.locator(".turn")).to_have_count(1)


async def test_cut_line_is_said_and_the_run_goes_on(
    visit: Open, gated: Gated, relay: tuple[Relay, str]
) -> None:
    line, address = relay
    page = (await signed_in(visit, address)).page

    await say(page, "wait for line", to="to pane 1")
    await expect(page.locator(".partial")).to_be_visible()
    line.cut()
    await expect(page.locator(".banner.gone")).to_contain_text("does not answer")
    await expect(page.locator(".state.failed")).to_contain_text("lost")
    gated.open("line")
    line.mend()
    await expect(page.locator(".answer:not(.partial)")).to_contain_text("It is open.")
    await expect(page.locator(".banner.gone")).to_have_count(0)
    runs = await page.request.get("/runs", headers={"Authorization": "Bearer key-of-ana"})
    asked = [each["question"] for each in (await runs.json())["runs"]]
    assert asked.count("wait for line") == 1


async def test_server_that_dies_is_said_and_found_and_the_run_goes_on(
    visit: Open, gated: Gated, relay: tuple[Relay, str]
) -> None:
    line, address = relay
    page = (await signed_in(visit, address)).page

    await say(page, "wait for death", to="to pane 1")
    await expect(page.locator(".partial")).to_be_visible()
    gated.kill()
    await expect(page.locator(".banner.gone")).to_contain_text("does not answer")
    await expect(page.locator(".state.failed")).to_contain_text("lost")
    await asyncio.to_thread(gated.start)
    line.port = urlsplit(gated.address).port or 0
    await expect(page.locator(".banner.gone")).to_have_count(0)
    await page.reload()
    await expect(page.locator(".turn")).to_have_count(1)
    gated.open("death")
    await expect(page.locator(".answer:not(.partial)")).to_have_text(
        "Waiting at the gate. It is open."
    )


async def test_page_asks_for_a_key(visit: Open, gated: Gated) -> None:
    tab = await visit(at=gated.address)
    page = tab.page

    await page.get_by_label("Key").fill("of-nobody")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator(".sign-in")).to_contain_text("key")
    await page.get_by_label("Key").fill("key-of-eve")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator(".who")).to_contain_text("Eve")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("Key")).to_be_visible()
    # Chromium itself writes each 401 to the console; nothing else may stand there.
    assert all("401" in each for each in tab.faults)


async def test_run_of_another_is_as_if_it_were_not(visit: Open, gated: Gated) -> None:
    page = (await signed_in(visit, gated.address)).page
    await say(page, "speak", to="to pane 1")
    await expect(page.locator(".answer:not(.partial)")).to_be_visible()
    await page.get_by_label("This run", exact=True).click()
    run_id = await page.locator(".menu .id").inner_text()

    for name, path in (("eve", run_id), ("ana", "run_that_never_was")):
        other = (await signed_in(visit, gated.address, name, f"/#/run/{path}")).page
        await expect(other.locator(".problem")).to_contain_text("No run")
        await expect(other.locator("body")).not_to_contain_text("speak")


async def test_markup_from_anybody_is_text(visit: Open, gated: Gated) -> None:
    tab = await signed_in(visit, gated.address)
    page = tab.page

    await say(page, HTML, to="to pane 1")
    await expect(page.locator(".answer:not(.partial)")).to_have_text(HTML)
    await expect(page.locator(".question p")).to_have_text(HTML)
    await say(page, f"mark {HTML}", to="to pane 1")
    box = page.locator(".question-box")
    await expect(box).to_contain_text(f"May it mark {HTML}?")
    await box.get_by_role("button", name="Yes").click()
    await expect(page.locator(".answer:not(.partial)")).to_have_count(2)
    await expect(page.locator(".run-part .done-box")).to_contain_text("mark")
    await page.get_by_role("tab", name="Decisions").click()
    await expect(page.locator(".steps")).to_contain_text("<script>")
    assert await page.locator("main img, main script, main b:text-is('no')").count() == 0
    assert await page.title() == "The gate <img src=x o"
    await tab.check()


async def test_answer_no_keeps_the_hand_off(visit: Open, gated: Gated) -> None:
    page = (await signed_in(visit, gated.address)).page

    await say(page, "mark nothing at all", to="to pane 1")
    box = page.locator(".question-box")
    await expect(box).to_contain_text("nothing at all")
    await box.get_by_role("button", name="No").click()
    await expect(box).to_have_count(0)
    await expect(page.locator(".run-part .done-box")).to_contain_text("Really done: nothing")
    marks = gated.home / "marks"
    assert not marks.exists() or marks.read_text() != "nothing at all"


async def test_answer_yes_has_it_done(visit: Open, gated: Gated) -> None:
    page = (await signed_in(visit, gated.address)).page

    await say(page, "mark all of it", to="to pane 1")
    box = page.locator(".question-box")
    await expect(box).to_contain_text("all of it")
    marks = gated.home / "marks"
    assert not marks.exists() or marks.read_text() != "all of it"
    await box.get_by_role("button", name="Yes").click()
    await expect(page.locator(".answer:not(.partial)")).to_contain_text("Marked")
    await expect(page.locator(".run-part .done-box")).not_to_contain_text("nothing")
    assert marks.read_text() == "all of it"


async def test_message_of_a_megabyte_is_refused_in_words(visit: Open, gated: Gated) -> None:
    tab = await signed_in(visit, gated.address)
    page = tab.page

    field = page.get_by_label("Message", exact=True)
    await field.fill("a" * 1_000_000)
    await expect(page.get_by_role("alert")).to_contain_text("takes 4\u202f000")
    await expect(page.get_by_role("button", name="Send")).to_be_disabled()
    await field.press("Enter")
    await expect(page.locator(".turn")).to_have_count(0)
    await field.fill("speak")
    await field.press("Enter")
    await expect(page.locator(".answer:not(.partial)").first).to_have_text(HTML)


async def test_clock_that_jumps_changes_nothing(visit: Open, gated: Gated) -> None:
    page = (await signed_in(visit, gated.address)).page

    await say(page, "wait for clock", to="to pane 1")
    await expect(page.locator(".partial")).to_be_visible()
    await page.clock.set_system_time("1999-12-31T23:59:59")
    gated.open("clock")
    await expect(page.locator(".answer:not(.partial)")).to_contain_text("It is open.")
    took = await page.locator(".meter", has_text="time").locator("b").inner_text()
    assert took.endswith((" s", " ms"))
    assert not took.startswith("-")
