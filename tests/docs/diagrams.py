"""The diagrams of the pages, drawn from runs: ``python -m tests.docs.diagrams`` draws them anew."""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path

from batuta.core.clock import FixedClock
from batuta.settings import Settings
from batuta.telemetry.svg import svg
from batuta.wiring import Assistants, open_app
from tests.unit.core.rig import NOW

FOLDER = Path(__file__).parents[2] / "docs/diagrams"
STYLES = {"b": "workflow", "d": "function_calling"}
_BOOKING = re.compile(r"BK-[0-9A-Z-]+")


async def drawn(style: str) -> str:
    """Run the club's assistant under a style, on a fixed day, and draw it; ids are taken out."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), now=f"{NOW:%Y-%m-%dT%H:%M}")
        app = await open_app("tennis", settings)
        async with Assistants(app, settings, FixedClock(NOW)) as house:
            made = await (await house.style(style)).chat("Book a court tomorrow at 3pm")
    return _BOOKING.sub("BK-00000", svg(made.raised()))


async def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    for style, name in STYLES.items():
        (FOLDER / f"{name}.svg").write_text(await drawn(style), "utf-8")


if __name__ == "__main__":
    asyncio.run(main())
