"""A vendor's embedding model, over OpenAI's embeddings endpoint or one that speaks like it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from batuta.core.model import Usage
from batuta.errors import ConfigError, ModelReplyInvalid
from batuta.models.vendors.access import PROVIDERS, VendorAccess, missing_of
from batuta.models.vendors.usage import count, mapping
from batuta.parts.retrieval import Embedded

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_SPEAKING = ("openai", "openai-chat", "compatible")


class VendorEmbedder:
    """An ``Embedder`` of OpenAI, or of whatever speaks its embeddings protocol.

    The SDK is imported and the connection made at the first call.

    Args:
        name: The model, as ``provider:model``, such as ``openai:text-embedding-3-small``.
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
        self._line: tuple[asyncio.AbstractEventLoop, AsyncOpenAI] | None = None

    @property
    def name(self) -> str:
        """The name, as ``provider:model``, with the dimensions where they were chosen."""
        return self._name if self._dimensions is None else f"{self._name}@{self._dimensions}"

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """See ``Embedder.embed``."""
        if not texts:
            return Embedded([])
        client = await self._connected()
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
        if len(vectors) != wanted or len({len(vector) for vector in vectors}) != 1:
            raise ModelReplyInvalid(self._name, "reply holds other than one vector for each text")
        return Embedded(
            vectors, Usage(count(mapping(answer.get("usage")).get("prompt_tokens")) or 0)
        )

    async def aclose(self) -> None:
        """Close the connections; a later call makes new ones."""
        line, self._line = self._line, None
        if line is not None and line[0] is asyncio.get_running_loop():
            await line[1].close()

    async def _connected(self) -> AsyncOpenAI:
        """Give the client, made once for each event loop."""
        loop = asyncio.get_running_loop()
        if self._line is None or self._line[0] is not loop:
            self._line = (loop, await asyncio.to_thread(self._connect))
        return self._line[1]

    def _connect(self) -> AsyncOpenAI:
        from batuta.models.vendors.openai_client import openai_client

        return openai_client(self._access)
