"""The ports that documents are kept and embedded behind, and the agent that finds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast, runtime_checkable

from batuta.core.message import Message
from batuta.core.model import Emit, ModelReply, ModelRequest, Usage, ignore
from batuta.core.slots import new_dict
from batuta.parts.documents import Document, Where, narrowed, query_text

if TYPE_CHECKING:
    from batuta.core.run import Run
    from batuta.core.trace import Decider


class DocumentStore(Protocol):
    """Keeps documents and finds those that fit a text."""

    async def add(self, documents: Sequence[Document]) -> None:
        """Take in documents, all or none.

        Raises:
            InvalidInput: An id is there already or comes twice, or a text is too long.
        """
        ...

    async def update(self, documents: Sequence[Document]) -> None:
        """Take in documents, each in place of the one with its id where there is one.

        Raises:
            InvalidInput: An id comes twice, or a text is too long.
        """
        ...

    async def delete(self, *ids: str) -> int:
        """Remove documents; tell how many were there. ``doc`` takes its chunks with it."""
        ...

    async def get(self, identity: str) -> Document | None:
        """Give one document, or None."""
        ...

    async def count(self) -> int:
        """Tell how many there are."""
        ...

    async def search(self, text: str, top_k: int = 5, where: Where | None = None) -> list[Document]:
        """Find at most ``top_k`` documents, best first, with scores; none for a text of no words.

        Args:
            where: What their metadata must hold.
        """
        ...


class Embedded(NamedTuple):
    """Vectors of one length, in the order of their texts, and what they took."""

    vectors: list[list[float]]
    usage: Usage = Usage()


class Embedder(Protocol):
    """Turns texts into vectors that are near each other where the texts mean the like."""

    @property
    def name(self) -> str:
        """The name, as ``provider:model``; vectors of two names are never compared."""
        ...

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Embed each text.

        Raises:
            ModelError: No usable vectors could be had.
        """
        ...


@runtime_checkable
class QueryEmbedder(Protocol):
    """An embedder that embeds what is searched with otherwise than what is searched for."""

    async def embed_queries(self, texts: Sequence[str]) -> Embedded:
        """Embed each text, which is searched with.

        Raises:
            ModelError: No usable vectors could be had.
        """
        ...


async def embedded_queries(embedder: Embedder, texts: Sequence[str]) -> Embedded:
    """Embed what is searched with, as the embedder does that."""
    if isinstance(embedder, QueryEmbedder):
        return await embedder.embed_queries(texts)
    return await embedder.embed(texts)


@runtime_checkable
class Nearest(Protocol):
    """A store that can be searched by a vector, so that embedding the query is the run's call."""

    embedder: Embedder

    async def nearest(
        self, vector: Sequence[float], top_k: int = 5, where: Where | None = None
    ) -> list[Document]:
        """Find the documents nearest to a vector."""
        ...


@dataclass(frozen=True)
class EmbeddingModel:
    """An embedder as a Model, so that a run traces, retries, budgets and prices its calls."""

    embedder: Embedder

    @property
    def name(self) -> str:
        """The embedder's name."""
        return self.embedder.name

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Embed each message's text."""
        made = await embedded_queries(self.embedder, [m.text for m in request.messages])
        return ModelReply(output={"vectors": made.vectors}, usage=made.usage, model=self.name)


@dataclass(frozen=True, kw_only=True)
class Retriever:
    """Finds documents in a store; answers with data ``{"documents": […]}``.

    ``top_k`` and ``where`` in the message's data win over its own, but a filter only narrows.

    Args:
        min_score: Documents below it are not given, in the store's own scale.
        where: What every document's metadata must hold, whoever asks.
    """

    store: DocumentStore
    name: str = "retriever"
    role: str = "finds documents"
    top_k: int = 5
    min_score: float | None = None
    where: Where = field(default_factory=new_dict)
    decides: Decider = "code"

    def __post_init__(self) -> None:
        if self.top_k < 1:
            raise ValueError("A retriever's top_k must be 1 or more.")

    async def execute(self, message: Message, run: Run) -> Message:
        """Search for the message's text."""
        asked = message.data or {}
        top_k = int(asked.get("top_k") or self.top_k)
        where = narrowed(self.where, asked.get("where") or {})
        text, store = query_text(message.text), self.store

        async def search() -> list[dict[str, Any]]:
            if vector is None:
                found = await store.search(text, top_k, where)
            else:
                found = await cast("Nearest", store).nearest(vector, top_k, where)
            return [document.to_json() for document in found]

        vector = await _embedded(store, text, run)
        rows = await run.step("search", search)
        rows = [row for row in rows if self.min_score is None or row["score"] >= self.min_score]
        names = ", ".join(row["id"] for row in rows)
        return Message.assistant(names or "nothing found", {"documents": rows[:top_k]})


async def _embedded(store: DocumentStore, text: str, run: Run) -> list[float] | None:
    """Have the query embedded as a call of the run, where the store can take a vector."""
    if not isinstance(store, Nearest) or not text:
        return None
    reply = await run.ask([Message.user(text)], model=EmbeddingModel(store.embedder))
    return (reply.output or {})["vectors"][0]
