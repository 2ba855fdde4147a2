"""Responses: the request as it comes, the answer whole and as events.

Source: OpenAI's API description and the types of openai-python 3.57, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from batuta.core.message import Message
from batuta.core.model import Usage
from batuta.serve.http.problems import Answer
from batuta.serve.openai_api.asked import Asked, Talk, flag, form_of, table_field, wishes
from batuta.serve.openai_api.exchange import Told, facts, sse
from batuta.serve.openai_api.problems import error_body, refuse

_READ = frozenset((
    "model", "input", "stream", "stream_options", "text", "metadata", "store", "conversation",
    "previous_response_id", "safety_identifier", "prompt_cache_key", "reasoning",
))  # fmt: skip
_ECHOED: Mapping[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "safety_identifier": None,
    "temperature": 1.0,
    "tool_choice": "auto",
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
_NOT_SAID = ("reasoning", "function_call", "function_call_output", "item_reference")
_MOST_FACTS = 16


def read_response(body: Mapping[str, Any], *, style: str, settable: Sequence[str]) -> Asked:
    """Read a request for a response.

    Raises:
        Refused: It is malformed, or asks for what cannot be honoured.
    """
    talk = Talk("input")
    read_input(body.get("input"), talk)
    before, question = talk.parted()
    text = table_field(body, "text")
    reasoning = table_field(body, "reasoning")
    known = {name: value for name, value in body.items() if value not in ([], "")}
    ignored, settings = wishes(known, _READ, settable)
    return Asked(
        style=style,
        model=str(body["model"]),
        talk=before,
        question=question,
        streams=flag(body, "stream"),
        form=form_of(table_field(text, "format"), "", "text.format"),
        shows_decisions=reasoning.get("summary") is not None,
        ignored=(*ignored, *talk.ignored),
        settings=settings,
        attachments=talk.attachments,
        raw=body,
    )


def read_input(given: Any, talk: Talk) -> None:
    """Read the input: text, or a list of items.

    Raises:
        Refused: It is something else, or an item is no message that can be read.
    """
    if isinstance(given, str):
        talk.add("user", given, "input")
        return
    if not isinstance(given, list):
        refuse("input must be text or a list of items.", param="input")
    for place, each in enumerate(cast("list[Any]", given)):
        where = f"input[{place}]"
        item = cast("dict[str, Any]", each) if isinstance(each, dict) else {}
        kind = item.get("type", "message")
        if kind in _NOT_SAID:
            talk.ignored.append(f"input[{kind}]")
        elif kind == "message":
            talk.add(str(item.get("role")), item.get("content"), where)
        else:
            refuse("An item must be a message.", param=f"{where}.type", code="unsupported_content")


@dataclass(slots=True)
class ResponseFormat:
    """The answer to one request for a response.

    Args:
        conversation: That it belongs to; empty for none.
    """

    asked: Asked
    created: int
    conversation: str = ""
    _id: str = ""
    _count: int = 0
    _said: list[str] = field(default_factory=list[str])
    _decided: list[str] = field(default_factory=list[str])
    _open: bool = False

    def whole(self, told: Told) -> Mapping[str, Any]:
        """Make the plain answer."""
        self._id = told.record.run_id
        decided = [f"{e.by}: {e.name}\n" for e in told.record.events if e.kind == "decision"]
        self._decided = decided if self.asked.shows_decisions else []
        return self._response(told)

    def begin(self, run_id: str) -> bytes:
        """Open a stream."""
        self._id = run_id
        begun = self._response()
        return self._event("created", response=begun) + self._event("in_progress", response=begun)

    def text(self, piece: str) -> bytes:
        """Go on with the answer."""
        opened = b"" if self._open else self._begin_message()
        self._said.append(piece)
        return opened + self._at("output_text.delta", delta=piece, logprobs=[])

    def decision(self, text: str) -> bytes:
        """Gather who decided what, where the client asked: it stands before the message."""
        if self.asked.shows_decisions and not self._open:
            self._decided.append(text)
        return b""

    def end(self, told: Told) -> bytes:
        """Close a stream with its answer."""
        made = b"" if self._open else self._begin_message()
        text = "".join(self._said)
        made += self._at("output_text.done", text=text, logprobs=[])
        made += self._at("content_part.done", part=_part(text))
        place = len(self._items_before())
        made += self._event("output_item.done", output_index=place, item=self._message(text))
        response = self._response(told)
        return made + self._event(response["status"], response=response)

    def failed(self, answer: Answer) -> bytes:
        """Close a stream with an error."""
        error = error_body(answer)["error"]
        code = "rate_limit_exceeded" if answer.status == 429 else "server_error"
        response = {
            **self._response(),
            "status": "failed",
            "error": {"code": code, "message": error["message"]},
        }
        return self._event("failed", response=response)

    def _begin_message(self) -> bytes:
        self._open = True
        made = b""
        for place, item in enumerate(self._items_before()):
            opened: dict[str, Any] = {**item, "summary": [], "status": "in_progress"}
            made += self._event("output_item.added", output_index=place, item=opened)
            made += self._event("output_item.done", output_index=place, item=item)
        begun: dict[str, Any] = {**self._message(""), "content": [], "status": "in_progress"}
        place = len(self._items_before())
        made += self._event("output_item.added", output_index=place, item=begun)
        return made + self._at("content_part.added", part=_part(""))

    def _items_before(self) -> list[dict[str, Any]]:
        if not self._decided:
            return []
        summary = [{"type": "summary_text", "text": "".join(self._decided)}]
        return [
            {
                "id": f"rs_{self._suffix}",
                "type": "reasoning",
                "status": "completed",
                "summary": summary,
            }
        ]

    def _message(self, text: str) -> dict[str, Any]:
        return {
            "id": f"msg_{self._suffix}",
            "type": "message",
            "status": "completed",
            "role": "assistant",
            "content": [_part(text)],
        }

    @property
    def _suffix(self) -> str:
        return self._id.partition("_")[2]

    def _at(self, kind: str, **fields: Any) -> bytes:
        place = {"item_id": f"msg_{self._suffix}", "content_index": 0}
        return self._event(kind, output_index=len(self._items_before()), **place, **fields)

    def _event(self, kind: str, **fields: Any) -> bytes:
        self._count += 1
        name = f"response.{kind}"
        return sse({"type": name, "sequence_number": self._count - 1, **fields}, name)

    def _response(self, told: Told | None = None) -> dict[str, Any]:
        raw = self.asked.raw
        cut = told is not None and told.record.stop_reason == "length"
        status = "in_progress" if told is None else "incomplete" if cut else "completed"
        said = [] if told is None else [*self._items_before(), self._message(told.content)]
        return {
            "id": response_id(self._id),
            "object": "response",
            "created_at": self.created,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
            "model": self.asked.model,
            "output": said,
            "reasoning": {"effort": None, "summary": None},
            "service_tier": "default",
            "text": {"format": {"type": "text"}, **table_field(raw, "text")},
            "tools": [],
            "usage": None if told is None else usage_of(told.usage),
            "metadata": _metadata(raw, told),
            "conversation": {"id": self.conversation} if self.conversation else None,
            **{name: _echo(raw, name, value) for name, value in _ECHOED.items()},
        }


def response_id(run_id: str) -> str:
    """Name a response by its run."""
    return f"resp_{run_id.partition('_')[2]}"


def said_again(held: Mapping[str, Any], told: Told) -> Mapping[str, Any]:
    """Make a kept response once more, from its record and what was noted of its request."""
    asked = Asked(
        style=told.record.style,
        model=held["model"],
        talk=(),
        question=told.record.question.text,
        streams=False,
        shows_decisions=held["decisions"],
        raw=held["echo"],
    )
    return ResponseFormat(asked, held["created"], held["conversation"]).whole(told)


def kept_of(asked: Asked, told: Told, *, created: int, conversation: str) -> dict[str, Any]:
    """Give what must be noted of a request so that its response can be made once more."""
    echo = {k: asked.raw[k] for k in (*_ECHOED, "metadata", "text") if k in asked.raw}
    return {
        **told.stands,
        "run_id": told.record.run_id,
        "model": asked.model,
        "created": created,
        "conversation": conversation,
        "decisions": asked.shows_decisions,
        "content": told.content,
        "echo": echo,
    }


def _echo(raw: Mapping[str, Any], name: str, value: Any) -> Any:
    given = raw.get(name)
    plain = isinstance(given, str | int | float) and type(given) is not complex
    return given if plain else value


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _metadata(raw: Mapping[str, Any], told: Told | None) -> dict[str, str]:
    own = {str(k): str(v) for k, v in table_field(raw, "metadata").items()}
    if told is None:
        return own
    more = {f"batuta_{k}": str(v) for k, v in facts(told).items() if isinstance(v, str | bool)}
    room = max(0, _MOST_FACTS - len(own))
    return {**dict(list(more.items())[:room]), **own}


def usage_of(usage: Usage) -> dict[str, Any]:
    """Make the token counts."""
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cached_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.total_tokens,
    }


def item_of(message: Message) -> dict[str, Any]:
    """Show what was said as an item of a conversation."""
    user = message.role == "user"
    part = {"type": "input_text", "text": message.text} if user else _part(message.text)
    return {
        "id": message.id,
        "type": "message",
        "status": "completed",
        "role": message.role,
        "content": [part],
    }
