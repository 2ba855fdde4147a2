"""A vendor's embedding model: OpenAI's endpoint, one that speaks like it, or Bedrock's models."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from batuta.core.model import Usage
from batuta.errors import ConfigError, ModelReplyInvalid
from batuta.models.vendors.access import PROVIDERS, VendorAccess, missing_of
from batuta.models.vendors.usage import count, mapping
from batuta.parts.retrieval import Embedded

if TYPE_CHECKING:
    from openai import AsyncOpenAI

    from batuta.models.vendors.bedrock_embeddings import BedrockVectors

    Line = AsyncOpenAI | BedrockVectors

_SPEAKING = ("openai", "openai-chat", "compatible", "bedrock")
_BEDROCK = re.compile(r"titan-embed-text|cohere\.embed")
_MOST_TEXTS = 2_048
_MOST_CHARS = 600_000
"""Of one request, so that it stays below OpenAI's 300,000 tokens in most languages."""


class VendorEmbedder:
    """An ``Embedder`` of OpenAI, of whatever speaks its embeddings protocol, or of Bedrock.

    The SDK is imported and the connection made at the first call. Texts go in as few requests as
    the vendor takes.

    Args:
        name: The model, as ``provider:model``, such as ``openai:text-embedding-3-small`` or
            ``bedrock:amazon.titan-embed-text-v2:0``.
        dimensions: Numbers of a vector, where the model can shorten them; None for its own.

    Raises:
        ConfigError: The provider has no such endpoint, lacks its extra, or its key is not set.
    """

    def __init__(
        self, name: str, access: VendorAccess | None = None, *, dimensions: int | None = None
    ) -> None:
        provider, _, model = name.partition(":")
        if provider not in _SPEAKING or not model:
            raise ConfigError(
                f"There is no embedding model {name!r}",
                f"Write provider:model; providers: {', '.join(_SPEAKING)}.",
            )
        self._access = access or VendorAccess()
        missing = missing_of(provider, self._access)
        if missing is not None:
            raise missing.error(f"Embedder {name}")
        self._name, self._provider, self._model = name, provider, model
        self._dimensions = dimensions
        if provider == "bedrock" and not _BEDROCK.search(model):
            raise ConfigError(
                f"There is no embedding model {name!r}",
                "Of models on Bedrock, Amazon's titan-embed-text and Cohere's embed give vectors.",
            )
        self._line: tuple[asyncio.AbstractEventLoop, Line] | None = None

    @property
    def name(self) -> str:
        """The name, as ``provider:model``, with the dimensions where they were chosen."""
        return self._name if self._dimensions is None else f"{self._name}@{self._dimensions}"

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """See ``Embedder.embed``."""
        return await self._embedded(texts, query=False)

    async def embed_queries(self, texts: Sequence[str]) -> Embedded:
        """See ``QueryEmbedder.embed_queries``."""
        return await self._embedded(texts, query=True)

    async def _embedded(self, texts: Sequence[str], *, query: bool) -> Embedded:
        if not texts:
            return Embedded([])
        line = await self._connected()
        if self._provider == "bedrock":
            return await self._invoked(cast("BedrockVectors", line), texts, query=query)
        made = Embedded([])
        for some in batches(texts, _MOST_TEXTS, _MOST_CHARS):
            more = await self._asked(cast("AsyncOpenAI", line), some)
            made = Embedded([*made.vectors, *more.vectors], made.usage + more.usage)
        return made

    async def _invoked(
        self, line: BedrockVectors, texts: Sequence[str], *, query: bool
    ) -> Embedded:
        from batuta.models.vendors.failures import Failures

        raises = (*line.raises, OSError, ValueError, TypeError, LookupError)
        try:
            found = await line.embed(texts, query=query)
        except* raises as raised:
            failures = Failures(self._name, PROVIDERS[self._provider], self._access)
            first = next(leaves(raised))
            raise failures.error(first) from first
        tokens = sum(one.tokens or 0 for one in found)
        return self._checked([v for one in found for v in one.vectors], len(texts), Usage(tokens))

    async def _asked(self, client: AsyncOpenAI, texts: Sequence[str]) -> Embedded:
        asked: dict[str, Any] = {"model": self._model, "input": list(texts)}
        if self._dimensions is not None:
            asked["dimensions"] = self._dimensions
        from openai import APIStatusError, OpenAIError

        from batuta.models.vendors.complaint_body import VendorFailure, check_no_error
        from batuta.models.vendors.failures import Failures
        from batuta.models.vendors.http_wire import posted
        from batuta.models.vendors.json_text import parsed

        try:
            answer = await posted(client, "/embeddings", asked, failed=APIStatusError)
            held = mapping(parsed(answer.content))
            check_no_error(held)
            return self._read(held, len(texts))
        except (OpenAIError, VendorFailure, OSError, ValueError, TypeError, LookupError) as raised:
            failures = Failures(self._name, PROVIDERS[self._provider], self._access)
            raise failures.error(raised) from raised

    def _read(self, answer: Mapping[str, Any], wanted: int) -> Embedded:
        """Read an answer.

        Raises:
            ModelReplyInvalid: It holds something else.
        """
        held = cast("list[Mapping[str, Any]]", answer["data"])
        vectors = [[float(n) for n in each["embedding"]] for each in held]
        usage = Usage(count(mapping(answer.get("usage")).get("prompt_tokens")) or 0)
        return self._checked(vectors, wanted, usage)

    def _checked(self, vectors: list[list[float]], wanted: int, usage: Usage) -> Embedded:
        if len(vectors) != wanted or len({len(vector) for vector in vectors}) != 1:
            raise ModelReplyInvalid(self._name, "reply holds other than one vector for each text")
        return Embedded(vectors, usage)

    async def aclose(self) -> None:
        """Close the connections; a later call makes new ones."""
        line, self._line = self._line, None
        if line is not None and line[0] is asyncio.get_running_loop():
            await line[1].close()

    async def _connected(self) -> Line:
        """Give the client, made once for each event loop."""
        loop = asyncio.get_running_loop()
        if self._line is None or self._line[0] is not loop:
            self._line = (loop, await asyncio.to_thread(self._connect))
        return self._line[1]

    def _connect(self) -> Line:
        if self._provider == "bedrock":
            from batuta.models.vendors.bedrock_embeddings import BedrockVectors

            return BedrockVectors(self._model, self._access, self._dimensions)
        from batuta.models.vendors.openai_client import openai_client

        return openai_client(self._access)


def batches(texts: Sequence[str], most: int, most_chars: int) -> Iterator[Sequence[str]]:
    """Cut texts into as few requests as a vendor takes, in their order."""
    begin, chars = 0, 0
    for at, text in enumerate(texts):
        if at > begin and (at - begin == most or chars + len(text) > most_chars):
            yield texts[begin:at]
            begin, chars = at, 0
        chars += len(text)
    yield texts[begin:]


def leaves(group: BaseExceptionGroup[Any]) -> Iterator[Exception]:
    """Give the exceptions in a group, however deep."""
    for each in group.exceptions:
        if isinstance(each, BaseExceptionGroup):
            yield from leaves(cast("BaseExceptionGroup[Any]", each))
        elif isinstance(each, Exception):
            yield each
