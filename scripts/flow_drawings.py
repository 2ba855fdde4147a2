"""Drawings of how things follow on each other, made from the text that stands folded below each.

``python -m scripts.flow_drawings`` draws them anew; a test compares. A line of the text is a row of
boxes, parted by `` | ``; a line that is set in says what goes from the row above to the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
DRAWINGS = ROOT / "docs/diagrams"
PAGES = ("README.md", "docs/architecture.md")
FLOW = re.compile(
    r"!\[(?P<title>[^\]]+)\]\((?:docs/)?diagrams/(?P<name>\w+)\.svg\)\n\n"
    r'<details markdown="1">\n<summary>[^\n]+</summary>\n\n'
    r"```text\n(?P<text>.*?)^```\n\n</details>",
    re.M | re.S,
)
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1c2128;text-anchor:middle}"
    ".head{font-weight:600}.on{fill:#4a5361;font-size:11px;text-anchor:start}"
    ".paper{fill:#ffffff;stroke:#d0d7de}.box{fill:#eef1f4;stroke:#aab2bb}"
    ".way{stroke:#3d5af1;stroke-width:1.5;fill:none}.tip{fill:#3d5af1}"
)
_LETTER, _LINE, _PAD, _GAP, _WAY, _EDGE = 7.2, 17, 24, 12, 34, 16
"""Widest letter on average, height of a line, and the room in, between and around boxes."""
_FEWEST = 84


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """One box of a row, its lines one below the other."""

    lines: tuple[str, ...]

    @property
    def width(self) -> float:
        """As wide as its longest line needs."""
        return max(_FEWEST, _PAD + _LETTER * max(map(len, self.lines)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """Boxes side by side, and the words on the way to them."""

    boxes: tuple[Box, ...]
    on_the_way: str = ""

    @property
    def width(self) -> float:
        """All its boxes with the gaps between."""
        return sum(box.width for box in self.boxes) + _GAP * (len(self.boxes) - 1)

    @property
    def height(self) -> float:
        """As high as its highest box."""
        return 13 + _LINE * max(len(box.lines) for box in self.boxes)

    def centres(self, middle: float) -> Iterator[tuple[Box, float]]:
        """Give each box with its middle, where the row's own is given."""
        left = middle - self.width / 2
        for box in self.boxes:
            yield box, left + box.width / 2
            left += box.width + _GAP


def rows(text: str) -> Iterator[Row]:
    """Read the rows; ``name: more`` puts what follows the colon on a line of its own."""
    said = ""
    for line in text.splitlines():
        if line.startswith(" "):
            said = line.strip()
        elif line.strip():
            told = (tuple(part.strip().split(": ")) for part in line.split(" | "))
            yield Row(boxes=tuple(Box(lines=lines) for lines in told), on_the_way=said)
            said = ""


def drawn(title: str, text: str) -> str:
    """Draw a text's rows from top to bottom; every box leads to every box of the next row."""
    found = list(rows(text))
    words = max(_LETTER * len(row.on_the_way) for row in found)
    width = round(max(*(row.width for row in found), 2 * words) + 2 * _EDGE)
    middle, top = width / 2, float(_EDGE)
    parts: list[str] = []
    above: Row | None = None
    for row in found:
        if above is not None:
            parts += _ways(above, row, middle=middle, top=top)
            top += _WAY
        parts += _boxes(row, middle, top)
        top, above = top + row.height, row
    height = round(top + _EDGE)
    paper = f'<rect class="paper" x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="8"/>'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{escape(title)}">'
    )
    return "\n".join([head, f"<style>{STYLE}</style>", paper, *parts, "</svg>"]) + "\n"


def _boxes(row: Row, middle: float, top: float) -> Iterator[str]:
    for box, x in row.centres(middle):
        left, wide = x - box.width / 2, box.width
        yield (
            f'<rect class="box" x="{left:g}" y="{top:g}" width="{wide:g}" height="{row.height:g}" '
            'rx="6"/>'
        )
        first = top + row.height / 2 - _LINE * (len(box.lines) - 1) / 2 + 4
        for at, line in enumerate(box.lines):
            bold = ' class="head"' if at == 0 and len(box.lines) > 1 else ""
            yield f'<text x="{x:g}" y="{first + at * _LINE:g}"{bold}>{escape(line)}</text>'


def _ways(above: Row, below: Row, *, middle: float, top: float) -> Iterator[str]:
    end = top + _WAY
    for _, start in above.centres(middle):
        for _, to in below.centres(middle):
            half = top + _WAY / 2
            yield (
                f'<path class="way" d="M{start:g} {top:g}C{start:g} {half:g} {to:g} {half:g} '
                f'{to:g} {end - 6:g}"/>'
            )
    for _, to in below.centres(middle):
        yield f'<path class="tip" d="M{to:g} {end:g}l-4 -8h8z"/>'
    if below.on_the_way:
        said = escape(below.on_the_way)
        yield f'<text class="on" x="{middle + 10:g}" y="{top + 20:g}">{said}</text>'


def flows() -> Iterator[tuple[str, str]]:
    """Give the name and the drawing of each flow in the pages."""
    for page in PAGES:
        for flow in FLOW.finditer((ROOT / page).read_text("utf-8")):
            yield flow["name"], drawn(flow["title"], flow["text"])


def main() -> None:
    """Draw all of them."""
    for name, drawing in flows():
        (DRAWINGS / f"{name}.svg").write_text(drawing, "utf-8")


if __name__ == "__main__":
    main()
