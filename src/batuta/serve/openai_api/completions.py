"""Chat completions: the request as it comes, the answer whole and in pieces.

Source: OpenAI's API description, ``CreateChatCompletionResponse`` and its stream, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from batuta.core.model import Usage
from batuta.serve.http.problems import Answer
from batuta.serve.openai_api.asked import Asked, Talk, flag, form_of, table_field, wishes
from batuta.serve.openai_api.exchange import Told, facts, sse
from batuta.serve.openai_api.problems import error_body, refuse

_READ = frozenset((
    "model", "messages", "stream", "stream_options", "response_format", "metadata", "store",
    "include_reasoning", "safety_identifier", "prompt_cache_key",
))  # fmt: skip
_DONE = b"data: [DONE]\n\n"


def read_completion(body: Mapping[str, Any], *, style: str, settable: Sequence[str]) -> Asked:
    """Read a request for a chat completion.

    Raises:
        Refused: It is malformed, or asks for what cannot be honoured.
    """
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        refuse("messages must be a list with at least one message.", param="messages")
    talk = Talk("messages")
    for place, each in enumerate(cast("list[Any]", messages)):
        if not isinstance(each, dict):
            refuse("A message must be an object.", param=f"messages[{place}]")
        said = cast("dict[str, Any]", each)
        talk.add(str(said.get("role")), said.get("content"), f"messages[{place}]")
    before, question = talk.parted()
    streams = flag(body, "stream")
    options = table_field(body, "stream_options")
    if options and not streams:
        refuse("stream_options go with stream: true.", param="stream_options")
    ignored, settings = wishes(body, _READ, settable)
    return Asked(
        style=style,
        model=str(body["model"]),
        talk=before,
        question=question,
        streams=streams,
        form=form_of(table_field(body, "response_format"), "json_schema", "response_format"),
        shows_usage=flag(options, "include_usage"),
        shows_decisions=flag(body, "include_reasoning"),
        ignored=(*ignored, *talk.ignored),
        settings=settings,
        attachments=talk.attachments,
        raw=body,
    )


@dataclass(slots=True)
class Completion:
    """The answer to one request for a chat completion."""

    asked: Asked
    created: int
    _id: str = ""

    def whole(self, told: Told) -> Mapping[str, Any]:
        """Make the plain answer."""
        message: dict[str, Any] = {
            "role": "assistant",
            "content": told.content,
            "refusal": None,
            "annotations": [],
        }
        if self.asked.shows_decisions:
            decided = (e for e in told.record.events if e.kind == "decision")
            message["reasoning_content"] = "".join(f"{e.by}: {e.name}\n" for e in decided)
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _why(told)}
        return {
            **self._head(told.record.run_id, "chat.completion"),
            "choices": [choice],
            "usage": usage_of(told.usage),
            "batuta": facts(told),
        }

    def begin(self, run_id: str) -> bytes:
        """Open a stream."""
        self._id = run_id
        return self._chunk({"role": "assistant", "content": "", "refusal": None})

    def text(self, piece: str) -> bytes:
        """Go on with the answer."""
        return self._chunk({"content": piece})

    def decision(self, text: str) -> bytes:
        """Tell who decided what, where the client asked."""
        return self._chunk({"reasoning_content": text}) if self.asked.shows_decisions else b""

    def end(self, told: Told) -> bytes:
        """Close a stream."""
        last = self._chunk({}, _why(told), batuta=facts(told))
        if self.asked.shows_usage:
            head = self._head(self._id, "chat.completion.chunk")
            last += sse({**head, "choices": [], "usage": usage_of(told.usage)})
        return last + _DONE

    def failed(self, answer: Answer) -> bytes:
        """Close a stream with an error: clients take an unknown reason to finish for a good one."""
        return sse(error_body(answer)) + _DONE

    def _chunk(self, delta: Mapping[str, Any], why: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": why}
        head = self._head(self._id, "chat.completion.chunk")
        none = {"usage": None} if self.asked.shows_usage else {}
        return sse({**head, "choices": [choice], **none, **more})

    def _head(self, run_id: str, kind: str) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{run_id.partition('_')[2]}",
            "object": kind,
            "created": self.created,
            "model": self.asked.model,
            "system_fingerprint": "batuta",
        }


def _why(told: Told) -> str:
    return "length" if told.record.stop_reason == "length" else "stop"


def usage_of(usage: Usage) -> dict[str, Any]:
    """Make the token counts."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
