"""The table of `docs/faults.md`: what each attack came to, and on which day it was made."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "faults.md"
HEAD = (
    "| attack | tried | lost | doubled | false | what happened | made on |\n"
    "|---|---|---|---|---|---|---|"
)
_TABLE = re.compile(r"(?<=<!-- attacks -->\n).*?(?=\n<!-- /attacks -->)", re.S)


@dataclass
class Row:
    """What one attack came to."""

    attack: str
    tried: int = 0
    lost: int = 0
    doubled: int = 0
    false: int = 0
    what: str = ""

    @property
    def bad(self) -> bool:
        """Whether anything did not hold, or nothing was tried."""
        counts = self.lost or self.doubled or self.false or not self.tried
        return bool(counts or self.what.startswith("MISSED"))

    def line(self, day: str) -> str:
        """Write it as a line of the table."""
        counts = f"{self.tried} | {self.lost} | {self.doubled} | {self.false}"
        return f"| {self.attack} | {counts} | {self.what} | {day} |"


def write(rows: Iterable[Row], order: Iterable[str], day: str, *, page: Path = PAGE) -> None:
    """Put rows into the page's table; those that were not made now stay as they are.

    Args:
        order: All attacks' names; what is none of them leaves the table.

    Raises:
        ValueError: The page has no such table.
    """
    text = page.read_text(encoding="utf-8")
    found = _TABLE.search(text)
    if found is None:
        raise ValueError(f"{page} has no table of attacks.")
    lines = {line.split(" | ")[0].removeprefix("| "): line for line in found[0].splitlines()}
    lines |= {row.attack: row.line(day) for row in rows}
    made = "\n".join([HEAD, *(lines[name] for name in order if name in lines)])
    page.write_text(_TABLE.sub(lambda _: made, text), encoding="utf-8")
