"""OpenAI's Responses.

Source: https://platform.openai.com/docs/api-reference/responses and /responses-streaming, read
2025-11.
"""

from __future__ import annotations

from collections.abc import Mapping

from batuta.core.message import Message
from batuta.core.model import OUTPUT_TOKENS, ModelReply, ToolSchema
from batuta.standin import formats
from batuta.standin.failures import invalid
from batuta.standin.json_node import JsonNode, text_only, written_call
from batuta.standin.openai_shapes import (
    check_strict,
    choice_of,
    content_of,
    fail,
    headers,
    json_format,
    request_of,
    shown_in,
    with_call,
)
from batuta.standin.prompt_cache import openai_blocks
from batuta.standin.responses_events import Events, framed, response, spoken, thought
from batuta.standin.thoughts import check_responses

_PARTS = {"input_text": "text", "output_text": "text", "text": "text", "refusal": "refusal"}


def read(body: JsonNode, _path: Mapping[str, str]) -> formats.ClientRequest:
    """Read a request."""
    model = body["model"].text()
    _no_memory(body)
    if body["metadata"].there:
        body["metadata"].fields()
    messages: list[Message] = []
    if body["instructions"].there:
        messages.append(Message.system(body["instructions"].text()))
    given = body["input"]
    if given.is_text:
        messages.append(Message.user(given.text()))
    else:
        for item in given.each() or [JsonNode(None, "input")]:
            _take(messages, item)
    text = body["text"]
    offer = formats.offered(
        [_tool(each) for each in body["tools"].each()],
        choice_of(body["tool_choice"], None),
        json_format(text["format"] if text.there else text, None),
    )
    most = body["max_output_tokens"].count(OUTPUT_TOKENS)
    return request_of(body, messages, offer, model=model, most_tokens=most)


def _no_memory(body: JsonNode) -> None:
    before = body["previous_response_id"]
    if before.there:
        raise invalid(f"Previous response with id '{before.text()}' not found.", before.where)
    for name in ("conversation", "background", "prompt"):
        if body[name].there and body[name].value is not False:
            raise invalid(f"This stand-in keeps nothing: leave '{name}' out.", name)


def _tool(node: JsonNode) -> ToolSchema:
    kind = node["type"].text()
    if kind != "function":
        raise invalid(f"Invalid value: '{kind}' in '{node.where}.type'. It takes functions only.")
    if node["strict"].flag():
        check_strict(node["parameters"].fields(), node["parameters"].where)
    return formats.tool(node["name"], node["description"], node["parameters"])


def _take(messages: list[Message], item: JsonNode) -> None:
    kind = item["type"].text("message")
    if kind == "message":
        messages.append(_message(item))
    elif kind == "function_call":
        call = written_call(item["call_id"].text(), item["name"].text(), item["arguments"].text())
        with_call(messages, call)
    elif kind == "function_call_output":
        given = item["output"]
        said = content_of(given, _PARTS, shown=True)
        result = Message("tool", said, call_id=item["call_id"].text(), parts=shown_in(given))
        messages.append(result)
    elif kind != "reasoning":
        raise text_only(item["type"], kind)


def _message(item: JsonNode) -> Message:
    role = item["role"].text()
    if not item["content"].there:
        raise item["content"].wrong("a string or an array")
    said = content_of(item["content"], _PARTS, shown=role == "user")
    if role in ("system", "developer"):
        return Message.system(said)
    if role == "assistant":
        return Message.assistant(said)
    if role != "user":
        raise invalid(f"Invalid value: '{role}' in '{item.where}.role'.", f"{item.where}.role")
    return Message.user(said).attaching(*shown_in(item["content"]))


def whole(asked: formats.ClientRequest, stamp: formats.Stamp, reply: ModelReply) -> formats.Json:
    """Make a plain reply."""
    output = [*thought(asked, stamp), *spoken(reply, stamp)]
    return response(asked, stamp, output=output, reply=reply)


FORMAT = formats.WireFormat(
    read=read,
    whole=whole,
    telling=Events,
    framed=framed,
    stream_type="text/event-stream; charset=utf-8",
    headers=headers,
    fail=fail,
    blocks=openai_blocks,
    id_prefix="resp_",
    given_back=check_responses,
)
