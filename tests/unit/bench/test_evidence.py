"""The evidence: each assertion has a row, and studies can come out otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from batuta import Message, local_runtime
from batuta.lab.guide import STYLE_GUIDES
from batuta.lab.measured import shipped_comparison, shipped_evidence, shipped_spectrum
from batuta.lab.report.markdown import plain
from batuta.lab.results import Sample, Subject
from bench.claims import rag
from bench.evidence import claims, code_lines, deciding, loops, topologies
from bench.evidence.assertions import ASSERTIONS, TESTED, UNTESTABLE
from bench.evidence.cache import in_common
from bench.evidence.finding import Finding
from bench.evidence.page import all_findings, page
from bench.evidence.styles import measured_in, surely_wavers
from tests.unit.lab.samples import D, comparison, sample

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"


def test_every_assertion_has_its_row_in_the_page_and_in_the_package() -> None:
    assert list(ASSERTIONS) == list(range(1, 38))
    table = (DOCS / "evidence.md").read_text("utf-8").partition("\n## ")[0]
    rows = shipped_evidence()
    assert list(rows) == list(ASSERTIONS)
    for number, row in rows.items():
        (line,) = [each for each in table.splitlines() if each.startswith(f"| {number} |")]
        assert plain(row.assertion) in line
        assert plain(row.figure) in line
        assert f"| {plain(row.verdict)}" in line


def test_the_decision_guide_is_written_of_its_data_and_of_the_figures_that_are_shipped() -> None:
    assert (DOCS / "deciding.md").read_text("utf-8") == deciding.deciding(), "run: make evidence"
    drawn = (DOCS / "diagrams" / "spectrum.svg").read_text("utf-8")
    assert drawn == deciding.spectrum(), "run: make evidence"


def test_what_is_shipped_was_measured_on_rules_of_this_project_under_every_style() -> None:
    shipped = shipped_comparison()
    assert {each.style for each in shipped.subjects} >= set(STYLE_GUIDES)
    assert {each.model for each in shipped.subjects} == {"offline"}
    assert set(shipped_spectrum()) == {each.style for each in shipped.subjects}
    for shares in shipped_spectrum().values():
        assert sum(shares.values()) == pytest.approx(1)


def test_questions_of_the_docs_have_their_answers_in_the_docs() -> None:
    assert len(rag.questions()) > 40


def test_tests_that_stand_for_a_figure_are_there() -> None:
    for _, where in TESTED.values():
        for word in where.replace(":", " ").split():
            if word.startswith("tests/"):
                assert (ROOT / word).exists()


def test_what_was_not_measured_is_told_as_such() -> None:
    told = {each.number: each for each in all_findings([])}
    assert told[1].verdict == "not measured yet"
    assert {each.number for each in told.values() if each.verdict == "not testable here"} == set(
        UNTESTABLE
    )
    own = Finding(number=1, measure="m", figure="1|2", model="x", verdict="holds", note="n")
    assert "| 1 | A is predictable. | m | 1\\|2 | x | holds: n |" in page([own], [], {})


@pytest.mark.parametrize(
    ("holds", "verdict"),
    [
        ("yes", "holds"),
        ("no", "does not hold"),
        ("against the mean member: yes; against the best: no", "in part"),
        ("it follows from the writer (yes; yes, and more)", "assumed"),
        ("not surely", "does not hold"),
    ],
)
def test_a_claim_keeps_its_verdict_as_a_row(holds: str, verdict: str) -> None:
    page = (
        f"# Claims\n\n| a | b |\n|---|---|\n| RAG | c | m | {holds} | s |\n\n## RAG\n\n| x | y |\n"
    )
    (found,) = claims.findings(page)
    assert (found.number, found.figure, found.verdict, found.note) == (34, "m", verdict, holds)


def test_each_claim_of_the_page_is_a_row() -> None:
    told = claims.findings(claims.PAGE.read_text("utf-8"))
    assert [each.number for each in told] == list(claims.ROWS.values())


def luck(rate: float, catches: float = 0.0, alike: float = 0.0, task: int = 0) -> topologies.Luck:
    return topologies.Luck(seed=str(task), rate=rate, alike=alike, catches=catches)


async def wrong(name: str, rate: float, catches: float, alike: float = 0.0) -> int:
    runtime, count = local_runtime(), 0
    for task in range(60):
        agent = topologies.TOPOLOGIES[name](luck(rate, catches, alike, task))
        record = (await runtime.run(agent, Message.user("Do it"))).raised()
        count += topologies.WRONG in record.text or not record.text
    await runtime.stop()
    return count


@pytest.mark.parametrize("name", topologies.TOPOLOGIES)
async def test_without_errors_no_topology_errs_and_with_nothing_else_each_does(name: str) -> None:
    assert await wrong(name, 0.0, 0.5) == 0
    assert await wrong(name, 1.0, 0.5) == 60


async def test_looks_help_only_where_somebody_looks() -> None:
    blind, seeing = [await wrong("centralised", 0.2, catches) for catches in (0.0, 1.0)]
    assert seeing < blind
    assert await wrong("independent", 0.2, 0.0) == await wrong("independent", 0.2, 1.0)


async def test_voters_that_err_alike_are_one_voter() -> None:
    assert await wrong("voting", 0.1, 0.0, alike=1.0) == await wrong("independent", 0.1, 0.0, 1.0)
    assert await wrong("voting", 0.1, 0.0) < await wrong("voting", 0.1, 0.0, alike=1.0)


def test_the_published_orderings_are_counted_and_not_said() -> None:
    rows = [
        ("5%", "0%", "40%", "single", "", "1.00", "1.00"),
        ("5%", "0%", "40%", "independent", "", "0.50", "1.00"),
        ("5%", "0%", "40%", "centralised", "", "2.00", "0.90"),
    ]
    told = topologies.orderings(rows)
    assert "in 0 of 1 settings, and as one agent in 0 of 1" in told
    assert "no more than one agent in 0 of the 1" in told


@pytest.mark.parametrize(
    ("text", "other", "n"), [("abc", "abd", 2), ("", "x", 0), ("aa", "aaa", 2), ("x", "y", 0)]
)
def test_what_two_texts_begin_with_alike_is_counted(text: str, other: str, n: int) -> None:
    assert in_common(text, other) == n == in_common(other, text)


def test_code_is_counted_without_words_about_it() -> None:
    text = '"""Page."""\n\n# why\nx = 1\n\n\ndef f():\n    """Say."""\n    return """a\n    b"""\n'
    assert code_lines.code_lines(text) == 4
    assert code_lines.of_the_club()["form"] > code_lines.of_the_club()["instructions"] > 0


def test_a_path_that_wavers_more_is_told_only_where_it_surely_does() -> None:
    steady = [sample_of(n, 0) for n in range(12) for _ in range(2)]
    wavering = [sample_of(n, seed) for n in range(12) for seed in range(2)]
    assert surely_wavers(steady, wavering)
    assert not surely_wavers(wavering, steady)
    assert not surely_wavers(steady, [*steady[:-2], *wavering[-2:]])


def sample_of(n: int, way: int) -> Sample:
    return sample(D, f"s{n}", path=(f"model: {way}",))


def test_another_loop_that_does_otherwise_is_told() -> None:
    subjects = [Subject(style="e", framework=name) for name in ("", "langgraph")]
    alike = comparison(lambda *_: True, subjects=subjects)
    assert loops.findings(alike)[0].verdict == "does not hold"
    other = comparison(lambda *_: True, subjects=subjects[1:], outcome="b-2")
    mixed = replace(alike, samples=(*alike.samples[:10], *other.samples))
    (found,) = loops.findings(mixed)
    assert found.verdict == "in part"
    assert "langgraph: outcome 0%, path 100%, calls 100%" in found.figure


def test_scenarios_of_the_club_all_have_a_kind() -> None:
    assert all(measured_in(comparison(lambda *_: True)).kinds.values())
