"""The stand-in model itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from batuta.core.identity_cache import cached_by_identity
from batuta.core.message import ToolCall
from batuta.core.model import Emit, ModelReply, ModelRequest, Usage, ignore
from batuta.errors import InvalidInput
from batuta.offline.choose import choose
from batuta.offline.extract import extract
from batuta.offline.loop import NextStep, next_step
from batuta.offline.prose import write_prose

CHARACTERS_PER_TOKEN = 4
"""Source: help.openai.com, "What are tokens and how to count them", read 2025-11."""


def _tokens(characters: int) -> int:
    return -(-characters // CHARACTERS_PER_TOKEN)


def _input_characters(request: ModelRequest) -> int:
    texts = sum(
        len(m.text) + sum(len(str(c.arguments)) for c in m.tool_calls) for m in request.messages
    )
    tools = sum(
        len(t.name) + len(t.description) + _schema_characters(t.parameters) for t in request.tools
    )
    return texts + tools + (_schema_characters(request.output.schema) if request.output else 0)


@cached_by_identity
def _schema_characters(schema: Mapping[str, Any]) -> int:
    return len(json.dumps(dict(schema), default=str))


class OfflineModel:
    """Answers by fixed rules for English, from the request alone.

    It knows no tool and no application by name, reads "now" from the system messages' ``Now:``
    line, and answers the same request always in the same way. Every reply is marked as a stand-in.
    """

    @property
    def name(self) -> str:
        """The name, as ``provider:model``."""
        return "offline:rules"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Answer the request; give the text to ``emit`` word by word.

        Raises:
            InvalidInput: Images or files came with the user's last words: it sees none, and acts on
                nothing that it understood in part.
        """
        _check_words_alone(request)
        if request.output is not None:
            output = _fill(request, request.output.schema)
            return self._finish(request, json.dumps(output), emit, output=output)
        if request.tools:
            return self._stepped(request, next_step(request), emit)
        instructions = " ".join(m.text for m in request.messages if m.role == "system")
        said = [m.text for m in request.messages if m.role in ("user", "tool")]
        return self._finish(request, write_prose(instructions, said), emit)

    def _stepped(self, request: ModelRequest, step: NextStep, emit: Emit) -> ModelReply:
        if not step.name:
            return self._finish(request, step.text, emit)
        number = sum(len(m.tool_calls) for m in request.messages) + 1
        call = ToolCall(f"call_{number}", step.name, step.arguments or {})
        written = len(call.name) + len(json.dumps(step.arguments or {}))
        return ModelReply(
            tool_calls=(call,),
            usage=Usage(_tokens(_input_characters(request)), _tokens(written)),
            stop_reason="tool_calls",
            model=self.name,
            stand_in=True,
        )

    def _finish(
        self,
        request: ModelRequest,
        text: str,
        emit: Emit,
        *,
        output: Mapping[str, Any] | None = None,
    ) -> ModelReply:
        words = text.split(" ")
        for place, word in enumerate(words):
            emit(word if place == len(words) - 1 else f"{word} ")
        return ModelReply(
            text=text,
            output=output,
            usage=Usage(_tokens(_input_characters(request)), _tokens(len(text))),
            model=self.name,
            stand_in=True,
        )


def _check_words_alone(request: ModelRequest) -> None:
    for message in reversed(request.messages):
        if message.role != "user":
            continue
        if message.parts and message.attachments:
            shown = message.attachments[0].described()
            raise InvalidInput(
                f"offline:rules is a stand-in and sees no images or files, such as {shown}",
                "Say it in words, or choose a real model.",
            )
        return


def _fill(request: ModelRequest, schema: Mapping[str, Any]) -> dict[str, Any]:
    names = schema.get("properties", {})
    return choose(request, schema) if "option_id" in names else extract(request, schema)
