"""A comparison's file: what is written is read, and what is not ours is named."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from batuta.errors import ConfigError
from batuta.lab.measures import cells
from batuta.lab.report.sections import sections
from batuta.lab.results import (
    VERSION,
    Comparison,
    Sample,
    Subject,
    comparison_from,
    comparison_text,
    read_comparison,
)
from batuta.lab.tables import row_of

D, WEAK = Subject(style="d"), Subject(style="d", model="local:smollm2")


def a_sample(subject: Subject, seed: int = 7) -> Sample:
    return Sample(
        subject=subject,
        scenario="tomorrow",
        seed=seed,
        succeeded=subject is D,
        turns=1,
        model_calls=3,
        usd=Decimal("0.0012"),
        cpu_seconds=0.012,
        seconds=0.03,
        path=("model: tool book",),
        outcome="2031-03-01T15:00/A ana",
        ended="succeeded" if subject is D else "lied",
        reason="" if subject is D else "told as booked, and nothing is",
    )


def a_comparison() -> Comparison:
    return Comparison(
        app="tennis",
        seed=1,
        repeat=2,
        scenarios=("tomorrow",),
        subjects=(D, WEAK),
        samples=(a_sample(D), a_sample(D, 8), a_sample(WEAK), a_sample(WEAK, 8)),
        measured_on={"python": "3.12.3"},
    )


def test_what_is_written_is_read() -> None:
    assert comparison_from(comparison_text(a_comparison())) == a_comparison()


def test_times_and_real_models_stand_in_a_block_of_their_own() -> None:
    first = a_comparison()
    slow = [replace(sample, seconds=9.0, cpu_seconds=3.0) for sample in first.samples]
    slow[2] = replace(slow[2], outcome="something else")
    second = replace(first, samples=tuple(slow), measured_on={"python": "3.14.1"})
    one, two = (comparison_text(each).split(' "measured": {')[0] for each in (first, second))
    assert one == two
    assert comparison_text(first) != comparison_text(second)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nothing", "last.json is no JSON"),
        ("[]", "last.json is no comparison of batuta"),
        ('{"format": "other"}', "last.json is no comparison of batuta"),
        ('{"format": "batuta-comparison", "version": 1}', "last.json is broken: KeyError"),
        (
            '{"format": "batuta-comparison", "version": 9}',
            f"last.json is a comparison of version 9, this batuta reads version {VERSION}",
        ),
    ],
)
def test_what_is_no_comparison_of_this_version_is_named(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        comparison_from(text, "last.json")
    assert told in caught.value.what


def test_a_sample_with_an_unknown_ending_is_refused() -> None:
    raw = json.loads(comparison_text(a_comparison()))
    raw["samples"][0]["ended"] = "fine"
    with pytest.raises(ConfigError, match="no ending 'fine'"):
        comparison_from(json.dumps(raw))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"last\.json cannot be read"):
        read_comparison(tmp_path / "last.json")


def test_the_faults_that_struck_are_kept_and_their_absence_takes_no_room() -> None:
    found = a_comparison()
    assert '"struck"' not in comparison_text(found)
    struck = replace(
        found, samples=tuple(replace(s, struck=("tool-error",)) for s in found.samples)
    )
    assert comparison_from(comparison_text(struck)) == struck
    assert comparison_text(struck).count('"struck": ["tool-error"]') == len(found.samples)


def test_lines_are_counted_and_cold_starts_are_measured() -> None:
    made = replace(a_comparison(), lines=(18, None), cold_starts_s=(1.25, None))
    text = comparison_text(made)
    said, _, timed = text.partition(' "measured": {')
    assert '"lines": [18, null]' in said
    assert '"cold_starts_s": [1.25, null]' in timed
    found = cells(comparison_from(text))
    assert [(each.lines, each.cold_start_s) for each in found] == [(18, 1.25), (None, None)]
    assert [row_of(each)[-2:] for each in found] == [("1.25", "18"), ("unknown", "unknown")]
    assert {"cold start", "lines of the App"} <= {*_head(made)}


def _head(comparison: Comparison) -> Sequence[str]:
    section = next(s for s in sections(comparison) if s.title == "Cost against success")
    return () if section.table is None else section.table.head
