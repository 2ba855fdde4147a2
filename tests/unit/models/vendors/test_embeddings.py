"""A vendor's embeddings over real HTTP, from a server on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest

from batuta.compose.rag import RAG
from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.redaction import Secret
from batuta.core.runtime import RunOptions
from batuta.errors import (
    BudgetExceeded,
    ConfigError,
    ModelAuthFailed,
    ModelError,
    ModelRateLimited,
    ModelReplyInvalid,
    ModelUnavailable,
)
from batuta.models.vendors import VendorAccess
from batuta.models.vendors.embeddings import VendorEmbedder
from batuta.parts.documents import Document
from batuta.parts.retrieval import Retriever
from batuta.runtimes.local import LocalRuntime
from batuta.storage.documents_lance import LanceDocuments
from batuta.testing.scripted import ScriptedModel
from batuta.wiring import LAYERS

WORDS = ("cat", "dog", "rain")


class Server(ThreadingHTTPServer):
    """Speaks the embeddings endpoint: a vector counts words. ``say`` puts another answer first."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.say: list[tuple[int, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server = cast("Server", self.server)
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        server.asked.append({"path": self.path, **body})
        server.keys.append(self.headers["authorization"])
        status, said = server.say.pop(0) if server.say else (200, self.vectors(body))
        raw = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def vectors(self, body: dict[str, Any]) -> dict[str, Any]:
        texts = body["input"]
        rows = [[0.1 + text.lower().count(word) for word in WORDS] for text in texts]
        data = [{"object": "embedding", "index": n, "embedding": r} for n, r in enumerate(rows)]
        tokens = sum(len(text.split()) for text in texts)
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return {"object": "list", "data": data, "model": body["model"], "usage": usage}

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def embedder(server: Server, **more: Any) -> VendorEmbedder:
    access = VendorAccess(key=Secret("sk-mine"), base_url=server.url)
    return VendorEmbedder("openai:text-embedding-3-small", access, **more)


async def test_it_asks_the_endpoint_and_reads_vectors_and_usage(server: Server) -> None:
    made = embedder(server, dimensions=3)
    vectors, usage = await made.embed(["a cat", "rain and more rain"])
    await made.aclose()
    assert vectors == [pytest.approx([1.1, 0.1, 0.1]), pytest.approx([0.1, 0.1, 2.1])]
    assert usage.input_tokens == 6
    assert server.asked[0]["path"] == "/v1/embeddings"
    assert server.asked[0]["model"] == "text-embedding-3-small"
    assert server.asked[0]["dimensions"] == 3
    assert server.keys == ["Bearer sk-mine"]
    assert made.name == "openai:text-embedding-3-small@3"


async def test_no_texts_make_no_call(server: Server) -> None:
    made = embedder(server)
    assert (await made.embed([])).vectors == []
    assert server.asked == []


@pytest.mark.parametrize(
    ("status", "said", "error"),
    [
        (401, {"error": {"message": "bad key sk-mine"}}, ModelAuthFailed),
        (429, {"error": {"message": "slow down"}}, ModelRateLimited),
        (503, b"<html>down</html>", ModelUnavailable),
        (400, {"error": {"message": "too many tokens"}}, ModelError),
        (200, b"not json", ModelReplyInvalid),
        (200, {"object": "list", "data": [], "model": "m"}, ModelError),
        (200, {"object": "list", "model": "m", "data": [{"index": 0, "embedding": [1.0]}] * 2},
         ModelReplyInvalid),
    ],
)  # fmt: skip
async def test_what_goes_wrong_is_an_error_that_names_the_model(
    server: Server, status: int, said: Any, error: type[ModelError]
) -> None:
    server.say.append((status, said))
    made = embedder(server)
    with pytest.raises(error, match="openai:text-embedding-3-small") as caught:
        await made.embed(["a cat"])
    await made.aclose()
    assert "sk-mine" not in str(caught.value)


async def test_a_server_that_is_not_there_is_unavailable(server: Server) -> None:
    made = VendorEmbedder("compatible:m", VendorAccess(base_url="http://127.0.0.1:9/v1"))
    with pytest.raises(ModelUnavailable):
        await made.embed(["x"])
    await made.aclose()


@pytest.mark.parametrize("name", ["anthropic:m", "openai:", "m", "compatible:m", "openai:m"])
def test_what_cannot_be_asked_is_refused_at_once(name: str) -> None:
    with pytest.raises(ConfigError):
        VendorEmbedder(name)


async def test_a_query_is_a_call_of_the_run_traced_retried_and_counted(
    server: Server, tmp_path: Path
) -> None:
    made = embedder(server)
    store = LanceDocuments(tmp_path / "db", made)
    await store.add([Document(id="c", text="cat"), Document(id="r", text="rain")])
    server.say.append((429, {"error": {"message": "slow down"}}))
    model = ScriptedModel(["It rains [[r]]."])
    runtime = LocalRuntime(LAYERS, models=lambda _: model)
    rag = RAG(retrievers=[Retriever(store=store)], top_k=1)
    record = (await runtime.run(rag, Message.user("will there be rain"))).raised()
    assert record.text == "It rains [[r]]."
    assert record.usage.input_tokens == 4
    assert [e.name for e in record.events if e.kind == "retry"] == [made.name]
    poor = RunOptions(budget=Budget(model_calls=0))
    stopped = await runtime.run(rag, Message.user("rain"), poor)
    assert isinstance(stopped.failure, BudgetExceeded)
    await store.aclose()
    await made.aclose()
