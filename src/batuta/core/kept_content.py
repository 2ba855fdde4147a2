"""What may stand in what is kept: no secrets, and nothing without end."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from batuta.core.effect import LoggedEffect
from batuta.core.message import Message, ToolCall
from batuta.core.record import RunRecord
from batuta.core.redaction import MOST_CHARS, cut, masked
from batuta.core.replacement import replace
from batuta.core.trace import Event

_CARD = re.compile(r"(?<![\w.])\d(?:[ -]?\d){12,18}(?![\w.]?\d)")
_SHORTEST_CARD = 13
_PLAIN = (bool, int, float, type(None))
_SECRET_NAME = re.compile(r"(?i)api[_-]?key|secret|passw(?:or)?d|credential|card[_-]?number")


def without_secrets(text: str) -> str:
    """Mask keys, tokens, passwords and the numbers of payment cards.

    Source: ISO/IEC 7812-1, annex B: the last digit of a card's number checks the others.

    >>> without_secrets("Pay with 4111 1111 1111 1111, order 4111 1111 1111 1112")
    'Pay with [card number], order 4111 1111 1111 1112'
    """
    kept = masked(text)
    return kept if len(kept) < _SHORTEST_CARD else _CARD.sub(_card, kept)


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptContent:
    """What is done to conversations and records before they are kept.

    Args:
        redact: Takes secrets out of a text; None keeps all as it is.
        most_chars: Longest text.
    """

    redact: Callable[[str], str] | None = without_secrets
    most_chars: int = MOST_CHARS

    def text(self, text: str) -> str:
        """Give a text as it is kept."""
        short = cut(text, self.most_chars)
        return short if self.redact is None else self.redact(short)

    def message(self, message: Message) -> Message:
        """Give a message as it is kept; its id stays."""
        text, data = self.text(message.text), self._value(message.data)
        calls = tuple(self._call(call) for call in message.tool_calls)
        if (text, data, calls) == (message.text, message.data, message.tool_calls):
            return message
        return replace(message, text=text, data=data, tool_calls=calls)

    def record(self, record: RunRecord) -> RunRecord:
        """Give a record as it is kept."""
        if self._is_plain(record):
            return record
        return replace(
            record,
            question=self.message(record.question),
            reply=None if record.reply is None else self.message(record.reply),
            steps=tuple(self.message(step) for step in record.steps),
            events=tuple(map(self._event, record.events)),
            error=self._value(record.error),
        )

    def _is_plain(self, record: RunRecord) -> bool:
        """Tell whether all texts of a record stay as they are, by looking at them together."""
        if self.redact not in (None, without_secrets):
            return False
        texts: list[str] = []
        said = [record.question, *record.steps, *([] if record.reply is None else [record.reply])]
        for message in said:
            texts.append(message.text)
            if not _gathered(message.data, texts):
                return False
            for call in message.tool_calls:
                if call.invalid is not None or not _gathered(call.arguments, texts):
                    return False
        for event in record.events:
            if event.error is not None or not _gathered(event.data, texts):
                return False
        together = "\n".join(texts)
        if record.error is not None or len(together) > self.most_chars:
            return False
        return self.redact is None or without_secrets(together) == together

    def named(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Give named values as they are kept."""
        return self._value(facts)

    def effect(self, effect: LoggedEffect) -> LoggedEffect:
        """Give a write that has ended as it is kept; until then its arguments are needed whole."""
        arguments, result = self._value(effect.arguments), self._value(effect.result)
        return replace(effect, arguments=arguments, result=result)

    def _event(self, event: Event) -> Event:
        if event.data is None and event.error is None:
            return event
        error = None if event.error is None else self.text(event.error)
        return event._replace(data=self._value(event.data), error=error)

    def _call(self, call: ToolCall) -> ToolCall:
        invalid = None if call.invalid is None else self.text(call.invalid)
        return replace(call, arguments=self._value(call.arguments), invalid=invalid)

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, _PLAIN):
            return value
        if isinstance(value, Mapping):
            pairs = cast("Mapping[str, Any]", value).items()
            return {name: self._named(name, each) for name, each in pairs}
        if isinstance(value, list | tuple):
            return [self._value(each) for each in cast("Sequence[Any]", value)]
        return value

    def _named(self, name: str, value: Any) -> Any:
        """Give a value of a mapping; one that is called a secret is one."""
        hidden = self.redact is not None and isinstance(value, str) and _is_secret(name)
        return "[secret]" if hidden and value else self._value(value)


def _gathered(value: Any, texts: list[str]) -> bool:
    """Gather the texts of plain JSON; False where there is anything else, or a secret's name."""
    if isinstance(value, str):
        texts.append(value)
        return True
    if isinstance(value, dict):
        for name, each in cast("dict[Any, Any]", value).items():
            if not isinstance(name, str) or _is_secret(name) or not _gathered(each, texts):
                return False
        return True
    if isinstance(value, list):
        for each in cast("list[Any]", value):  # noqa: SIM110 - a generator takes twice as long
            if not _gathered(each, texts):
                return False
        return True
    return isinstance(value, _PLAIN)


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def _card(found: re.Match[str]) -> str:
    digits = [int(each) for each in found.group() if each.isdigit()]
    doubled = [d * 2 - 9 * (d > 4) for d in digits[-2::-2]]
    return found.group() if (sum(doubled) + sum(digits[-1::-2])) % 10 else "[card number]"
