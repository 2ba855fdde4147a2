"""What is peculiar to one store of documents."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from batuta.core.model import Usage
from batuta.errors import ConfigError
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
