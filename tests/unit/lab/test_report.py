"""The report: whole, escaped, in need of nothing else, and the same as its figures."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from batuta.lab.measures import cells
from batuta.lab.regression import compare_with
from batuta.lab.report import regression_markdown, report_html, report_markdown
from batuta.lab.report.plots import CostPoint, frontier
from batuta.lab.report.words import estimate_text, share_text, usd_text
from batuta.lab.results import Comparison, Subject
from tests.unit.lab.samples import D, F, comparison

HOSTILE = '</table><script>alert("x")</script>|`*_[a](http://b)\n# c & <img src=x onerror=y>'
VOID = {"meta", "link"}


class Page(HTMLParser):
    """Reads a page: its tags, whether they close, its attributes and the cells of its tables."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.cells: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)
        if tag in {"td", "th"}:
            self.cells.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data
        if self.open and self.open[-1] in {"td", "th"}:
            self.cells[-1] += data


@pytest.fixture(scope="module")
def found() -> Comparison:
    return comparison(
        lambda subject, n, seed, fault: n > (3 if fault else 0) and (subject == D or n > 5),
        repeat=3,
        faults=("", "tool: half done"),
    )


def test_the_page_is_whole_and_asks_for_nothing_elsewhere(found: Comparison):
    page = Page(report_html(found))
    assert page.open == []
    assert "script" not in page.tags
    assert {value for name, value in page.attributes if name in {"src", "href"}} == {"data:,"}
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "url(" not in report_html(found)
    assert "@import" not in report_html(found)


def test_each_plot_has_a_name_and_a_table_beside_it(found: Comparison):
    page = Page(report_html(found))
    assert page.tags.count("svg") == 3
    names = [value for name, value in page.attributes if name == "aria-label" and value]
    assert {"Tokens against success", "Success: table"} <= set(names)
    sections = report_html(found).split("<section")[1:]
    assert all("<table>" in part for part in sections if "<svg" in part)


def test_page_and_markdown_tell_the_figures_of_the_cells(found: Comparison):
    page, text = Page(report_html(found)), report_markdown(found)
    for each in cells(found):
        assert estimate_text(each.success) in page.cells
        assert estimate_text(each.success) in text
    assert "tool: half done" in page.cells
    assert text.count("## ") == 8


def test_a_hostile_name_is_words_and_nothing_else():
    subjects = (Subject(style=HOSTILE), F)
    found = comparison(lambda *_: True, subjects=subjects, faults=("", HOSTILE), app=HOSTILE)
    page = Page(report_html(found))
    assert page.open == []
    assert not {"script", "img"} & set(page.tags)
    assert HOSTILE in page.words
    text = report_markdown(found)
    assert "<script" not in text
    assert "<img" not in text
    assert "[a](" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    widths = {line.replace(r"\|", "").count("|") for line in rows if "alert" in line}
    assert widths <= {line.count("|") for line in rows if "alert" not in line}


def test_a_large_comparison_stays_under_a_megabyte():
    subjects = [Subject(style=f"style-{n}", model="local:some-model") for n in range(32)]
    found = comparison(
        lambda subject, n, seed, fault: (n * 7 + len(fault)) % 3 > 0,
        subjects=subjects, scenarios=60, faults=("", "model: error", "tool: slow"),
    )  # fmt: skip
    page = report_html(found)
    assert len(page.encode()) < 1_000_000
    assert "96 pairs with the largest p are left out" in page


def test_the_same_comparison_gives_the_same_bytes(found: Comparison):
    assert report_html(found) == report_html(found)
    assert report_markdown(found) == report_markdown(found)


def test_the_answer_names_the_best_and_what_is_not_told_apart(found: Comparison):
    brief = report_markdown(found, brief=True)
    assert "Most often right: d" in brief
    assert "stand-in" in brief
    assert "Scenario by scenario" not in brief


def test_a_report_of_real_models_alone_speaks_of_no_stand_in():
    real = (Subject(style="d", model="openai:gpt-5-mini"),)
    assert "stand-in" not in report_markdown(comparison(lambda *_: True, subjects=real))


def test_a_regression_is_told_with_drops_first():
    last = comparison(lambda *_: True, scenarios=12)
    now = comparison(lambda subject, n, s, f: n > 0 if subject == D else n < 3, scenarios=12)
    text = regression_markdown(compare_with(last, now))
    assert "**1 significant drop** over 24 paired conversations" in text
    rows = [line for line in text.splitlines() if line.startswith(("| d", "| f"))]
    assert [line.rsplit("|", 2)[1].strip() for line in rows] == ["drop", "worse, may be chance"]
    assert "100% | 25%" in rows[0]
    assert "No significant drop" in regression_markdown(compare_with(last, last))


def test_the_frontier_is_what_no_other_beats_in_both():
    cheap, dear, dominated, worse = (
        CostPoint(label=name, cost=cost, success=success)
        for name, cost, success in (("a", 1, 0.5), ("b", 4, 0.9), ("c", 5, 0.9), ("d", 3, 0.4))
    )
    assert frontier([dear, worse, dominated, cheap]) == [cheap, dear]


def test_nearly_all_is_not_all_and_unknown_money_is_not_nothing():
    assert [share_text(each) for each in (0, 0.0001, 0.004, 0.996, 0.99999, 1)] == [
        "0%", "under 0.1%", "0.4%", "99.6%", "over 99.9%", "100%",
    ]  # fmt: skip
    assert usd_text(None) == "unknown"
