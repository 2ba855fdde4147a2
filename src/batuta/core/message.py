"""What agents and models say to each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Any, Literal, overload

from batuta.core.attachment import Attachment, attachment_from
from batuta.core.ids import new_id
from batuta.core.slots import direct_init, maker_of

Role = Literal["system", "user", "assistant", "tool"]
NOTHING: Mapping[str, Any] = {}
VOLATILE = "\n\nNow: "
"""Opens what changes from minute to minute in instructions, at their end."""


@direct_init
@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to call a tool.

    Args:
        arguments: Parsed arguments by name; empty where ``invalid`` is set.
        invalid: The raw text of arguments that are no JSON object, or that were cut, else None.
        cut: True where the reply ended at its limit in the middle of it: it is never done.
    """

    id: str
    name: str
    arguments: Mapping[str, Any]
    invalid: str | None = None
    cut: bool = False

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data; ``ToolCall(**…)`` reverses it."""
        made: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "arguments": dict(self.arguments),
            "invalid": self.invalid,
        }
        return {**made, "cut": True} if self.cut else made


@dataclass(frozen=True, slots=True)
class VendorPart:
    """What a vendor gave with a reply and wants back as it was, such as encrypted thoughts.

    Args:
        family: Of the models that get it back, as ``provider/family``; no other model sees it.
        data: The vendor's own JSON.
        after_chars: Length of the message's text before it.
        after_calls: Count of the message's tool calls before it.
    """

    family: str
    data: Mapping[str, Any]
    after_chars: int = 0
    after_calls: int = 0

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data; ``VendorPart(**…)`` reverses it."""
        return {
            "family": self.family,
            "data": dict(self.data),
            "after_chars": self.after_chars,
            "after_calls": self.after_calls,
        }


@direct_init
@dataclass(frozen=True, slots=True)
class Message:
    """One immutable utterance.

    Args:
        role: Who speaks: system, user, assistant, or tool (the result of a call).
        text: What is said; of a tool message, the result as the model reads it.
        data: Structured content beside the text, JSON-able; None where there is none.
        metadata: Facts about the message, never shown to a model.
        tool_calls: Calls wished for in an assistant message.
        call_id: In a tool message, the ``ToolCall.id`` that it answers.
        name: Of a tool message, the tool's name; of others, who speaks, where that matters.
        parts: Of an assistant message, what its vendor wants back with it; of others, images and
            files.
    """

    role: Role
    text: str = ""
    data: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] = field(default_factory=lambda: NOTHING, metadata={"shared": True})
    tool_calls: tuple[ToolCall, ...] = ()
    call_id: str | None = None
    name: str | None = None
    parts: tuple[VendorPart | Attachment, ...] = ()
    id: str = field(default_factory=partial(new_id, "msg"), compare=False)

    @classmethod
    def user(cls, text: str, data: Mapping[str, Any] | None = None) -> Message:
        """Make a message from the user."""
        return new_message("user", text, data)

    @classmethod
    def system(cls, text: str) -> Message:
        """Make an instruction to a model."""
        return new_message("system", text)

    @classmethod
    def assistant(cls, text: str, data: Mapping[str, Any] | None = None) -> Message:
        """Make an answer."""
        return new_message("assistant", text, data)

    @classmethod
    def tool(cls, call: ToolCall, text: str, data: Mapping[str, Any] | None = None) -> Message:
        """Make the result of a tool call."""
        return new_message("tool", text, data, call_id=call.id, name=call.name)

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """The images and files beside the text."""
        return tuple([part for part in self.parts if isinstance(part, Attachment)])

    def attaching(self, *attachments: Attachment) -> Message:
        """Copy the message, its id too, with more images and files beside its text."""
        return replace(self, parts=(*self.parts, *attachments)) if attachments else self

    def with_metadata(self, **facts: Any) -> Message:
        """Copy the message with more metadata."""
        return self.revised(metadata={**self.metadata, **facts})

    def revised(
        self,
        *,
        role: Role | None = None,
        text: str | None = None,
        data: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Message:
        """Copy the message, its id too, with other content; None leaves what there is."""
        return new_message(
            self.role if role is None else role,
            self.text if text is None else text,
            self.data if data is None else data,
            self.metadata if metadata is None else metadata,
            self.tool_calls,
            self.call_id,
            self.name,
            self.parts,
            self.id,
        )

    def to_json(self, *, content: bool = False) -> dict[str, Any]:
        """Turn into JSON-able data; ``from_json`` reverses it.

        Args:
            content: With the bytes of its images and files, to another process.
        """
        made: dict[str, Any] = {"id": self.id, "role": self.role, "text": self.text}
        if self.data is not None:
            made["data"] = dict(self.data)
        if self.metadata:
            made["metadata"] = dict(self.metadata)
        if self.tool_calls:
            made["tool_calls"] = [call.to_json() for call in self.tool_calls]
        if self.call_id is not None:
            made["call_id"] = self.call_id
        if self.name is not None:
            made["name"] = self.name
        if self.parts:
            made["parts"] = parts_json(self.parts, content=content)
        return made

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Message:
        """Read what ``to_json`` wrote."""
        calls = tuple(ToolCall(**c) for c in raw.get("tool_calls", ()))
        return cls(
            raw["role"],
            raw["text"],
            raw.get("data"),
            raw.get("metadata", NOTHING),
            calls,
            raw.get("call_id"),
            raw.get("name"),
            tuple([part_from(p) for p in raw.get("parts", ())]),
            raw["id"],
        )


def parts_json(
    parts: Iterable[VendorPart | Attachment], *, content: bool = False
) -> list[dict[str, Any]]:
    """Turn a message's parts into JSON-able data; ``part_from`` reverses it for each.

    Args:
        content: With the bytes of images and files.
    """
    return [p.to_json() if isinstance(p, VendorPart) else p.to_json(content=content) for p in parts]


def part_from(raw: Mapping[str, Any]) -> VendorPart | Attachment:
    """Read one part of a message."""
    return attachment_from(raw) if "digest" in raw else VendorPart(**raw)


new_message = maker_of(Message)
"""What ``Message`` does, faster."""


def question_of(
    message: Message, text: str | None = None, data: Mapping[str, Any] | None = None
) -> Message:
    """Make what is asked of a message, or in other words for it: its images and files stay."""
    return new_message("user", message.text if text is None else text, data, parts=message.parts)


class Transcript(Sequence[Message]):
    """Messages that nobody changes, and that grow without being copied.

    Each longer one that ``plus`` gives shares what it begins with, and knows how much text it is
    without being read again: what a loop of many turns shows its model costs no more at the end.

    ``Transcript.of`` makes one.

    Args:
        kept: The messages, and perhaps those of a longer one after them.
        count: How many are its own.
        chars: Characters of their texts.
        calls: Tool calls that they wish for.
    """

    __slots__ = ("_kept", "calls", "chars", "length")

    def __init__(self, kept: list[Message], *, count: int, chars: int, calls: int) -> None:
        self._kept, self.length = kept, count
        self.chars, self.calls = chars, calls

    @classmethod
    def of(cls, messages: Iterable[Message]) -> Transcript:
        """Make one of messages."""
        kept = list(messages)
        chars, calls = text_size(kept)
        return cls(kept, count=len(kept), chars=chars, calls=calls)

    def plus(self, more: Sequence[Message]) -> Transcript:
        """Give these messages and more after them."""
        kept, count = self._kept, self.length
        if len(kept) > count:  # another has grown from here
            return Transcript.of([*self, *more])
        kept += more
        chars, calls = text_size(more)
        return Transcript(
            kept, count=count + len(more), chars=self.chars + chars, calls=self.calls + calls
        )

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[Message]:
        return islice(self._kept, self.length)

    @overload
    def __getitem__(self, index: int) -> Message: ...
    @overload
    def __getitem__(self, index: slice) -> list[Message]: ...
    def __getitem__(self, index: int | slice) -> Message | list[Message]:
        if isinstance(index, slice):
            return [self._kept[at] for at in range(*index.indices(self.length))]
        at = index + self.length if index < 0 else index
        if not 0 <= at < self.length:
            raise IndexError(f"There is no message {index} of {self.length}.")
        return self._kept[at]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return list(self) == list(other)  # pyright: ignore[reportUnknownArgumentType]

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __repr__(self) -> str:
        return f"Transcript({list(self)!r})"


def text_size(messages: Iterable[Message]) -> tuple[int, int]:
    """Count the characters of their texts, attachments by what they take, and the calls."""
    chars = calls = 0
    for message in messages:
        chars += len(message.text)
        calls += len(message.tool_calls)
        if message.parts:
            chars += _CHARS_PER_TOKEN * sum(each.most_tokens for each in message.attachments)
    return chars, calls


_CHARS_PER_TOKEN = 3
