"""Counts what a vendor would have read from its prompt cache and written to it.

Prefixes are really compared, block by block, as each vendor does: by marks at Anthropic and at
Bedrock, by themselves at OpenAI. A block has the share of the input tokens that it has of the
request's characters.

Sources, 2026-11: https://platform.claude.com/docs/en/build-with-claude/prompt-caching,
https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html and
https://developers.openai.com/api/docs/guides/prompt-caching.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from batuta.standin.failures import invalid

if TYPE_CHECKING:
    from batuta.core.clock import Clock
    from batuta.core.model import Usage

_LIVES_S = 300.0
_MOST_MARKS = 4
_LOOKS_BACK = 20
_STEP = 128
_MOST_KEPT = 4_096
_MARK, _POINT = "cache_control", "cachePoint"
_LEAST: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(r"claude-(?:fable|mythos|opus-5)"), 512),
    (re.compile(r"claude-(?:opus-4-[567]|haiku-4-5)"), 4_096),
    (re.compile(r"haiku-3|3-haiku|3-5-haiku"), 2_048),
    (re.compile(r"nova"), 1_000),
)
_LEAST_ELSE = 1_024
_WRITES = re.compile(r"gpt-5\.[6-9]|gpt-[6-9]|gpt-\d\d")
"""Of these models OpenAI tells and charges what is written."""


class Block(NamedTuple):
    """A part of a prompt that is compared as a whole.

    Args:
        marked: Whether a prefix that ends with it is to be kept.
    """

    text: str
    marked: bool = False


Blocks = Callable[[Mapping[str, Any]], list[Block]]
"""Takes a request's JSON apart, in the order in which the vendor reads it."""


class _Prompt(NamedTuple):
    """A request taken apart: tokens up to the end of each block, its marks, and its prefixes."""

    model: str
    tokens: list[int]
    marks: list[int]
    keys: list[tuple[str, str]]


@dataclass(slots=True)
class PromptCache:
    """What one stand-in keeps of the prompts that it has seen, for five minutes after each use."""

    clock: Clock
    _kept: dict[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])

    def counted(self, model: str, raw: Mapping[str, Any], usage: Usage, *, blocks: Blocks) -> Usage:
        """Give a usage with what was read and written.

        Args:
            model: The name that was asked for.
            raw: The request's JSON.
        """
        if usage.cached_tokens or usage.cache_write_tokens:  # the model behind told it
            return usage
        found = blocks(raw)
        ends = list(accumulate(len(block.text) for block in found))
        if not ends or not ends[-1]:
            return usage
        whose = f"{model}|{raw.get('prompt_cache_key') or ''}"
        prompt = _Prompt(
            model,
            [usage.input_tokens * end // ends[-1] for end in ends],
            [place for place, block in enumerate(found) if block.marked],
            [(whose, digest) for digest in _digests(found)],
        )
        counts = self._automatic if blocks is openai_blocks else self._marked
        cached, written = counts(prompt)
        return replace(usage, cached_tokens=cached, cache_write_tokens=written)

    def _marked(self, prompt: _Prompt) -> tuple[int, int]:
        tokens, keys = prompt.tokens, prompt.keys
        marks = [place for place in prompt.marks if tokens[place] >= _least(prompt.model)]
        if not marks:
            return 0, 0
        read = max(self._hit(place, keys) for place in marks)
        for place in marks:
            self._keep(keys[place])
        cached = tokens[read] if read >= 0 else 0
        return cached, max(0, tokens[marks[-1]] - cached)

    def _hit(self, mark: int, keys: list[tuple[str, str]]) -> int:
        """Find the longest prefix kept that ends at a mark or at most twenty blocks before it."""
        for place in range(mark, max(-1, mark - _LOOKS_BACK), -1):
            if self._is_kept(keys[place]):
                self._keep(keys[place])
                return place
        return -1

    def _automatic(self, prompt: _Prompt) -> tuple[int, int]:
        tokens, keys, size = prompt.tokens, prompt.keys, prompt.tokens[-1]
        if size < _LEAST_ELSE:
            return 0, 0
        places = range(len(keys) - 1, -1, -1)
        read = next((place for place in places if self._is_kept(keys[place])), -1)
        for key in keys:
            self._keep(key)
        cached = tokens[read] // _STEP * _STEP if read >= 0 else 0
        cached = cached if cached >= _LEAST_ELSE else 0
        return cached, size - cached if _WRITES.match(prompt.model) else 0

    def _is_kept(self, key: tuple[str, str]) -> bool:
        return self._kept.get(key, 0.0) > self.clock.monotonic()

    def _keep(self, key: tuple[str, str]) -> None:
        self._kept.pop(key, None)
        self._kept[key] = self.clock.monotonic() + _LIVES_S
        if len(self._kept) > _MOST_KEPT:
            del self._kept[next(iter(self._kept))]


def anthropic_blocks(raw: Mapping[str, Any]) -> list[Block]:
    """Take a request of Messages apart: tools, system, messages.

    Raises:
        Rejected: It has more marks than four.
    """
    parts = [*_listed(raw.get("tools")), *_content(raw.get("system"))]
    for message in _listed(raw.get("messages")):
        parts += [{**part, "of": message.get("role")} for part in _content(message.get("content"))]
    made = [Block(_text(part, _MARK), bool(part.get(_MARK))) for part in parts]
    return _at_most(made)


def converse_blocks(raw: Mapping[str, Any]) -> list[Block]:
    """Take a request of Converse apart; a point marks the block before it.

    Raises:
        Rejected: It has more points than four.
    """
    config: Any = raw.get("toolConfig") or {}
    parts = [*_listed(config.get("tools")), *_listed(raw.get("system"))]
    for message in _listed(raw.get("messages")):
        parts += [{**part, "of": message.get("role")} for part in _listed(message.get("content"))]
    made: list[Block] = []
    for part in parts:
        if _POINT not in part:
            made.append(Block(_text(part)))
        elif made:
            made[-1] = made[-1]._replace(marked=True)
    return _at_most(made)


def openai_blocks(raw: Mapping[str, Any]) -> list[Block]:
    """Take a request of OpenAI's apart: tools, the answer's form, instructions, messages."""
    form = raw.get("response_format") or raw.get("text")
    parts = [*_listed(raw.get("tools")), *([{"form": form}] if form else [])]
    if raw.get("instructions"):
        parts.append({"instructions": raw["instructions"]})
    given = raw.get("messages", raw.get("input"))
    said = [{"text": given}] if isinstance(given, str) else _listed(given)
    return [Block(_text(part)) for part in (*parts, *said)]


def _least(model: str) -> int:
    return next((least for name, least in _LEAST if name.search(model)), _LEAST_ELSE)


def _at_most(made: list[Block]) -> list[Block]:
    marks = sum(block.marked for block in made)
    if marks > _MOST_MARKS:
        raise invalid(f"A maximum of {_MOST_MARKS} cache points may be provided. Found {marks}.")
    return made


def _content(value: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": value}] if isinstance(value, str) else _listed(value)


def _listed(value: Any) -> list[dict[str, Any]]:
    held = cast("list[Any]", value) if isinstance(value, list) else []
    return [each for each in held if isinstance(each, dict)]


def _text(part: Mapping[str, Any], without: str = "") -> str:
    held = {key: value for key, value in part.items() if key != without}
    return json.dumps(held, ensure_ascii=False, separators=(",", ":"), default=str)


def _digests(found: list[Block]) -> Iterator[str]:
    so_far = hashlib.sha256()
    for block in found:
        so_far.update(block.text.encode("utf-8", "replace"))
        so_far.update(b"\0")
        yield so_far.hexdigest()
