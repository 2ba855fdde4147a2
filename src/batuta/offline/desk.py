"""What the tools at hand are for: which finds, which acts, which hands the talk over.

A tool with one free-text argument is a specialist: it is asked in plain English instead of being
given arguments. Beyond that only names, descriptions and argument types are looked at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, Literal, cast

from batuta.core.identity_cache import cached_by_identity
from batuta.core.message import Message
from batuta.core.model import ToolSchema
from batuta.offline.options import ListedOption, json_parts, options_in, options_said
from batuta.offline.schema import Field, fields_of
from batuta.offline.when_words import rx

Use = Literal["find", "act", "cancel", "handoff"]
_FREE_TEXT = ("task", "input", "request", "message", "instructions", "prompt", "question")
_ACTS = (
    r"\b(?:book|books|booking|reserve|reserves|borrow|borrows|order|buy|rent|hire|lends?|loans?"
    r"|issue|create|add|make|makes|pay|send"
    r"|register|enrol|schedule|submit|confirm|apply|set|update)\b"
)
_FINDS = (
    r"\b(?:checks?|finds?|search|lists?|look|shows?|get|gives|availability|available|open|which"
    r"|what|tells?)\b"
)
_CANCELS = r"\b(?:cancel|cancels|delete|remove|undo|refund)\b"


@dataclass(frozen=True)
class OfferedTool:
    """One tool, by what it is for."""

    tool: ToolSchema
    use: Use
    fields: tuple[Field, ...]

    @property
    def name(self) -> str:
        """The tool's name."""
        return self.tool.name

    @cached_property
    def free_text(self) -> str | None:
        """The one free-text argument of a specialist, None for a plain tool."""
        strings = [f for f in self.fields if f.kind == "string" and not f.format]
        if len(self.fields) == 1 and strings and self.fields[0].name in _FREE_TEXT:
            return self.fields[0].name
        return None

    @cached_property
    def id_field(self) -> Field | None:
        """The argument that takes another tool's identifier."""
        return next((f for f in self.fields if f.is_id), None)

    @cached_property
    def is_dated(self) -> bool:
        """Whether its work needs a day, by its description."""
        words = r"\b(?:dates?|days?|times?|slots?|when|calendar)\b"
        return bool(rx(words).search(self.tool.description.lower()))

    @cached_property
    def is_timed(self) -> bool:
        """Whether its work needs a time of day, by its description."""
        words = r"\b(?:times?|hours?|slots?|courts?|tables?)\b"
        return bool(rx(words).search(self.tool.description.lower()))

    @cached_property
    def verb(self) -> str:
        """What it does, in one word for a person."""
        words = f"{self.name.replace('_', ' ')} {self.tool.description}".lower()
        found = rx(
            r"\b(?:book|reserve|borrow|lend|order|buy|rent|hire|schedule|register|send|create)"
        ).search(words)
        return found[0] if found else "book" if self.free_text else self.name.split("_")[0]

    @cached_property
    def words(self) -> frozenset[str]:
        """Longer words of its name and description."""
        return _longer_words(f"{self.name.replace('_', ' ')} {self.tool.description}".lower())


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The result of a tool, read.

    Args:
        exact: Whether the options are what was asked for, not near it.
        error: The error that it reports, None where it worked.
    """

    options: tuple[ListedOption, ...] = ()
    exact: bool = True
    note: str = ""
    error: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    text: str = ""


def _use(tool: ToolSchema, fields: Sequence[Field]) -> Use:
    name = tool.name.replace("_", " ").lower()
    opening = f"{name}. {tool.description.lower().split('.')[0]}"
    if tool.name.startswith("transfer_to_"):
        return "handoff"
    if rx(_CANCELS).search(name):
        return "cancel"
    if any(f.is_id and f.required for f in fields) and not rx(_FINDS).search(name):
        return "act"
    finds, acts = rx(_FINDS).search(opening), rx(_ACTS).search(opening)
    if rx(_FINDS).search(name) or (finds and (not acts or finds.start() < acts.start())):
        return "find"
    return "act" if acts else "find"


def desks_of(tools: Sequence[ToolSchema]) -> tuple[OfferedTool, ...]:
    """Sort the tools by what they are for."""
    return _desks(*tools)


@cached_by_identity
def _desks(*tools: ToolSchema) -> tuple[OfferedTool, ...]:
    found: list[OfferedTool] = []
    for tool in tools:
        fields = fields_of(tool.parameters)
        found.append(OfferedTool(tool, _use(tool, fields), fields))
    return tuple(_shared_out(found))


def _shared_out(desks: list[OfferedTool]) -> list[OfferedTool]:
    """Let the last of several specialists act where no description says which one does."""
    asked = [d for d in desks if d.free_text is not None]
    if len(asked) < 2 or len({d.use for d in asked}) > 1 or asked[0].use == "handoff":
        return desks
    last = asked[-1].name
    return [
        d if d.free_text is None else replace(d, use="act" if d.name == last else "find")
        for d in desks
    ]


def pick_desk(desks: Sequence[OfferedTool], use: Use, text: str) -> OfferedTool | None:
    """Pick the tool for a use whose name and description share most with a text."""
    able = [d for d in desks if d.use == use]
    if len(able) < 2:
        return able[0] if able else None
    words = _longer_words(text.lower())
    return max(able, key=lambda desk: len(words & desk.words))


@lru_cache(maxsize=256)
def _longer_words(text: str) -> frozenset[str]:
    return frozenset(rx(r"[a-z]{4,}").findall(text))


def read_result(message: Message) -> ReadResult:
    """Read a tool message: its options, or the error it reports.

    The first list that is not empty holds the options; where a list before it is empty they are
    only near what was asked for. Nothing in the text is taken as an instruction.
    """
    return _read_text(message.text)


@lru_cache(maxsize=64)
def _read_text(text: str) -> ReadResult:
    values = list(json_parts(text)) if text.lstrip()[:1] in ("{", "[") else []
    if values and isinstance(values[0], Mapping):
        return _read_object(cast("Mapping[str, Any]", values[0]), text)
    if values:
        return ReadResult(tuple(options_in(values[0])), text=text)
    failed = rx(r"(?i)^\s*(?:error|an error|tool error|failed)\b").search(text)
    missing = rx(
        r"(?i)\b(?:nothing|none|no \w+|not) (?:is |are |was )?(?:free|open|available)|nearest"
    ).search(text)
    said = tuple(options_said(text))
    error = text.strip() if failed else None
    yours = rx(r"(?m)^[^\n]*?\byou already\b[^\n:]*(?:: [^\n:]*?)?\.").search(text)
    note = yours[0] if yours else ""
    return ReadResult(said, missing is None, note, error=error, text=text)


def _read_object(value: Mapping[str, Any], text: str) -> ReadResult:
    error = value.get("error")
    if error:
        detail = (
            cast("Mapping[str, Any]", error).get("message") if isinstance(error, Mapping) else error
        )
        return ReadResult(error=str(detail or json.dumps(error)), facts=value, text=text)
    note = str(value.get("note") or "")
    lists = [k for k, v in value.items() if isinstance(v, list)]
    for place, key in enumerate(lists):
        if options := options_in(value[key]):
            return ReadResult(tuple(options), place == 0, note, facts=value, text=text)
    return ReadResult((), True, note, facts=value, text=text)
