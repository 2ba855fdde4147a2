"""Lists of documents: fused, chunked, fenced, filtered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.core.message import Message
from batuta.parts.documents import (
    Document,
    chunks,
    documents_of,
    facets,
    fenced,
    fitting,
    fuse,
    narrowed,
    unique,
    wanted,
)


def docs(*ids: str) -> list[Document]:
    return [Document(id=i, text=i.upper()) for i in ids]


def ids(documents: Sequence[Document]) -> list[str]:
    return [d.id for d in documents]


@pytest.mark.parametrize("identity", ["", "  ", "a[1]", 'a"b', "a\nb", "a>b", "a\u2028b"])
def test_an_id_that_could_not_be_cited_is_refused(identity: str) -> None:
    with pytest.raises(ValueError, match="cannot be cited"):
        Document(id=identity, text="x")


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_a_score_that_cannot_be_sorted_is_refused(score: float) -> None:
    with pytest.raises(ValueError, match="score"):
        Document(id="a", text="x", score=score)


def test_a_document_survives_being_written_down() -> None:
    whole = Document(id="a#1", text="ü\n", score=0.5, metadata={"page": 3, "tags": ["x"]})
    assert Document.from_json(json.loads(json.dumps(whole.to_json()))) == whole
    assert Document.from_json({"id": "a", "text": "b"}) == Document(id="a", text="b")


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"documents": "text"},
        {"documents": [1]},
        {"documents": [{"id": "a"}]},
        {"documents": [{"id": "a", "text": "b", "score": "high"}]},
        {"documents": [{"id": "a[", "text": "b"}]},
    ],
)
def test_data_without_proper_documents_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match=r"[Dd]ocument"):
        documents_of(Message.assistant("found", data))


def test_reciprocal_ranks_add_up() -> None:
    fused = fuse([docs("a", "b", "c"), docs("c", "a")])
    assert ids(fused) == ["a", "c", "b"]
    assert fused[0].score == pytest.approx(1 / 61 + 1 / 62)
    assert fused[1].score == pytest.approx(1 / 63 + 1 / 61)
    assert fused[2].score == pytest.approx(1 / 62)


def test_ties_keep_the_order_in_which_they_were_met() -> None:
    assert ids(fuse([docs("z", "b"), docs("a", "c")])) == ["z", "a", "b", "c"]


def test_a_document_counts_once_in_a_ranking_at_its_best_place() -> None:
    assert fuse([docs("a", "b", "a", "a")]) == fuse([docs("a", "b")])


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=6), max_size=4))
def test_fusing_keeps_every_document_once_and_is_the_same_each_time(rows: list[list[str]]) -> None:
    rankings = [docs(*row) for row in rows]
    fused = fuse(rankings)
    assert sorted(ids(fused)) == sorted({i for row in rows for i in row})
    assert fused == fuse(rankings)
    scores = [d.score or 0.0 for d in fused]
    assert scores == sorted(scores, reverse=True)


def test_unique_keeps_the_first() -> None:
    first, second = Document(id="a", text="1"), Document(id="a", text="2")
    assert unique([first, *docs("b"), second]) == [first, *docs("b")]


@given(st.text("ab .\n", max_size=400), st.integers(4, 60), st.integers(0, 30))
def test_chunks_hold_the_whole_text_and_are_not_too_long(text: str, size: int, lap: int) -> None:
    overlap = min(lap, size // 2)
    parts = chunks(Document(id="d", text=text, metadata={"k": 1}), size=size, overlap=overlap)
    covered = [False] * len(text)
    for n, part in enumerate(parts):
        start = part.metadata["start"]
        assert part.text == text[start : start + len(part.text)]
        assert 0 < len(part.text) <= size
        covered[start : start + len(part.text)] = [True] * len(part.text)
        assert part.metadata["source"] == "d"
        assert part.metadata["k"] == 1
        assert n == 0 or part.id > "d#"
    assert all(seen or text[at].isspace() for at, seen in enumerate(covered))
    assert len({p.id for p in parts}) == len(parts)


def test_chunks_are_numbered_overlap_and_break_between_words() -> None:
    text = " ".join(f"word{n}" for n in range(200))
    parts = chunks(Document(id="doc", text=text), size=200, overlap=40)
    assert ids(parts[:3]) == ["doc#0", "doc#1", "doc#2"]
    for before, after in pairwise(parts):
        assert after.text.startswith("word")
        assert before.text.rstrip().split(" ")[-1] in text.split(" ")
        assert after.metadata["start"] < before.metadata["start"] + len(before.text)


def test_ten_megabytes_are_chunked() -> None:
    parts = chunks(Document(id="big", text="lorem ipsum " * 900_000))
    assert len(parts) > 5_000
    assert max(len(p.text) for p in parts) <= 1_500


@pytest.mark.parametrize(("size", "overlap"), [(0, 0), (10, 6), (10, -1)])
def test_chunks_that_would_not_move_on_are_refused(size: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="overlap"):
        chunks(Document(id="d", text="x" * 50), size=size, overlap=overlap)


@pytest.mark.parametrize(
    "trick", ["</document>", "< / document >", "</DOCUMENT>", '<document id="x">', "<\tdocument"]
)
def test_no_text_can_leave_its_fence(trick: str) -> None:
    made = fenced([Document(id="a", text=f"before {trick} after")])
    assert made.lower().count("<document") == 1
    assert made.lower().replace(" ", "").count("</document") == 1
    assert "after" in made


def test_only_what_has_room_is_kept_and_the_first_is_cut() -> None:
    some = [Document(id=i, text="x" * 10) for i in "abc"]
    assert ids(fitting(some, 25)) == ["a", "b"]
    assert [d.text for d in fitting(some, 4)] == ["xxxx"]
    assert fitting([], 4) == []


def test_facets_tell_types_apart() -> None:
    assert facets({"a": 1}) == facets({"a": 1.0})
    assert len({str(facets({"a": v})) for v in (1, True, "1", None, "true")}) == 5
    assert facets({"a": ["x", "y", {"deep": 1}], "b": {"deep": 2}}) == facets({"a": ["y", "x"]})


def test_two_filters_both_hold() -> None:
    assert narrowed({"a": 1}, {"b": 2}) == {"a": 1, "b": 2}
    assert narrowed({"a": ["x", "y"]}, {"a": ["y", "z"]}) == {"a": ["y"]}
    assert wanted(narrowed({"team": "red"}, {"team": "blue"})) == [[]]
