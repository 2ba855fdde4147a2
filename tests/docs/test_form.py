"""Every pattern's page has one form: what a reader finds on one is found on all, in its place."""

from __future__ import annotations

import re

import pytest

from scripts.composition_figures import MAKERS
from scripts.pattern_pages import PAGES
from tests.docs.pages import ROOT, blocks

SECTIONS = (
    "A run, drawn",
    "Step by step",
    "Over several turns",
    "For and against",
    "When to use it",
    "Beside its neighbours",
    "The code",
    "What it costs",
    "How it fails",
)
FACTS = ("decides", "runs", "model calls", "fails when", "choose it")
FEWEST_WORDS = 15
PATTERNS = {
    **{name: f"docs/control/{name}.md" for name in PAGES.values()},
    **{name: f"docs/compose/{name}.md" for name in MAKERS},
}


def faults(name: str, text: str, *, style: bool) -> list[str]:
    """Say what a page lacks."""
    top, *rest = re.split(r"^## ", text, flags=re.M)
    parts = {title: body for title, _, body in (each.partition("\n") for each in rest)}
    here = [title for title in parts if title in SECTIONS]
    said = [f"no section {title!r}" for title in SECTIONS if title not in parts]
    said += [f"no line {fact!r} in its table" for fact in FACTS if f"\n| {fact} |" not in top]
    if here != sorted(here, key=SECTIONS.index):
        said.append("its sections stand in another order")
    prose = {
        t: re.sub(r"<!--.*?-->|```.*?```|!?\[.*?\]\(.*?\)", "", b, flags=re.S)
        for t, b in parts.items()
    }
    said += [
        f"nothing said in {title!r}"
        for title in here
        if title not in {"A run, drawn", "The code"} and len(prose[title].split()) < FEWEST_WORDS
    ]
    if f"](../diagrams/{name}.svg)" not in parts.get("A run, drawn", ""):
        said.append("its drawing is not shown")
    if not any(b.language == "python" and not b.words for b in blocks(parts.get("The code", ""))):
        said.append("no code that runs")
    against = parts.get("For and against", "")
    said += [f"nothing {each}" for each in ("for", "against") if f"| {each} |" not in against]
    table = f"<!-- table: {'styles' if style else 'composition'} "
    if table not in parts.get("What it costs", ""):
        said.append("no table of measured figures")
    if "<!--= " not in against and "evidence.md" not in against and "claims.md" not in against:
        said.append("nothing measured for or against it")
    return said


@pytest.mark.parametrize("name", PATTERNS)
def test_page_of_a_pattern_has_the_form(name: str) -> None:
    text = (ROOT / PATTERNS[name]).read_text("utf-8")
    assert faults(name, text, style=name in PAGES.values()) == []


def test_there_are_seventeen() -> None:
    assert len(PATTERNS) == 17


def test_what_a_page_lacks_is_said() -> None:
    page = (ROOT / PATTERNS["workflow"]).read_text("utf-8")

    def broken(old: str, new: str) -> list[str]:
        assert old in page
        return faults("workflow", page.replace(old, new), style=True)

    assert broken("## How it fails", "## Faults") == ["no section 'How it fails'"]
    assert broken("../diagrams/workflow.svg", "../diagrams/other.svg") == [
        "its drawing is not shown"
    ]
    assert broken("| decides |", "| who |") == ["no line 'decides' in its table"]
    assert broken("<!-- table: styles b -->", "") == ["no table of measured figures"]
    assert broken("```python", "```text") == ["no code that runs"]
    assert broken("| against |", "| but |") == ["nothing against"]
    (empty,) = faults(
        "workflow",
        re.sub(r"(## When to use it\n).*?(?=^## )", r"\1\n", page, flags=re.S | re.M),
        style=True,
    )
    assert empty == "nothing said in 'When to use it'"
