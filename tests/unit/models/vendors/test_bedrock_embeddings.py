"""Embeddings of every vendor over real sockets: batched, priced in the run, and asked for once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from batuta.compose.rag import RAG
from batuta.core.message import Message
from batuta.core.redaction import Secret
from batuta.errors import ConfigError, ModelError
from batuta.models.vendors import VendorAccess
from batuta.models.vendors.embeddings import VendorEmbedder, batches
from batuta.offline import OfflineModel
from batuta.parts.documents import Document
from batuta.parts.retrieval import Retriever, embedded_queries
from batuta.runtimes.local import LocalRuntime
from batuta.standin import StandIn, standin_in_thread
from batuta.standin.embeddings import vector_of
from batuta.storage.documents_lance import LanceDocuments
from batuta.storage.embeddings_sqlite import CachedEmbedder
from batuta.telemetry.prices import default_prices
from batuta.testing.scripted import ScriptedModel
from batuta.wiring import LAYERS

TITAN, COHERE = "bedrock:amazon.titan-embed-text-v2:0", "bedrock:cohere.embed-multilingual-v3"
OPENAI = "openai:text-embedding-3-small"
NAMES = (OPENAI, TITAN, COHERE)


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    with standin_in_thread(OfflineModel()) as made:
        yield made


@pytest.fixture
def made(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "loopback")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "loopback")

    def make(name: str, **more: Any) -> VendorEmbedder:
        url = standin.url if name.startswith("bedrock") else standin.openai_url
        access = VendorAccess(key=Secret("k"), base_url=url, region="us-east-1")
        return VendorEmbedder(name, access, **more)

    return make


@pytest.mark.parametrize("name", NAMES)
async def test_vectors_come_in_the_order_of_their_texts(made: Any, name: str) -> None:
    embedder = made(name)
    texts = [f"court {number}" for number in range(100)]
    vectors, usage = await embedder.embed(texts)
    await embedder.aclose()

    assert vectors == [pytest.approx(vector_of(text, 256)) for text in texts]
    assert usage.input_tokens == sum(-(-len(text) // 4) for text in texts)


@pytest.mark.parametrize(
    ("name", "calls"), [(OPENAI, [100]), (COHERE, [96, 4]), (TITAN, [1] * 100)]
)
async def test_texts_go_in_as_few_requests_as_the_vendor_takes(
    made: Any, standin: StandIn, name: str, calls: list[int]
) -> None:
    before = len(standin.requests)
    embedder = made(name)
    await embedder.embed([f"court {number}" for number in range(100)])
    await embedder.aclose()

    bodies = [exchange.body for exchange in standin.requests[before:]]
    sent = [body.get("input") or body.get("texts") or [body["inputText"]] for body in bodies]
    assert sorted(map(len, sent), reverse=True) == calls


def test_a_request_holds_no_more_words_than_the_vendor_takes() -> None:
    assert list(batches(["aa", "b", "cccc", "d", "e"], 2, 4)) == [["aa", "b"], ["cccc"], ["d", "e"]]


async def test_cohere_is_told_what_a_text_is_for(made: Any, standin: StandIn) -> None:
    embedder = made(COHERE)
    await embedder.embed(["a court"])
    await embedded_queries(embedder, ["which court?"])
    await embedder.aclose()

    purposes = [exchange.body["input_type"] for exchange in standin.requests[-2:]]
    assert purposes == ["search_document", "search_query"]


async def test_titan_may_be_asked_for_shorter_vectors(made: Any) -> None:
    embedder = made(TITAN, dimensions=512)
    vectors, _ = await embedder.embed(["a court"])
    await embedder.aclose()

    assert len(vectors[0]) == 512
    assert embedder.name == f"{TITAN}@512"


async def test_model_that_gives_no_vectors_is_told_when_made_or_asked(made: Any) -> None:
    with pytest.raises(ConfigError, match="titan-embed-text"):
        made("bedrock:amazon.nova-lite-v1:0")
    embedder = made("bedrock:cohere.embed-english-v3")
    with pytest.raises(ModelError, match=r"bedrock:cohere\.embed-english-v3"):
        await embedder.embed([None])
    await embedder.aclose()


async def test_query_is_a_priced_call_of_the_run_and_no_text_is_paid_for_twice(
    made: Any, standin: StandIn, tmp_path: Path
) -> None:
    before, inner = len(standin.requests), made(TITAN)
    cached = CachedEmbedder(inner, tmp_path / "new" / "vectors.db")
    store = LanceDocuments(tmp_path / "lance", cached)
    await store.add([Document(id="a", text="court a has lights"), Document(id="b", text="no net")])
    runtime = LocalRuntime(
        layers=LAYERS,
        models=lambda _: ScriptedModel(["Court A [a].", "Court A [a]."]),
        prices=default_prices({}),
    )
    rag = RAG(retrievers=[Retriever(store=store, top_k=1)])
    asked = Message.user("which court has lights")
    first, second = [(await runtime.run(rag, asked)).raised() for _ in range(2)]
    await cached.aclose()
    await inner.aclose()

    calls = [
        [e for e in record.events if e.name == TITAN and e.phase == "end"]
        for record in (first, second)
    ]
    (paid,), (kept,) = calls
    assert paid.usage is not None
    assert paid.cost is not None
    assert paid.usage.input_tokens == 6
    assert paid.cost.usd == pytest.approx(6 * 0.02 / 1e6)
    assert kept.usage is None or kept.usage.input_tokens == 0
    assert first.usage.input_tokens - second.usage.input_tokens == 6
    sent = [exchange.body["inputText"] for exchange in standin.requests[before:]]
    assert sorted(sent) == sorted({"court a has lights", "no net", "which court has lights"})


async def test_cache_keeps_embedders_apart_and_forgets_the_longest_unused(tmp_path: Path) -> None:
    class Counting:
        def __init__(self, name: str) -> None:
            self.name, self.asked = name, list[str]()

        async def embed(self, texts: Any) -> Any:
            from batuta.parts.retrieval import Embedded

            self.asked += texts
            return Embedded([[float(len(text))] for text in texts])

    one, other = Counting("a:1"), Counting("b:1")
    where = tmp_path / "vectors.db"
    async with CachedEmbedder(one, where, most=2) as first, CachedEmbedder(other, where) as second:
        assert (await first.embed(["aa", "b", "aa"])).vectors == [[2.0], [1.0], [2.0]]
        await first.embed(["aa"])
        await second.embed(["aa"])
    assert (one.asked, other.asked) == (["aa", "b"], ["aa"])
