"""A vendor's embedding model, over OpenAI's embeddings endpoint or one that speaks like it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from batuta.core.model import Usage
from batuta.errors import ConfigError, ModelReplyInvalid
from batuta.models.vendors.access import PROVIDERS, VendorAccess, missing_of
from batuta.parts.retrieval import Embedded

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from pydantic_ai.embeddings.openai import OpenAIEmbeddingModel

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
        self._line: tuple[asyncio.AbstractEventLoop, AsyncOpenAI, OpenAIEmbeddingModel] | None
        self._line = None

    @property
    def name(self) -> str:
        """The name, as ``provider:model``, with the dimensions where they were chosen."""
        return self._name if self._dimensions is None else f"{self._name}@{self._dimensions}"

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """See ``Embedder.embed``."""
        if not texts:
            return Embedded([])
        model = await self._connected()
        from pydantic_ai.embeddings.settings import EmbeddingSettings
        from pydantic_ai.exceptions import AgentRunError

        settings = EmbeddingSettings()
        if self._dimensions is not None:
            settings["dimensions"] = self._dimensions
        try:
            made = await model.embed(list(texts), input_type="document", settings=settings)
        except (AgentRunError, OSError, ValueError, TypeError, LookupError) as raised:
            from batuta.models.vendors.failures import Failures

            failures = Failures(self._name, PROVIDERS[self._provider], self._access)
            raise failures.error(raised) from raised
        vectors = [[float(number) for number in vector] for vector in made.embeddings]
        if len(vectors) != len(texts) or len({len(vector) for vector in vectors}) != 1:
            raise ModelReplyInvalid(self._name, "reply holds other than one vector for each text")
        return Embedded(vectors, Usage(input_tokens=made.usage.input_tokens))

    async def aclose(self) -> None:
        """Close the connections; a later call makes new ones."""
        line, self._line = self._line, None
        if line is not None and line[0] is asyncio.get_running_loop():
            await line[1].close()

    async def _connected(self) -> OpenAIEmbeddingModel:
        """Give the way to the model, made once for each event loop."""
        loop = asyncio.get_running_loop()
        if self._line is None or self._line[0] is not loop:
            self._line = (loop, *await asyncio.to_thread(self._connect))
        return self._line[2]

    def _connect(self) -> tuple[AsyncOpenAI, OpenAIEmbeddingModel]:
        from openai import AsyncOpenAI
        from pydantic_ai.embeddings.openai import OpenAIEmbeddingModel
        from pydantic_ai.providers.openai import OpenAIProvider

        from batuta.models.vendors.http_client import http_client

        client = AsyncOpenAI(
            api_key=self._access.key.reveal() or "none",
            base_url=self._access.base_url or "https://api.openai.com/v1",
            max_retries=0,
            http_client=http_client(self._access),
        )
        provider = OpenAIProvider(openai_client=client)
        return client, OpenAIEmbeddingModel(self._model, provider=provider)
