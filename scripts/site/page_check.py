"""Check every page of the built site in Chromium: ``make check-site``, which builds it first.

Each at desk and phone, light and dark: what axe has against it, whether it is wider than its
window, what failed in it, and whom else it asked. What came is written into ``docs/site.md``.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from batuta.core.clock import SystemClock
from tests.browser_tools import AXE, AXE_VERSION, chromium

ROOT = Path(__file__).parents[2]
SITE, TOLD = ROOT / "site", ROOT / "docs/site.md"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
WINDOWS: dict[str, dict[str, Any]] = {
    f"{name}, {scheme}": {"viewport": size, "color_scheme": scheme}
    for name, size in (("desk", DESK), ("phone", PHONE))
    for scheme in ("light", "dark")
}
AT_ONCE = 2
_CHECKED = re.compile(r"(?<=<!-- checked -->\n).*?(?=\n<!-- end -->)", re.S)


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and says nothing of it."""

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Say nothing of what was asked for."""


@dataclass
class PageCheck:
    """One page in one window, and what is wrong with it."""

    path: str
    window: str
    wrong: list[str] = field(default_factory=list[str])


async def faults_of(page: Page, rules: Sequence[str] = RULES) -> list[str]:
    """Give what axe has against a page, and whether it is wider than its window."""
    await page.evaluate(AXE.read_text("utf-8"))
    found: list[dict[str, Any]] = await page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(r => r.violations.map("
        "v => ({id: v.id, nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 200))})))",
        list(rules),
    )
    wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    said = [f"{each['id']}: {each['nodes']}" for each in found]
    return [*said, *(["wider than the window"] if wide else [])]


def pages_of(site: Path) -> list[str]:
    """List the pages that a reader can come to."""
    found = (path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return sorted(name.removesuffix("index.html") for name in found if name != "404.html")


async def check(context: BrowserContext, home: str, made: PageCheck) -> None:
    """Open a page, and note what is wrong with it."""
    page = await context.new_page()
    page.on("pageerror", lambda error: made.wrong.append(str(error)))
    page.on("console", lambda m: made.wrong.append(m.text) if m.type == "error" else None)

    def asked(url: str) -> None:
        if urlsplit(url).netloc not in {urlsplit(home).netloc, ""}:
            made.wrong.append(f"asks {url}")

    page.on("request", lambda request: asked(request.url))
    await page.goto(f"{home}/{made.path}")
    made.wrong += await faults_of(page)
    await page.close()


async def check_all(browser: Browser, home: str, checks: Sequence[PageCheck]) -> None:
    """Check them, a few at once, each window in a context of its own."""
    for window, options in WINDOWS.items():
        context = await browser.new_context(reduced_motion="reduce", **options)
        waiting = [each for each in checks if each.window == window]

        async def work(
            context: BrowserContext = context, waiting: list[PageCheck] = waiting
        ) -> None:
            while waiting:
                each = waiting.pop(0)
                await check(context, home, each)
                for wrong in each.wrong:
                    print(f"{each.window} /{each.path}: {wrong}", flush=True)

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(work())
        await context.close()
        print(f"{window}: {sum(each.window == window for each in checks)} pages", flush=True)


@asynccontextmanager
async def served(folder: Path) -> AsyncGenerator[str]:
    """Serve a folder on a free port of this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def told(checks: Sequence[PageCheck], seconds: float, version: str) -> str:
    """Say what came of it."""
    rows = ["| window | pages | clean |", "|---|---|---|"]
    for window in WINDOWS:
        there = [each for each in checks if each.window == window]
        rows.append(f"| {window} | {len(there)} | {sum(not each.wrong for each in there)} |")
    day = SystemClock().now().date()
    said = f"axe-core {AXE_VERSION} in Chromium {version}, {seconds:.0f} s on two cores."
    return "\n".join([f"On {day:%-d %B %Y}, {said}", "", *rows])


async def main(paths: Sequence[str]) -> int:
    """Check the pages named, or all; 1 where one is not clean."""
    checks = [PageCheck(path, window) for window in WINDOWS for path in paths or pages_of(SITE)]
    began = time.perf_counter()
    async with served(SITE) as home, async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium())
        await check_all(browser, home, checks)
        version = browser.version
        await browser.close()
    wrong = sum(bool(each.wrong) for each in checks)
    print(f"{len(checks)} checks, {wrong} with faults")
    if not paths:
        text = told(checks, time.perf_counter() - began, version)
        TOLD.write_text(_CHECKED.sub(lambda _: text, TOLD.read_text("utf-8")), "utf-8")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
