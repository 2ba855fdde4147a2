from __future__ import annotations

import pytest

from batuta.catalog import COMPOSITION, CONTROL, PATTERNS, Pattern, pattern
from batuta.errors import ConfigError


def test_there_are_eight_control_styles_and_nine_compositions() -> None:
    assert "".join(p.key for p in CONTROL) == "abcdefgh"
    assert len(COMPOSITION) == 9
    assert {p.kind for p in CONTROL} == {"control"}
    assert {p.kind for p in COMPOSITION} == {"composition"}


@pytest.mark.parametrize("each", PATTERNS, ids=lambda p: p.key)
def test_each_says_who_decides_where_it_runs_and_when_to_use_it(each: Pattern) -> None:
    assert all((each.name, each.decides, each.runs, each.when))
    assert each.page.endswith(".md")
    assert pattern(each.key) is each


def test_keys_are_unique() -> None:
    assert len({p.key for p in PATTERNS}) == len(PATTERNS)


@pytest.mark.parametrize(("shared", "apart"), ["bc", "fg"])
def test_two_keys_of_one_file_share_their_page_and_differ_in_place(shared: str, apart: str) -> None:
    one, two = pattern(shared), pattern(apart)
    assert one.page == two.page
    assert (one.runs, two.runs) == ("shared", "independent")


@pytest.mark.parametrize("written", ["E", " e ", "e\n"])
def test_a_key_is_found_in_any_case(written: str) -> None:
    assert pattern(written).name == "Single agent"


@pytest.mark.parametrize("unknown", ["", "z", "ab", "single agent"])
def test_an_unknown_key_is_refused_with_those_there_are(unknown: str) -> None:
    with pytest.raises(ConfigError, match="There is no pattern") as caught:
        pattern(unknown)
    assert "parallel" in caught.value.mend
