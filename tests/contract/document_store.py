"""What every ``DocumentStore`` must do; a test module subclasses it, with ``open_store``."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from batuta.errors import InvalidInput
from batuta.parts.documents import Document
from batuta.parts.retrieval import DocumentStore

CATS = "Cats purr when they are content, and hiss when they are not."
DOGS = "A dog barks at strangers and wags its tail at friends."
RAIN = "Rain falls from clouds once the drops are heavy enough."
WEIRD = (
    *("", "   ", "?!", '"', "'", "''", "NOT", "AND OR NEAR(", "a* b^ -c", "text:cats", "{x}", "(("),
    *(
        'cats" OR "dogs',
        "'; DROP TABLE documents --",
        "\0",
        "\ud83c",
        "🎾",
        "猫は",
        "%_\\",
        "[[id]]",
    ),
)


def doc(identity: str, text: str, **metadata: Any) -> Document:
    return Document(id=identity, text=text, metadata=metadata)


THREE = (
    doc("cats", CATS, kind="pet", legs=4, tags=["soft", "small"], wild=False),
    doc("dogs", DOGS, kind="pet", legs=4.0, tags=["loud"], wild=True),
    doc("rain", RAIN, kind="weather", legs=None, odd='O\'Neil "x"'),
)


def ids(found: list[Document]) -> list[str]:
    return [document.id for document in found]


class DocumentStoreContract:
    """Tests of one store; ``open_store`` opens the same data as often as it is called."""

    @pytest.fixture
    async def store(self, open_store: Callable[[], DocumentStore]) -> DocumentStore:
        made = open_store()
        await made.add(THREE)
        return made

    async def test_the_document_that_fits_best_comes_first(self, store: DocumentStore) -> None:
        for question, best in (("why do cats purr", "cats"), ("a dog that barks", "dogs")):
            found = await store.search(question)
            assert found[0].id == best
            scores = [d.score for d in found]
            assert None not in scores
            assert scores == sorted(scores, key=lambda s: -(s or 0.0))

    async def test_a_document_comes_back_as_it_was_added(self, store: DocumentStore) -> None:
        for document in THREE:
            assert await store.get(document.id) == document
        assert await store.get("nobody") is None
        (found,) = await store.search("rain from the clouds", 1)
        assert (found.text, found.metadata) == (RAIN, THREE[2].metadata)

    @pytest.mark.parametrize("top_k", [0, 1, 2])
    async def test_no_more_come_than_are_asked_for(self, store: DocumentStore, top_k: int) -> None:
        assert len(await store.search("cats dog rain", top_k)) == top_k

    @pytest.mark.parametrize("text", WEIRD)
    async def test_any_text_may_be_looked_for(self, store: DocumentStore, text: str) -> None:
        assert len(await store.search(text)) <= len(THREE)
        assert await store.count() == len(THREE)

    async def test_an_empty_store_finds_nothing(
        self, open_store: Callable[[], DocumentStore]
    ) -> None:
        empty = open_store()
        assert await empty.search("cats") == []
        assert await empty.count() == 0
        assert await empty.get("cats") is None
        assert await empty.delete("cats") == 0
        await empty.add([])
        assert await empty.count() == 0

    @pytest.mark.parametrize(
        ("where", "left"),
        [
            ({"kind": "pet"}, {"cats", "dogs"}),
            ({"kind": ["pet", "weather"]}, {"cats", "dogs", "rain"}),
            ({"kind": "pet", "wild": True}, {"dogs"}),
            ({"tags": "small"}, {"cats"}),
            ({"tags": ["loud", "soft"]}, {"cats", "dogs"}),
            ({"legs": 4}, {"cats", "dogs"}),
            ({"legs": None}, {"rain"}),
            ({"legs": "4"}, set()),
            ({"wild": 1}, set()),
            ({"wild": False}, {"cats"}),
            ({"odd": 'O\'Neil "x"'}, {"rain"}),
            ({"odd') OR 1=1 --": "x"}, set()),
            ({"kind": []}, set()),
            ({"nothing": "x"}, set()),
        ],
    )
    async def test_a_filter_holds(
        self, store: DocumentStore, where: Mapping[str, Any], left: set[str]
    ) -> None:
        assert set(ids(await store.search("cats dog rain", 5, where))) == left

    async def test_metadata_that_is_no_json_is_kept_and_found_as_json(
        self, store: DocumentStore
    ) -> None:
        day = dt.date(2019, 3, 2)
        await store.add([Document(id="dated", text="cats and more", metadata={"day": day})])
        for where in ({"day": day}, {"day": "2019-03-02"}):
            found = await store.search("cats", 5, where)
            assert [d.metadata for d in found] == [{"day": "2019-03-02"}]

    async def test_a_filter_comes_before_the_limit(self, store: DocumentStore) -> None:
        assert ids(await store.search("cats purr content", 1, {"kind": "weather"})) in (
            [],
            ["rain"],
        )
        assert ids(await store.search("cats dog", 1, {"wild": True})) == ["dogs"]

    async def test_adding_a_known_id_adds_nothing(self, store: DocumentStore) -> None:
        with pytest.raises(InvalidInput, match="'cats' is there already"):
            await store.add([doc("new", "A new one."), doc("cats", "Other cats.")])
        assert await store.get("new") is None
        assert await store.get("cats") == THREE[0]

    @pytest.mark.parametrize("way", ["add", "update"])
    async def test_an_id_that_comes_twice_is_refused(self, store: DocumentStore, way: str) -> None:
        with pytest.raises(InvalidInput, match="'x' comes twice"):
            await getattr(store, way)([doc("x", "one"), doc("x", "two")])
        assert await store.get("x") is None

    async def test_an_update_replaces_text_metadata_and_what_is_found(
        self, store: DocumentStore
    ) -> None:
        await store.update([doc("cats", "Bread rises in the oven.", kind="food"), doc("new", CATS)])
        assert await store.count() == len(THREE) + 1
        assert ids(await store.search("bread in the oven", 1)) == ["cats"]
        assert ids(await store.search("cats purr", 1)) == ["new"]
        assert ids(await store.search("bread", 5, {"kind": "food"})) == ["cats"]
        assert "cats" not in ids(await store.search("cats bread", 5, {"kind": "pet"}))

    async def test_what_is_deleted_is_not_found(self, store: DocumentStore) -> None:
        assert await store.delete("cats", "nobody") == 1
        assert "cats" not in ids(await store.search("cats purr", 5))
        assert await store.get("cats") is None
        await store.add([THREE[0]])
        assert ids(await store.search("cats purr", 1)) == ["cats"]

    async def test_deleting_a_document_takes_its_chunks_alone(self, store: DocumentStore) -> None:
        others = [doc(i, "A bird sings.") for i in ("b", "b#0", "b#1", "b$", "b1", "B#0")]
        await store.add(others)
        assert await store.delete("b") == 3
        assert await store.count() == len(THREE) + 3

    async def test_it_is_there_for_whoever_opens_it_next(
        self, store: DocumentStore, open_store: Callable[[], DocumentStore]
    ) -> None:
        other = open_store()
        assert ids(await other.search("cats purr", 1)) == ["cats"]
        await store.delete("cats")
        assert "cats" not in ids(await other.search("cats purr", 3))

    async def test_writers_at_once_lose_nothing(self, store: DocumentStore) -> None:
        async with asyncio.TaskGroup() as group:
            for n in range(8):
                group.create_task(store.update([doc(f"n{n}", f"Number {n} is here.")]))
        assert await store.count() == len(THREE) + 8

    async def test_odd_text_comes_back_whole(self, store: DocumentStore) -> None:
        odd = doc("Zoë's/né.md#3", "Zoë O'Neil; DROP TABLE documents --\n%_🎾 „heute“", ünï="é'")
        await store.add([odd])
        assert await store.get(odd.id) == odd
        assert odd.id in ids(await store.search("Zoë O'Neil", 3, {"ünï": "é'"}))

    async def test_what_is_no_text_is_refused(self, store: DocumentStore) -> None:
        with pytest.raises(InvalidInput, match="is not text"):
            await store.add([doc("half", "half of a pair: \ud83c")])

    async def test_a_document_of_ten_megabytes_is_refused_with_what_to_do(
        self, store: DocumentStore
    ) -> None:
        with pytest.raises(InvalidInput, match=r"10000000 characters.*chunks"):
            await store.add([doc("big", "x" * 10_000_000)])
        assert await store.count() == len(THREE)
