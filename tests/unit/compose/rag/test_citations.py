"""Citations in a text are kept, mended or dropped."""

from __future__ import annotations

import pytest

from batuta.compose.rag.citations import checked

KNOWN = ["docs/a.md#1", "Doc 2", "x,y"]


@pytest.mark.parametrize(
    ("text", "made", "cited", "mended", "dropped"),
    [
        ("So [[docs/a.md#1]].", "So [[docs/a.md#1]].", ["docs/a.md#1"], {}, []),
        ("So [[ DOC  2 ]].", "So [[Doc 2]].", ["Doc 2"], {"DOC  2": "Doc 2"}, []),
        ("So [[ghost]].", "So.", [], {}, ["ghost"]),
        ("So [[docs/a.md]].", "So.", [], {}, ["docs/a.md"]),
        ("A [[Doc 2, ghost; docs/a.md#1]]", "A [[Doc 2]][[docs/a.md#1]]", ["Doc 2", "docs/a.md#1"],
         {}, ["ghost"]),
        ("A [[x,y]] b", "A [[x,y]] b", ["x,y"], {}, []),
        ("list[int], a[[1, 2], [3]], [link](u) .", "list[int], a[[1, 2], [3]], [link](u) .", [],
         {}, []),
        ("[[Doc 2]] and [[Doc 2]]", "[[Doc 2]] and [[Doc 2]]", ["Doc 2"], {}, []),
    ],
)  # fmt: skip
def test_citations_are_kept_mended_or_dropped(
    text: str, made: str, cited: list[str], mended: dict[str, str], dropped: list[str]
) -> None:
    assert checked(text, KNOWN) == (made, cited, mended, dropped)


def test_ids_listed_beside_the_text_are_checked_too() -> None:
    found = checked("Plain.", KNOWN, ["doc 2", "ghost"])
    assert found == ("Plain.", ["Doc 2"], {"doc 2": "Doc 2"}, ["ghost"])
