"""Embeddings as OpenAI's endpoint and Bedrock's models give them: words counted, no meaning.

A text's vector has the places of its words, each found by a digest, so that texts which share words
are near. Sources, read 2026-11: https://developers.openai.com/api/reference/resources/embeddings;
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html and
/model-parameters-embed.html.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from batuta.core.wire import STAND_IN_HEADER
from batuta.standin import bedrock_converse, openai_chat
from batuta.standin.endpoint import ServedModel, body_of, check_caller
from batuta.standin.failures import Rejected, invalid
from batuta.standin.formats import WireFormat
from batuta.standin.frames import json_bytes
from batuta.standin.json_node import JsonNode, parsed

_DIMENSIONS = 256
_MOST_TEXTS, _MOST_COHERE = 2_048, 96
_CHARS_PER_TOKEN = 4
_WORD = re.compile(r"\w+")
_PURPOSES = ("search_document", "search_query", "classification", "clustering")
Answered = Callable[[Request], Awaitable[Response]]
Body = tuple[Mapping[str, Any], Mapping[str, str]]


def openai_embeddings(house: ServedModel) -> Answered:
    """Make what answers ``POST /v1/embeddings``."""
    return _answering(house, openai_chat.FORMAT, _openai)


def bedrock_embeddings(house: ServedModel) -> Answered:
    """Make what answers ``POST /model/{model}/invoke`` of Titan's and Cohere's models."""
    return _answering(house, bedrock_converse.FORMAT, _bedrock)


def vector_of(text: str, dimensions: int) -> list[float]:
    """Give a text's vector, of length 1."""
    made = [0.0] * dimensions
    for word in _WORD.findall(text.lower()):
        place = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % dimensions
        made[place] += 1.0
    length = math.sqrt(sum(n * n for n in made))
    return [n / length for n in made] if length else [1.0, *made[1:]]


def _answering(
    house: ServedModel, form: WireFormat, read: Callable[[JsonNode, str], Body]
) -> Answered:
    async def answer(request: Request) -> Response:
        exchange = house.remember(request.scope)
        try:
            body = await body_of(request)
            check_caller(request.headers, house.wire.key)
            exchange.body = parsed(body)
            made, headers = read(JsonNode(exchange.body), request.path_params.get("model", ""))
        except Rejected as error:
            status, more, told = form.fail(error.failure)
            return _response(form, status, told, more=more)
        exchange.status, exchange.ended = 200, "whole"
        return _response(form, 200, made, more=headers)

    return answer


def _response(
    form: WireFormat, status: int, body: Mapping[str, Any], *, more: Mapping[str, str]
) -> Response:
    every = {**form.headers(), STAND_IN_HEADER: "true", **more}
    return Response(json_bytes(body), status, every, "application/json")


def _openai(body: JsonNode, _: str) -> Body:
    model, given = body["model"].text(), body["input"]
    if not given.there:
        raise given.wrong("a string or an array")
    texts = [given.text()] if given.is_text else [each.text() for each in given.each()]
    if not 1 <= len(texts) <= _MOST_TEXTS:
        raise invalid(f"'input' takes 1 to {_MOST_TEXTS:,} texts.", "input")
    dimensions, packed = body["dimensions"].count(_DIMENSIONS), body["encoding_format"].text("")
    data = [
        {
            "object": "embedding",
            "index": n,
            "embedding": _packed(row) if packed == "base64" else row,
        }
        for n, row in enumerate(vector_of(text, dimensions) for text in texts)
    ]
    tokens = _tokens(texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": model, "usage": usage}, {}


def _bedrock(body: JsonNode, model: str) -> Body:
    if "titan-embed" in model:
        text = body["inputText"].text()
        vector = vector_of(text, body["dimensions"].count(_DIMENSIONS))
        tokens = _tokens([text])
        counted = {"x-amzn-bedrock-input-token-count": str(tokens)}
        return {"embedding": vector, "inputTextTokenCount": tokens}, counted
    if "cohere.embed" not in model:
        raise invalid(f"This stand-in invokes embedding models of Titan and Cohere, not '{model}'.")
    texts = [each.text() for each in body["texts"].each()]
    if not 1 <= len(texts) <= _MOST_COHERE:
        raise invalid(f"texts: takes 1 to {_MOST_COHERE} texts")
    if body["input_type"].text() not in _PURPOSES:
        raise invalid(f"input_type: use one of {', '.join(_PURPOSES)}")
    rows = [vector_of(text, _DIMENSIONS) for text in texts]
    counted = {"x-amzn-bedrock-input-token-count": str(_tokens(texts))}
    return {"embeddings": rows, "texts": texts, "response_type": "embeddings_floats"}, counted


def _tokens(texts: Sequence[str]) -> int:
    return sum(max(1, -(-len(text) // _CHARS_PER_TOKEN)) for text in texts)


def _packed(row: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(row)}f", *row)).decode()
