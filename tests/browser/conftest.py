"""The playground in a real browser: one server and one browser for a worker's tests.

Playwright's own loop is the session's, so every test here is a coroutine of that loop.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.browser_tools import AXE, chromium
from tests.patience import LONG_S, scaled

NOW = "2026-11-30T09:00"
_BROWSER = [
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands here, and let it run on the session's loop."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@dataclass(frozen=True)
class Playground:
    """A running server.

    Args:
        home: Where it keeps what it keeps.
    """

    address: str
    home: Path
    process: subprocess.Popen[str]


def serve(home: Path, *words: str, **settings: str) -> subprocess.Popen[str]:
    """Start a server on a free port, its clock standing still."""
    given = {"home": str(home), "requests_per_minute": "0", **settings}
    environment = {f"BATUTA_{name.upper()}": value for name, value in given.items()}
    # Its clock stands still, so it says nothing of what would happen at another moment.
    plain = {name: value for name, value in os.environ.items() if name != "TESTS_CLOCK_NOTE"}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])  # Apps of tests
    return subprocess.Popen(
        [sys.executable, "-m", "batuta", "serve", "--port", "0", "--now", NOW, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**plain, **environment},
        cwd=home,
    )


def address_of(process: subprocess.Popen[str]) -> str:
    """Wait until a server says where it is."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if " on http://" not in line:
        _, said = process.communicate(timeout=scaled(LONG_S))
        pytest.fail(f"The server did not start: {line}{said}")
    return line.split(" on ")[1].split()[0]


def end(process: subprocess.Popen[str]) -> None:
    """Stop a server as Ctrl-C does."""
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=scaled(LONG_S))


@pytest.fixture(scope="session")
def playground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """The club with its lab, and G's specialists in processes of their own."""
    home = tmp_path_factory.mktemp("playground")
    process = serve(home, "--lab", "--place", "g")
    try:
        yield Playground(address_of(process), home, process)
    finally:
        end(process)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, which reaches this machine alone."""
    expect.set_options(timeout=scaled(LONG_S) * 1000)
    async with async_playwright() as driver:
        opened = await driver.chromium.launch(
            executable_path=chromium(), args=_BROWSER, timeout=scaled(LONG_S) * 1000
        )
        yield opened
        await opened.close()


@dataclass
class Visit:
    """A person's tab, and what went wrong in it."""

    page: Page
    context: BrowserContext
    home: str
    faults: list[str] = field(default_factory=list[str])
    elsewhere: list[str] = field(default_factory=list[str])

    async def check(self) -> None:
        """See that nothing failed, nobody else was asked, nothing overflows, and axe is content."""
        assert not self.elsewhere
        assert not self.faults
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await self.page.evaluate(wide) <= 0, "wider than the window"
        assert not await axe(self.page)


async def axe(page: Page) -> list[str]:
    """Give what axe has against a page, each with where."""
    if not AXE.exists():
        pytest.fail(f"{AXE} is missing: make fetch")
    # As a script of the tool, so that the page's own policy need not allow it.
    await page.evaluate(AXE.read_text("utf-8"))
    found: list[dict[str, Any]] = await page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(found => found.violations)", _RULES
    )
    return [f"{each['id']}: {[node['target'] for node in each['nodes'][:3]]}" for each in found]


Open = Callable[..., Awaitable[Visit]]


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, playground: Playground) -> AsyncIterator[Open]:
    """Opens tabs, each a person of its own: ``await visit(path="/", **of the context)``."""
    opened: list[BrowserContext] = []

    async def open_tab(path: str = "/", *, at: str = "", **options: Any) -> Visit:
        home = at or playground.address
        options = {"reduced_motion": "reduce", **options}
        context = await browser.new_context(base_url=home, **options)
        context.set_default_timeout(scaled(LONG_S) * 1000)
        opened.append(context)
        made = Visit(await context.new_page(), context, home)
        _watch(made)
        await made.page.goto(path)
        return made

    yield open_tab
    for context in opened:
        await context.close()


def _watch(made: Visit) -> None:
    here = urlsplit(made.home).netloc

    def asked(url: str) -> None:
        split = urlsplit(url)
        if split.netloc not in {here, ""}:  # blob: and data: have none
            made.elsewhere.append(url)

    made.page.on("request", lambda request: asked(request.url))
    made.page.on("pageerror", lambda error: made.faults.append(str(error)))
    made.page.on(
        "console",
        lambda said: made.faults.append(said.text) if said.type == "error" else None,
    )
