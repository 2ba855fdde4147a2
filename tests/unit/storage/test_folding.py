"""Texts and queries are folded alike, in every script, and what is replaced leaves no words."""

# ruff: noqa: RUF001 - letters that look alike are what is tested
from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.parts.documents import Document
from batuta.storage.documents_sqlite import SqliteDocuments, words_query
from batuta.storage.folding import folded
from tests.unit.storage.test_sqlite_versions import written

FOUND = [
    ("Die Straße ist lang.", ("Straße", "strasse", "STRASSE", "STRAẞE")),
    ("the ﬁrst café", ("first", "CAFE", "cafe\u0301")),
    ("Η Αθήνα και ο δρόμος", ("ΑΘΗΝΑ", "αθηνα", "δρομοσ")),
    ("İstanbul ve ISPARTA", ("istanbul", "ısparta", "isparta")),
    ("Ещё одна ёлка", ("еще", "ЕЛКА")),
    ("كِتَابٌ جديد", ("كتاب", "كِتاب")),
    ("שָׁלוֹם עולם", ("שלום",)),
    ("हिन्दी भाषा", ("हिन्दी",)),
    ("東京都庁の近く", ("東京", "都庁")),
    ("ﾃﾆｽｺｰﾄ", ("テニス", "コート")),
    ("สนามเทนนิส", ("เทนนิส",)),
    ("ＡＢＣ court", ("abc",)),
    ("대한민국 서울", ("서울", "\u1109\u1165\u110b\u116e\u11af")),
    ("Đặng Thị", ("thi",)),
]


@pytest.mark.parametrize(("text", "queries"), FOUND, ids=range(len(FOUND)))
async def test_a_word_is_found_however_it_is_written(text: str, queries: tuple[str, ...]) -> None:
    async with SqliteDocuments(":memory:") as store:
        await store.add([Document(id="d", text=text), Document(id="other", text="nothing here")])
        for query in queries:
            found = await store.search(query)
            assert [d.id for d in found] == ["d"], query
            assert found[0].text == text


async def test_vowels_that_make_another_word_count() -> None:
    async with SqliteDocuments(":memory:") as store:
        await store.add([Document(id="d", text="हिन्दी")])
        assert await store.search("हन्द") == []
        assert await store.search("हनदा") == []


async def test_what_is_replaced_or_deleted_leaves_no_words(tmp_path: Path) -> None:
    path = tmp_path / "documents.db"
    async with SqliteDocuments(path) as store:
        await store.add([Document(id=str(n), text=text) for n, (text, _) in enumerate(FOUND)])
        await store.update([Document(id=str(n), text=f"Größe {n}") for n in range(len(FOUND))])
        await store.update([Document(id="0", text="plain")])
        await store.delete("1")
        for _, queries in FOUND:
            assert await store.search(queries[0]) == []
        assert len(await store.search("Größe", 99)) == len(FOUND) - 2
    with closing(sqlite3.connect(path)) as db:
        db.execute("INSERT INTO words (words, rank) VALUES ('integrity-check', 1)")
        db.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab ('main', 'words', 'row')")
        terms = {term for (term,) in db.execute("SELECT term FROM terms")}
    assert terms == {"plain", "gross", *(str(n) for n in range(2, len(FOUND)))}


@pytest.mark.parametrize("version", [1, 2])
async def test_a_file_of_an_older_version_is_folded(version: int, tmp_path: Path) -> None:
    path = written(
        tmp_path,
        f"documents_{version}",
        "DELETE FROM documents",
        "INSERT INTO documents VALUES (7, 'd', '{}', 'Die Straße')",
    )
    async with SqliteDocuments(path) as store:
        assert [d.id for d in await store.search("strasse")] == ["d"]
        await store.update([Document(id="d", text="gone")])
        assert await store.search("Straße") == []


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    once = " ".join(folded(text).split())
    assert " ".join(folded(once).split()) == once


@given(st.text())
def test_a_query_of_any_text_asks_for_folded_words(text: str) -> None:
    for word in words_query(text).split(" OR "):
        assert word.strip('"') == " ".join(folded(word.strip('"')).split()).casefold() or not word
