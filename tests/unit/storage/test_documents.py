"""What is peculiar to one store of documents."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from batuta.core.model import Usage
from batuta.errors import ConfigError, StoreBusy
from batuta.parts.documents import Document
from batuta.parts.retrieval import Embedded
from batuta.storage.documents_lance import LanceDocuments
from batuta.storage.documents_sqlite import SqliteDocuments, words_query
from batuta.storage.sqlite import SqliteSessions


class Letters:
    """Embeds a text by counting three letters."""

    def __init__(self, name: str = "test:letters") -> None:
        self.name = name

    async def embed(self, texts: Sequence[str]) -> Embedded:
        vectors = [[float(text.count(letter)) for letter in "abc"] for text in texts]
        return Embedded(vectors, Usage(input_tokens=len(texts)))


def files_in(folder: Path) -> int:
    return sum(1 for found in folder.rglob("*.lance") if found.is_file())


def docs(*texts: str) -> list[Document]:
    return [Document(id=f"d{n}", text=text) for n, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("What is RAG?", '"rag"'),
        ("who are you", '"who" OR "are" OR "you"'),
        ('say "hi" AND NOT x*', '"say" OR "hi" OR "x"'),
        ("foo/bar_baz.py", '"foo" OR "bar" OR "baz" OR "py"'),
        ("rag RAG Rag", '"rag"'),
        ("हिन्दी", '"हिन्दी"'),
        ("?!", ""),
    ],
)
def test_words_alone_make_the_query(text: str, query: str) -> None:
    assert words_query(text) == query


def test_a_query_is_never_longer_than_sqlite_takes() -> None:
    assert words_query(" ".join(f"w{n}" for n in range(10_000))).count(" OR ") == 63


async def test_endings_case_and_accents_make_no_difference() -> None:
    async with SqliteDocuments(":memory:") as store:
        await store.add(docs("The runners' CAFÉS were closing.", "Nothing of the kind."))
        for text in ("cafe", "closed", "Runner", "RUNNERS"):
            assert [d.id for d in await store.search(text)] == ["d0"]


async def test_equal_scores_stand_in_the_order_of_adding() -> None:
    async with SqliteDocuments(":memory:") as store:
        await store.add(docs(*["the same words"] * 5))
        await store.update([Document(id="d0", text="the same words")])
        assert [d.id for d in await store.search("same", 3)] == ["d0", "d1", "d2"]


async def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    async with SqliteSessions(tmp_path / "x.db"):
        pass
    with pytest.raises(ConfigError, match="is not a database of documents"):
        async with SqliteDocuments(tmp_path / "x.db"):
            pass


async def test_vectors_of_two_embedders_are_never_mixed(tmp_path: Path) -> None:
    async with LanceDocuments(tmp_path, Letters()) as store:
        await store.add(docs("aaa"))
    other = LanceDocuments(tmp_path, Letters("test:others"))
    for doing in (other.count, lambda: other.add(docs("b"))):
        with pytest.raises(ConfigError, match="embedded by test:letters, not by test:others"):
            await doing()
    await other.aclose()


async def test_a_text_without_a_direction_is_not_near_to_anything(tmp_path: Path) -> None:
    async with LanceDocuments(tmp_path, Letters()) as store:
        await store.add(docs("aaa", "xyz", "ab"))
        assert [d.id for d in await store.search("a")] == ["d0", "d2"]
        assert await store.search("xyz") == []


async def test_equal_vectors_stand_in_the_order_of_their_ids(tmp_path: Path) -> None:
    async with LanceDocuments(tmp_path, Letters()) as store:
        await store.add([Document(id=i, text="ab") for i in ("z", "m", "a")])
        assert [d.id for d in await store.search("ab", 3)] == ["a", "m", "z"]


async def test_compacting_keeps_what_is_there_and_usage_adds_up(tmp_path: Path) -> None:
    async with LanceDocuments(tmp_path, Letters()) as store:
        for n in range(5):
            await store.update([Document(id=f"d{n}", text="a" * (n + 1))])
        await store.delete("d0")
        before = files_in(tmp_path)
        # Joining makes versions of its own, of this very moment: they too are kept until their age.
        await store.compact(3_600)
        assert files_in(tmp_path) == before + 1
        await asyncio.sleep(0.01)
        await store.compact(0.001)
        assert files_in(tmp_path) == 1
        assert await store.count() == 4
        assert [d.id for d in await store.search("a", 1)] == ["d1"]
        assert store.usage.input_tokens == 6


async def test_a_folder_that_cannot_be_made_is_a_matter_of_settings(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = LanceDocuments(tmp_path / "file" / "db", Letters())
    with pytest.raises(ConfigError, match="Point to a folder"):
        await store.add(docs("a"))


async def two_stores(folder: Path) -> tuple[LanceDocuments, LanceDocuments]:
    """Open a folder twice, as two processes do; it holds one document already."""
    here, there = LanceDocuments(folder, Letters()), LanceDocuments(folder, Letters())
    await here.add(docs("a"))
    await there.count()
    return here, there


async def made_before(folder: Path, *texts: str) -> None:
    """Make a folder as versions before the key made it, with one id as often as there are texts."""
    import lancedb
    import pyarrow as pa

    schema = pa.schema(
        [
            ("id", pa.string()),
            ("text", pa.string()),
            ("metadata", pa.string()),
            ("facets", pa.list_(pa.string())),
            ("vector", pa.list_(pa.float32(), 3)),
        ],
        metadata={b"batuta.embedder": b"test:letters"},
    )
    db: Any = await lancedb.connect_async(str(folder))
    table = await db.create_table("documents", schema=schema)
    for text in texts:
        row = {"id": "d0", "text": text, "metadata": "{}", "facets": [], "vector": [1.0, 0.0, 0.0]}
        await table.add(pa.Table.from_pylist([row], schema=schema))
    table.close()
    db.close()


async def test_two_writers_of_one_id_leave_one_row(tmp_path: Path) -> None:
    here, there = await two_stores(tmp_path)
    for number in range(5):
        new = [Document(id=f"new{number}", text=text) for text in ("aa", "bb")]
        await asyncio.gather(here.update(new[:1]), there.update(new[1:]))
        assert await here.count() == await there.count() == number + 2
        found = await here.get(f"new{number}")
        assert found is not None
        assert found.text in ("aa", "bb")
    await here.aclose()
    await there.aclose()


async def test_of_two_that_add_one_id_one_is_refused_with_all_that_it_brings(
    tmp_path: Path,
) -> None:
    here, there = await two_stores(tmp_path)
    for number in range(5):
        its = [
            [Document(id=f"n{number}", text=t), Document(id=f"{t}{number}", text=t)] for t in "ab"
        ]
        ended = await asyncio.gather(here.add(its[0]), there.add(its[1]), return_exceptions=True)
        assert sorted(type(each).__name__ for each in ended) == ["InvalidInput", "NoneType"]
        assert f"'n{number}' is there already" in f"{ended}"
        assert await here.count() == 1 + 2 * (number + 1)
        won = "ab"[ended.index(None)]
        assert await there.get(f"{won}{number}") is not None
    await here.aclose()
    await there.aclose()


async def test_compaction_beside_a_writer_works_or_says_busy(tmp_path: Path) -> None:
    here, there = await two_stores(tmp_path)
    written = 0

    async def write() -> None:
        nonlocal written
        for number in range(30):
            await here.update([Document(id=f"w{number % 3}", text="abc"[: number % 3 + 1])])
            written += 1

    async def compact() -> int:
        busy = 0
        while written < 30:
            try:
                await there.compact()
            except StoreBusy:
                busy += 1
        return busy

    await asyncio.gather(write(), compact())
    assert (written, await there.count()) == (30, 4)
    await there.compact()
    await here.aclose()
    await there.aclose()


async def test_a_folder_from_before_gets_its_key_and_loses_its_double_rows(tmp_path: Path) -> None:
    await made_before(tmp_path, "old", "new")
    here, there = LanceDocuments(tmp_path, Letters()), LanceDocuments(tmp_path, Letters())
    assert await here.count() == 1
    kept = await here.get("d0")
    assert kept is not None
    assert kept.text == "new"
    assert await there.count() == 1
    new = [Document(id="n", text=text) for text in ("aa", "bb")]
    await asyncio.gather(here.update(new[:1]), there.update(new[1:]))
    assert await here.count() == 2
    await here.aclose()
    await there.aclose()
