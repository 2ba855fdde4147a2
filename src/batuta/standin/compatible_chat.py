"""Chat Completions as another server speaks it: OpenAI's, with that server's habits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from batuta.core.message import ToolCall
from batuta.core.model import STAND_IN_SUFFIX, ModelReply, StopReason, Usage
from batuta.standin import formats, openai_chat
from batuta.standin.compatible_errors import check_back, failing, filtered
from batuta.standin.failures import invalid
from batuta.standin.frames import sse
from batuta.standin.habits import Habits
from batuta.standin.json_node import JsonNode, array_in, object_in
from batuta.standin.openai_shapes import headers
from batuta.standin.thoughts import signature_of

_STOPS: Mapping[StopReason, str] = {
    "end": "stop", "tool_calls": "tool_calls", "length": "length", "refused": "content_filter",
}  # fmt: skip
_SAFE = {
    name: {"filtered": False, "severity": "safe"}
    for name in ("hate", "self_harm", "sexual", "violence")
}
_PROMPT = [{"prompt_index": 0, "content_filter_results": _SAFE}]


def format_of(habits: Habits) -> formats.WireFormat:
    """Make the format of a server with these habits."""

    def read(body: JsonNode, path: Mapping[str, str]) -> formats.ClientRequest:
        raw = dict(body.fields())
        if habits.ignores_choice:
            raw.pop("tool_choice", None)
        if habits.alternates:
            _check_sides(raw)
        return openai_chat.read(JsonNode(raw), path)

    def whole(
        asked: formats.ClientRequest, stamp: formats.Stamp, reply: ModelReply
    ) -> formats.Json:
        return _Reply(habits, asked, stamp).whole(reply)

    def telling(asked: formats.ClientRequest, stamp: formats.Stamp) -> formats.EventWriter:
        return _Chunks(_Reply(habits, asked, stamp))

    def framed(event: formats.WireEvent | None) -> bytes:
        if event is None:
            return b"data: [DONE]\n\n"
        if event.name == _COMMENT:
            return f": {habits.comment}\n\n".encode()
        return sse(event.payload)

    return formats.WireFormat(
        read=read,
        whole=whole,
        telling=telling,
        framed=framed,
        stream_type="text/event-stream",
        headers=headers,
        fail=failing(habits),
        id_prefix="chatcmpl-",
        given_back=check_back(habits),
    )


_COMMENT = "comment"


def _check_sides(raw: Mapping[str, Any]) -> None:
    """See that instructions stand first, and sides take turns, as chat templates do.

    Raises:
        Rejected: They don't.
    """
    roles = [
        str((object_in(each) or {}).get("role")) for each in array_in(raw.get("messages")) or []
    ]
    if "system" in roles[1:]:
        raise invalid("System message must be at the beginning.")
    said = [role for role in roles if role != "system"]
    for one, two in pairwise(said):
        if one == two and one != "tool":
            raise invalid("Conversation roles must alternate user/assistant/user/assistant/...")


class _Reply:
    """What is said of one reply, in a server's way."""

    def __init__(self, habits: Habits, asked: formats.ClientRequest, stamp: formats.Stamp) -> None:
        self.habits, self.asked, self._stamp = habits, asked, stamp
        self.told = habits.usage != "asked" or openai_chat.counted(JsonNode(asked.raw))
        self.fenced = habits.fences and asked.request.output is not None

    @property
    def thoughts(self) -> str:
        """What was thought."""
        return self._stamp.thoughts

    def head(self, kind: str) -> dict[str, Any]:
        """Make what stands in a reply and in each chunk of it."""
        return {
            "id": self._stamp.id,
            "object": kind,
            "created": self._stamp.created,
            "model": self._stamp.model_of(self.asked),
            **self.habits.reply,
            **({"service_tier": self._stamp.tier} if self._stamp.tier else {}),
        }

    def choice(self, finish: str | None) -> dict[str, Any]:
        """Make what stands in every choice."""
        filters = {"content_filter_results": _SAFE} if self.habits.filters else {}
        more = {name: value if finish else None for name, value in self.habits.choice.items()}
        return {"index": 0, "logprobs": None, "finish_reason": finish, **more, **filters}

    def thinking(self, piece: str) -> dict[str, Any]:
        """Make the fields of a piece of thoughts."""
        made: dict[str, Any] = dict.fromkeys(self.habits.fields, piece)
        if self.habits.details:
            made["reasoning_details"] = [
                {"type": "reasoning.text", "text": piece, "format": "unknown", "index": 0}
            ]
        return made

    def opened(self) -> str:
        """Give what stands before the text, of thoughts that have no field and of a fence."""
        tags = {"tags": "<think>\n{}\n</think>\n\n", "lone_tag": "{}\n</think>\n\n"}
        place = tags.get(self.habits.thoughts, "")
        thoughts = place.format(self.thoughts) if self.thoughts and place else ""
        return thoughts + ("```json\n" if self.fenced else "")

    def closed(self) -> str:
        """Give what stands after the text."""
        return "\n```" if self.fenced else ""

    def wish(self, place: int, call: ToolCall) -> dict[str, Any]:
        """Make a call, whole."""
        arguments = formats.arguments_of(call)
        made: dict[str, Any] = {
            "id": formats.call_id(call, self.habits.call_id),
            "type": "function",
            "function": {"name": call.name, "arguments": arguments},
        }
        if self.habits.signs_calls and self.thoughts and not place:
            signature = signature_of(f"{call.name} {_sorted(arguments)}")
            made["extra_content"] = {"google": {"thought_signature": signature}}
        return made

    def usage(self, usage: Usage) -> dict[str, Any]:
        """Make the token counts."""
        made = openai_chat.usage_of(usage)
        if self.habits.apart:
            made["completion_tokens"] -= usage.reasoning_tokens
        if self.habits.counts_hits:
            made["prompt_cache_hit_tokens"] = usage.cached_tokens
            made["prompt_cache_miss_tokens"] = usage.input_tokens - usage.cached_tokens
        if self.habits.details_null:
            return {**made, "prompt_tokens_details": None, "completion_tokens_details": None}
        return made

    def whole(self, reply: ModelReply) -> formats.Json:
        """Make a plain reply.

        Raises:
            Rejected: This server turns a refusal away.
        """
        filtered(self.habits, reply)
        text = self.opened() + reply.text + self.closed() if reply.text else ""
        message: dict[str, Any] = {"role": "assistant", "content": text or None}
        if self.thoughts and self.habits.fields:
            message |= self.thinking(self.thoughts)
        if reply.tool_calls:
            message["tool_calls"] = [self.wish(n, c) for n, c in enumerate(reply.tool_calls)]
        prompt = {"prompt_filter_results": _PROMPT} if self.habits.filters else {}
        return {
            **self.head("chat.completion"),
            "choices": [{**self.choice(_STOPS[reply.stop_reason]), "message": message}],
            "usage": self.usage(reply.usage),
            **prompt,
        }


def _sorted(arguments: str) -> str:
    """Write arguments in one way, however they were written."""
    try:
        return json.dumps(json.loads(arguments), sort_keys=True)
    except ValueError:
        return arguments


class _Chunks:
    """Tells one reply as a stream."""

    def __init__(self, reply: _Reply) -> None:
        self._reply, self._habits = reply, reply.habits
        self._said = 0

    def begin(self) -> list[formats.WireEvent]:
        events: list[formats.WireEvent] = []
        if self._habits.comment:
            events.append(formats.WireEvent(_COMMENT, {}))
        if self._habits.filters:
            first = {**self._reply.head(""), "choices": (), "prompt_filter_results": _PROMPT}
            events.append(formats.WireEvent("", first))
        events.append(self._delta({"role": "assistant", "content": ""}))
        if self._reply.thoughts and self._habits.fields:
            pieces = map(self._reply.thinking, formats.pieces_of(self._reply.thoughts))
            events += [self._delta({"content": None, **piece}) for piece in pieces]
        return events

    def text(self, piece: str) -> list[formats.WireEvent]:
        before = "" if self._said else self._reply.opened()
        self._said += len(piece)
        pieces = [*formats.pieces_of(before, 7), piece]
        return [self._delta({"content": each}) for each in pieces]

    def end(self, reply: ModelReply) -> list[formats.WireEvent]:
        filtered(self._habits, reply, begun=bool(self._said))
        events: list[formats.WireEvent] = []
        if reply.stop_reason == "refused" and not self._said and reply.text:
            events += self.text(reply.text)
        if self._said and self._reply.closed():
            events.append(self._delta({"content": self._reply.closed()}))
        for place, call in enumerate(reply.tool_calls):
            events += self._wish(place, call)
        last = self._delta({}, _STOPS[reply.stop_reason])
        counts = self._reply.usage(reply.usage)
        if self._habits.usage == "each":
            return [*self._counting(events, counts), self._with(last, counts)]
        if not self._reply.told:
            return [*events, last]
        if self._habits.usage == "always":  # in the chunk with the reason, beside the choice
            return [*events, self._with(last, counts)]
        told = {**self._reply.head("chat.completion.chunk"), "choices": (), "usage": counts}
        return [*events, last, formats.WireEvent("", told)]

    def failed(self, failure: formats.WireFailure) -> list[formats.WireEvent]:
        body = failing(self._habits)(failure).body
        held = object_in(body) or object_in((array_in(body) or [None])[0]) or {}
        return [formats.WireEvent("", dict(held))]

    def _wish(self, place: int, call: ToolCall) -> Sequence[formats.WireEvent]:
        index, made = place if self._habits.numbered else 0, self._reply.wish(place, call)
        if self._habits.whole_calls:
            return [self._delta({"tool_calls": [{"index": index, **made}]})]
        function: dict[str, str] = made["function"]
        first = {"index": index, **made, "function": {**function, "arguments": ""}}
        pieces = [
            {"index": index, "function": {"arguments": piece}}
            for piece in formats.pieces_of(function["arguments"])
        ]
        return [self._delta({"tool_calls": [each]}) for each in (first, *pieces)]

    @staticmethod
    def _counting(
        events: Sequence[formats.WireEvent], counts: Mapping[str, Any]
    ) -> list[formats.WireEvent]:
        """Tell in each chunk what was used so far."""
        made: list[formats.WireEvent] = []
        for place, event in enumerate(events):
            so_far = {**counts, "completion_tokens": min(place + 1, counts["completion_tokens"])}
            so_far["total_tokens"] = so_far["prompt_tokens"] + so_far["completion_tokens"]
            made.append(_Chunks._with(event, so_far))
        return made

    @staticmethod
    def _with(event: formats.WireEvent, counts: Mapping[str, Any]) -> formats.WireEvent:
        return formats.WireEvent(event.name, {**event.payload, "usage": counts})

    def _delta(self, delta: Mapping[str, Any], finish: str | None = None) -> formats.WireEvent:
        choice = {**self._reply.choice(finish), "delta": delta}
        head = self._reply.head("chat.completion.chunk")
        return formats.WireEvent("", {**head, "choices": [choice]})


def model_card(habits: Habits, name: str) -> dict[str, Any]:
    """Tell of one model; its name says what it is, as everywhere."""
    return {
        "id": name,
        "object": "model",
        "created": 1_735_689_600,
        "owned_by": f"{habits.owner}{STAND_IN_SUFFIX}",
        **habits.listed,
    }
