"""Amazon's Titan and Cohere's embedding models by Bedrock's InvokeModel.

Sources, read 2026-11: the pages of both models in Bedrock's user guide, "Inference request
parameters"; Titan takes one text, Cohere 96 at once and wants to know what they are for.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from batuta.aws.client import ClientOptions, sdk_client
from batuta.aws.errors import raised_by_aws
from batuta.aws.guard import Guard
from batuta.models.vendors.json_text import parsed
from batuta.models.vendors.usage import mapping

if TYPE_CHECKING:
    from batuta.models.vendors.access import VendorAccess

MOST_TEXTS = 96
_AT_ONCE = 8
_COUNT = "x-amzn-bedrock-input-token-count"


class Invoked(NamedTuple):
    """What one call gave.

    Args:
        tokens: As AWS counted them; None where it did not.
    """

    vectors: list[list[float]]
    tokens: int | None


class BedrockVectors:
    """The way to one embedding model on Bedrock.

    Args:
        model: As Bedrock names it.
        dimensions: Of Titan's second; None for the model's own.
    """

    def __init__(self, model: str, access: VendorAccess, dimensions: int | None) -> None:
        options = ClientOptions(
            region=access.region,
            endpoint_url=access.base_url,
            timeout_s=access.timeout_s,
            checked=False,
        )
        self._client = sdk_client("bedrock-runtime", options, what="Bedrock", section="bedrock")
        self._model, self._dimensions = model, dimensions
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="bedrock-embeddings")
        self._guard = Guard(access.reply_bytes)
        self.raises = raised_by_aws()

    async def embed(self, texts: Sequence[str], *, query: bool) -> list[Invoked]:
        """Embed texts, in as many calls as the model wants, some at once; in their order.

        Args:
            query: They are searched with, not searched for.
        """
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._invoked(b)) for b in self._bodies(texts, query=query)]
        return [task.result() for task in tasks]

    async def close(self) -> None:
        """Close the connections."""
        self._threads.shutdown(wait=False)
        await asyncio.to_thread(self._client.close)

    def _bodies(self, texts: Sequence[str], *, query: bool) -> list[dict[str, Any]]:
        if "titan" in self._model:
            more = {} if self._dimensions is None else {"dimensions": self._dimensions}
            return [{"inputText": text, **more} for text in texts]
        purpose = "search_query" if query else "search_document"
        cuts = range(0, len(texts), MOST_TEXTS)
        return [{"texts": list(texts[at : at + MOST_TEXTS]), "input_type": purpose} for at in cuts]

    async def _invoked(self, body: Mapping[str, Any]) -> Invoked:
        with self._guard():
            context = copy_context()
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, lambda: context.run(self._invoke, body)
            )

    def _invoke(self, body: Mapping[str, Any]) -> Invoked:
        answer = self._client.invoke_model(
            modelId=self._model,
            body=json.dumps(body),
            accept="application/json",
            contentType="application/json",
        )
        held = mapping(parsed(self._guard.read(answer["body"])))
        headers = mapping(mapping(answer.get("ResponseMetadata")).get("HTTPHeaders"))
        told = held.get("inputTextTokenCount", headers.get(_COUNT))
        rows: object = [held["embedding"]] if "embedding" in held else held["embeddings"]
        rows = mapping(rows).get("float", rows)  # of several types that were asked for
        vectors = [[float(n) for n in row] for row in cast("list[list[float]]", rows)]
        return Invoked(vectors, None if told is None else int(told))
