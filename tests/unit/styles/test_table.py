from __future__ import annotations

import pytest

from batuta.errors import ConfigError
from batuta.styles import PATTERNS, STYLES, Style, find_style
from batuta.styles.compositions import COMPOSITIONS


def test_there_are_eight_control_styles_and_the_compositions() -> None:
    assert "".join(p.key for p in STYLES) == "abcdefgh"
    assert {p.kind for p in STYLES} == {"control"}
    assert {p.kind for p in COMPOSITIONS} == {"composition"}


@pytest.mark.parametrize("each", PATTERNS, ids=lambda p: p.key)
def test_each_says_who_decides_where_it_runs_and_when_to_use_it(each: Style) -> None:
    assert all((each.name, each.decides, each.runs, each.when))
    assert each.page.endswith(".md")
    assert find_style(each.key) is each


def test_keys_are_unique() -> None:
    assert len({p.key for p in PATTERNS}) == len(PATTERNS)


@pytest.mark.parametrize(("shared", "apart"), ["bc", "fg"])
def test_two_keys_of_one_file_share_their_page_and_differ_in_place(shared: str, apart: str) -> None:
    one, two = find_style(shared), find_style(apart)
    assert one.page == two.page
    assert (one.runs, two.runs) == ("shared", "independent")


@pytest.mark.parametrize("written", ["E", " e ", "e\n"])
def test_a_key_is_found_in_any_case(written: str) -> None:
    assert find_style(written).name == "Single agent"


@pytest.mark.parametrize("unknown", ["", "z", "ab", "single agent"])
def test_an_unknown_key_is_refused_with_those_there_are(unknown: str) -> None:
    with pytest.raises(ConfigError, match="There is no pattern") as caught:
        find_style(unknown)
    assert "parallel" in caught.value.mend
