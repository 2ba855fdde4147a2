"""What of a request counts when it is compared with a recorded one.

Counts: each message's role, text, calls and results, in order; tools and output schema with every
word of theirs; settings. Ignored: ids of messages and of tool calls, a message's ``data`` and
``metadata`` (no model sees them), how JSON is spaced and in which order its keys stand,
``max_output_tokens`` (it follows from what is left of a budget), caching and headers, the model's
name, and whatever
matches ``VOLATILE``: the same pattern's texts must only stand in the same places. "Now:" counts: it
decides what "tomorrow" is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

from batuta.core.message import Message, ToolCall
from batuta.core.model import ModelRequest, OutputSchema, ToolSchema
from batuta.core.redaction import hidden, masked

VOLATILE = (
    r"\b[a-z]{2,10}_[0-9a-f]{24}\b",
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
    r"\b[A-Z]{2,4}-[0-9A-Z]{5}-[0-9A-Z]{5}\b",
)
"""Ids that differ from run to run: ours (``run_5f0c…``), UUIDs, confirmation numbers of letters and
digits (``BK-7Q2M4-X09TZ``)."""

_HOLDER = re.compile(r"<id \d+>")
_SECRET = "[secret]"  # noqa: S105 - the mask itself


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """A request without what is ignored, in parts of JSON text; the order of keys is no difference.

    Args:
        ids: Placeholder to the text that stood there in this request; not compared.
    """

    messages: tuple[str, ...]
    tools: tuple[str, ...] = ()
    output: str = ""
    settings: str = ""
    ids: Mapping[str, str] = field(default_factory=dict[str, str])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Content) and self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash(self._compared())

    def _compared(self) -> tuple[object, ...]:
        parts = ((*self.messages,), (*self.tools,), (self.output or "null",))
        return (self.settings, *(tuple(map(_in_order, part)) for part in parts))

    def lines(self) -> list[str]:
        """Write it in lines for people, to be compared."""
        made: list[str] = []
        for message in map(json.loads, self.messages):
            made += _said(message)
        for tool in map(json.loads, self.tools):
            made += [f"tool {tool['name']}:", *_indented(tool["description"])]
            made += _indented(_shown(tool["parameters"]))
        if self.output:
            made += ["output:", *_indented(_shown(json.loads(self.output)))]
        if self.settings:
            made += [f"{name}: {value}" for name, value in json.loads(self.settings).items()]
        return made


def settings_text(settings: Mapping[str, Any]) -> str:
    """Write those settings that decide what a model says; empty where there are none."""
    counts = {name: settings[name] for name in sorted(settings) if name not in _UNCOUNTED}
    return _written(counts) if counts else ""


_UNCOUNTED = ("max_output_tokens", "caching", "extra_headers")


@dataclass(frozen=True, slots=True)
class Reader:
    """Makes the content of requests.

    Args:
        secrets: Texts to mask wherever they stand, beside those that look like secrets.
        volatile: Patterns of texts that differ from run to run.
    """

    secrets: Sequence[str] = ()
    volatile: Sequence[str] = VOLATILE

    def content(self, request: ModelRequest) -> Content:
        """Take out of a request what counts."""
        veil = Veil(self)
        return Content(
            tuple(_written(each) for each in _messages(request.messages, veil)),
            tuple(_written(_tool(tool, veil)) for tool in request.tools),
            "" if request.output is None else _written(_output(request.output, veil)),
            settings_text(request.settings.to_json()),
            {holder: text for text, holder in veil.holders.items()},
        )

    def veil(self, content: Content) -> Veil:
        """Give the veil of a reply: ids that its request held are replaced, others stay."""
        return Veil(self, {text: holder for holder, text in content.ids.items()}, closed=True)


class Veil:
    """Masks secrets, and puts numbered placeholders where volatile texts stood.

    Args:
        holders: Text to placeholder.
        closed: Leave texts alone that have no placeholder yet.
    """

    def __init__(
        self, reader: Reader, holders: dict[str, str] | None = None, *, closed: bool = False
    ) -> None:
        self.holders = holders or {}
        self._closed = closed
        self._secrets = [secret for secret in reader.secrets if secret]
        self._pattern = re.compile("|".join(f"(?:{p})" for p in reader.volatile) or r"(?!)")

    def text(self, text: str) -> str:
        """Veil a text."""
        for secret in self._secrets:
            text = hidden(secret, text)
        return self._pattern.sub(self._hold, masked(text))

    def data(self, value: Any) -> Any:
        """Veil every text in JSON-able data, and what stands under a name such as ``api_key``."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            pairs = cast("Mapping[str, Any]", value).items()
            return {k: _SECRET if _is_secret(k, v) else self.data(v) for k, v in pairs}
        if isinstance(value, list | tuple):
            return [self.data(each) for each in cast("Sequence[Any]", value)]
        return value

    def _hold(self, found: re.Match[str]) -> str:
        text = found[0]
        if self._closed:
            return self.holders.get(text, text)
        return self.holders.setdefault(text, f"<id {len(self.holders) + 1}>")


def filled(value: Any, ids: Mapping[str, str]) -> Any:
    """Put texts in the place of placeholders, in a text or in JSON-able data."""
    if isinstance(value, str):
        return _HOLDER.sub(lambda found: ids.get(found[0], found[0]), value)
    if isinstance(value, dict):
        return {k: filled(v, ids) for k, v in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [filled(each, ids) for each in cast("list[Any]", value)]
    return value


def calls_json(calls: Iterable[ToolCall], veil: Veil) -> list[dict[str, Any]]:
    """Write calls without their ids."""
    made: list[dict[str, Any]] = []
    for call in calls:
        wish: dict[str, Any] = {"name": call.name, "arguments": veil.data(dict(call.arguments))}
        if call.invalid is not None:
            wish = {"name": call.name, "invalid": veil.text(call.invalid)}
        made.append(wish)
    return made


def _messages(messages: Sequence[Message], veil: Veil) -> Iterable[dict[str, Any]]:
    open_calls: list[ToolCall] = []
    for message in messages:
        made: dict[str, Any] = {"role": message.role}
        if message.role == "tool":
            made["answers"] = _place(message.call_id, open_calls)
            made |= {"tool": message.name} if message.name else {}
            made |= _result(message.text, veil)
        elif message.text or not message.tool_calls:
            made["text"] = veil.text(message.text)
        if message.tool_calls:
            open_calls = list(message.tool_calls)
            made["calls"] = calls_json(message.tool_calls, veil)
        yield made


def _place(call_id: str | None, calls: Sequence[ToolCall]) -> int:
    """Say which of the last turn's calls is answered, from 1; 0 where none is."""
    return next((n for n, call in enumerate(calls, 1) if call.id == call_id), 0)


def _result(text: str, veil: Veil) -> dict[str, Any]:
    try:
        read: Any = json.loads(text)
    except ValueError:
        return {"text": veil.text(text)}
    return {"result": veil.data(read)} if isinstance(read, dict | list) else {"text": text}


def _tool(tool: ToolSchema, veil: Veil) -> dict[str, Any]:
    return veil.data(
        {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    )


def _output(output: OutputSchema, veil: Veil) -> dict[str, Any]:
    made = {"name": output.name, "description": output.description, "schema": dict(output.schema)}
    return veil.data(made)


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


@lru_cache(maxsize=4_096)
def _in_order(text: str) -> str:
    """Write JSON text with its keys sorted: libraries and wires put them in orders of their own."""
    return json.dumps(json.loads(text), sort_keys=True)


def _is_secret(name: object, value: object) -> bool:
    return isinstance(value, str) and masked(f"{name}=x") == _SECRET


def _said(message: Mapping[str, Any]) -> list[str]:
    role = message["role"]
    made: list[str] = []
    if "text" in message:
        made += [f"{role}:", *_indented(message["text"])]
    if "result" in message:
        made += [f"{role} {message.get('tool', '')}:", *_indented(_shown(message["result"]))]
    for call in message.get("calls", ()):
        arguments = json.dumps(call.get("arguments"), ensure_ascii=False, sort_keys=True)
        given = call.get("invalid", arguments)
        made.append(f"{role} calls {call['name']} {given}")
    return made


def _shown(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)


def _indented(text: str) -> list[str]:
    return [f"  {line}".rstrip() for line in text.splitlines() or [""]]
