"""How long it takes from ``make demo`` in a fresh checkout to the first answer on the page.

Run: ``python -m bench.first_answer``. The last commit is cloned, set up and demonstrated there by
``make demo``, with what uv has in its cache; then ``batuta play`` is started and its page opened in
Chromium, where a suggestion is clicked. The CPU's seconds are those of all that was started.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser_tools import chromium

ROOT = Path(__file__).parents[1]
_ADDRESS = re.compile(r"http://[\d.]+:\d+/")


@dataclass
class Stopwatch:
    """Takes the time."""

    steps: dict[str, float] = field(default_factory=dict[str, float])
    _last: float = field(default_factory=time.perf_counter)

    def step(self, name: str) -> None:
        """Say what the time since the last step went to."""
        now = time.perf_counter()
        self.steps[name], self._last = now - self._last, now
        print(f"{name:44} {self.steps[name]:6.1f} s", flush=True)


def first_answer(address: str) -> None:
    """Open the page, click a suggestion, and wait for an answer."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium())
        page = browser.new_page()
        page.goto(address)
        page.locator(".suggestions button").first.click()
        page.locator(".answer:not(.partial)").first.wait_for(timeout=120_000)
        browser.close()


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        place, home = Path(folder) / "batuta", Path(folder) / "home"
        clone = ["git", "clone", "-q", "--depth", "1", f"file://{ROOT}", str(place)]
        subprocess.run(clone, check=True)  # noqa: S603 - our own words
        settings = {**os.environ, "BATUTA_HOME": str(home)}
        settings.pop("VIRTUAL_ENV", None)
        watch = Stopwatch()
        demo = ["make", "demo"]
        subprocess.run(demo, cwd=place, env=settings, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words
        watch.step("make demo: set-up, and all styles")
        words = [str(place / ".venv/bin/batuta"), "play", "--no-open"]
        play = subprocess.Popen(  # noqa: S603 - our own words
            words, stdout=subprocess.PIPE, text=True, cwd=place, env=settings
        )
        try:
            found = None if play.stdout is None else _ADDRESS.search(play.stdout.readline())
            if found is None:
                return 1
            watch.step("batuta play: until it listens")
            first_answer(found[0])
            watch.step("Chromium, the page, the first answer")
        finally:
            play.terminate()
            play.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime
    whole = sum(watch.steps.values())
    print(json.dumps({"seconds": round(whole, 1), "cpu_seconds": round(cpu, 1)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
