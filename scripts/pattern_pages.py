"""Writes the figures and the drawings of the patterns' pages: ``make figures-in-docs``.

``docs/figures.json`` holds what was counted, ``docs/diagrams`` what was drawn; what is claimed is
read from ``docs/claims.md``. In the pages a table stands between ``<!-- table: … -->`` and
``<!-- /table -->``, a single figure between ``<!--= key.of.it -->`` and ``<!--/-->``. C and G run
in processes of their own here. Tests make all but these two anew, and compare.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import runpy
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

from batuta import styles as house
from batuta.cli.view.figures import said
from batuta.core.record import RunRecord
from scripts import composition_figures, style_figures
from scripts.style_figures import STYLES, drawn

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
KEPT = DOCS / "figures.json"
DRAWINGS = DOCS / "diagrams"
PAGES = {
    "a": "ai_service",
    "b": "workflow",
    "c": "workflow_services",
    "d": "function_calling",
    "e": "single_agent",
    "f": "manager",
    "g": "manager_services",
    "h": "managed_agent",
}
NEIGHBOURS = dict(
    zip("abcdefgh", ("abd", "abcd", "bcg", "bde", "defh", "efg", "cfg", "deh"), strict=True)
)
GROWS = {
    "parallel": "members",
    "router": "routes",
    "swarm": "members that hand on",
    "rag": "passages",
    "reflection": "rounds",
    "hierarchical": "workers",
    "ensemble": "voters",
    "map_reduce": "parts",
    "debate": "debaters",
}
_TABLE = re.compile(r"(<!-- table: (?P<kind>\w+) ?(?P<which>\w*) -->\n).*?(<!-- /table -->)", re.S)
_FIGURE = re.compile(r"(<!--= (?P<key>[\w.]+) -->).*?(<!--/-->)", re.S)
_ROW = re.compile(r"^\| (\w.*) \|$", re.M)
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.S | re.M)


def known() -> dict[str, Any]:
    """What the pages may tell: what was kept, and what docs/claims.md says."""
    return {**json.loads(KEPT.read_text("utf-8")), "claims": _claims()}


def _claims() -> dict[str, dict[str, str]]:
    first, *sections = (DOCS / "claims.md").read_text("utf-8").split("\n## ")
    found: dict[str, dict[str, str]] = {}
    for row in _ROW.findall(first):
        name, _claim, measured, holds, *_ = (cell.strip() for cell in row.split("|"))
        found[name.lower()] = {"measured": measured, "holds": holds}
    for section in sections:
        title = section.partition("\n")[0].lower()
        for row in _ROW.findall(section):
            label, value = (cell.strip() for cell in row.split("|"))
            found[title][re.sub(r"\W+", "_", label).strip("_")] = value
    return found


def pages() -> list[Path]:
    """README and everything under docs."""
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def rewritten(text: str, kept: Mapping[str, Any]) -> str:
    """The page with the tables and figures that were kept."""

    def table(found: re.Match[str]) -> str:
        made = TABLES[found["kind"]](kept, found["which"])
        return f"{found[1]}{made}{found[4]}"

    def figure(found: re.Match[str]) -> str:
        value: Any = kept
        for part in found["key"].split("."):
            value = value[part]
        return f"{found[1]}{_said(value)}{found[3]}"

    return _FIGURE.sub(figure, _TABLE.sub(table, text))


def _said(value: float | str) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _rows(head: str, rows: list[list[str]]) -> str:
    columns = head.count("|") - 1
    lines = [head, "|---" * columns + "|", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n"


def _styles(kept: Mapping[str, Any], which: str) -> str:
    rows: list[list[str]] = []
    for key in NEIGHBOURS.get(which, STYLES):
        each = kept["styles"][key]
        first, tokens = each["first"], each["input_tokens"] + each["output_tokens"]
        name = f"**{key.upper()}**" if key == which else key.upper()
        rows.append(
            [
                name,
                f"{first['model_calls']}, {first['tool_calls']}",
                f"{first['tokens']:,}",
                f"{each['model_calls']} in {each['turns']}",
                f"{tokens:,}",
                f"${each['usd'] / each['conversations'] * 1000:.2f}",
                f"{each['wording_paths']} ({each['wording_entropy_bits']} bits)",
                f"{each['as_wished']} of {each['conversations']}",
            ]
        )
    head = (
        "| | model, tool calls | tokens | model calls in turns | tokens "
        "| at list price, per 1,000 | paths of 5 wordings | as wished |"
    )
    return _rows(head, rows)


def _decided(kept: Mapping[str, Any], _which: str) -> str:
    rows = [
        [key.upper(), said(kept["styles"][key]["decided"]), str(kept["styles"][key]["events"])]
        for key in STYLES
    ]
    return _rows("| | who decided how often | events |", rows)


def _composition(kept: Mapping[str, Any], which: str) -> str:
    rows = composition_figures.rows(kept["compositions"], which)
    return _rows(f"| {GROWS[which]} | model calls | longest chain | tokens read |", rows)


def _compositions(kept: Mapping[str, Any], _which: str) -> str:
    rows: list[list[str]] = []
    for name, grown in GROWS.items():
        found = kept["compositions"][name]
        cells = [f"{each['model_calls']}, {each['chain']}" for each in found.values()]
        rows.append([f"[{name.replace('_', '-')}]({name}.md)", grown, *cells])
    sizes = " | ".join(f"at {size}" for size in composition_figures.SIZES)
    return _rows(f"| | what grows | {sizes} |", rows)


def _readme(kept: Mapping[str, Any], _which: str) -> str:
    rows: list[list[str]] = []
    for style in house.STYLES:
        first = kept["styles"][style.key]["first"]
        rows.append(
            [
                f"[{style.key.upper()}, {style.name}](docs/control/{PAGES[style.key]}.md)",
                style.decides,
                style.when,
                str(first["model_calls"]),
                f"{first['tokens']:,}",
            ]
        )
    return _rows("| style | who decides | for | model calls | tokens |", rows)


TABLES: Mapping[str, Callable[[Mapping[str, Any], str], str]] = {
    "readme": _readme,
    "styles": _styles,
    "decided": _decided,
    "composition": _composition,
    "compositions": _compositions,
}


def composition_drawing(name: str) -> str:
    """Run the first block of a composition's page and draw the run that it calls ``record``."""
    block = _BLOCK.search((DOCS / f"compose/{name}.md").read_text("utf-8"))
    if block is None:
        raise LookupError(f"docs/compose/{name}.md has no block to draw")
    with tempfile.TemporaryDirectory() as folder, _inside(folder):
        script = Path(folder) / f"{name}.py"
        script.write_text(block[1], "utf-8")
        record: RunRecord = runpy.run_path(str(script), run_name="__main__")["record"]
    return drawn(record)


@contextlib.contextmanager
def _inside(folder: str) -> Generator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def versus(styles: Mapping[str, Any]) -> dict[str, dict[str, dict[str, str]]]:
    """How much of another style's calls and tokens a style takes, in percent."""
    return {
        figure: {
            one: {
                other: f"{styles[one][figure] / styles[other][figure]:.0%}"
                for other in STYLES
                if other != one
            }
            for one in STYLES
        }
        for figure in ("model_calls", "input_tokens")
    }


def write_pages(kept: Mapping[str, Any]) -> None:
    """Write what was kept into the pages."""
    for page in pages():
        before = page.read_text("utf-8")
        if (after := rewritten(before, kept)) != before:
            page.write_text(after, "utf-8")


def main() -> None:
    """Measure, keep, draw, and write the pages; ``--pages`` writes the pages alone."""
    if "--pages" not in sys.argv:
        styles: dict[str, Any] = {}
        for key in STYLES:
            run = asyncio.run(style_figures.measured(key))
            styles[key] = run.figures
            (DRAWINGS / f"{PAGES[key]}.svg").write_text(run.drawing, "utf-8")
        for name in composition_figures.MAKERS:
            (DRAWINGS / f"{name}.svg").write_text(composition_drawing(name), "utf-8")
        made = {
            "styles": styles,
            "versus": versus(styles),
            "compositions": composition_figures.measured(),
        }
        KEPT.write_text(json.dumps(made, indent=1) + "\n", "utf-8")
    write_pages(known())


if __name__ == "__main__":
    main()
