"""Asking a model for a reply of a given shape."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from batuta.core.message import Message
from batuta.core.model import OutputSchema
from batuta.core.validation import validated, validated_text
from batuta.core.weak_cache import weakly_cached
from batuta.errors import ModelRefused, ModelReplyInvalid

if TYPE_CHECKING:
    from pydantic import BaseModel

    from batuta.core.model import ModelReply

Shape = TypeVar("Shape", bound="BaseModel")


class AskShaped(Protocol):
    """Asks a model once for a structured reply."""

    def __call__(
        self, messages: Sequence[Message], /, *, output: OutputSchema
    ) -> Awaitable[ModelReply]:
        """Ask it."""
        ...


async def ask_as(
    ask: AskShaped,
    shape: type[Shape],
    messages: Sequence[Message],
    *,
    repairs: int,
) -> Shape:
    """Ask until the reply fits; see ``Run.ask_as``."""
    output = _output_of(shape)
    talk = messages
    for left in range(repairs, -1, -1):
        reply = await ask(talk, output=output)
        if reply.stop_reason == "refused":
            raise refusal(reply)
        try:
            return _read(shape, reply)
        except ValueError as error:
            if not _is_misfit(error):
                raise
            cut = reply.stop_reason == "length"
            if not left:
                raise _misfit(reply, error, cut=cut) from error
            talk = _told_again(messages, _CUT_OFF if cut else _faults(error))
    raise AssertionError("unreachable: the loop returns or raises")


_CUT_OFF = "it was cut off at the limit of output tokens"


@weakly_cached
def _output_of(shape: type[BaseModel]) -> OutputSchema:
    return OutputSchema(shape.__name__, shape.model_json_schema(), shape.__doc__ or "")


def _read(shape: type[Shape], reply: ModelReply) -> Shape:
    """Validate a structured reply, given as data or as JSON text."""
    if reply.output is not None:
        return validated(shape, reply.output)
    return validated_text(shape, reply.text)


def refusal(reply: ModelReply) -> ModelRefused:
    """Make the error of a refusal, in the model's own words where it gave any."""
    words = reply.text.strip().rstrip(".")
    return ModelRefused(reply.model, f"refused: {words}" if words else "refused to answer")


def _told_again(messages: Sequence[Message], faults: str) -> list[Message]:
    """Put the fault into the instructions, so that the user's words stay last."""
    system = messages[0].text if messages and messages[0].role == "system" else ""
    rest = messages[1:] if system else messages
    note = f"{system}\n\nYour first reply did not fit the schema: {faults}. Mind it this time."
    return [Message.system(note.strip()), *rest]


def _misfit(reply: ModelReply, error: Any, *, cut: bool) -> ModelReplyInvalid:
    """Make the error of a reply that does not fit: for people, without the validator's words."""
    data = None if cut else reply.output if reply.output is not None else _data_in(reply.text)
    names = ", ".join(
        dict.fromkeys(str(fault["loc"][0]) for fault in error.errors() if fault["loc"])
    )
    why = _CUT_OFF if cut else names or "it is no such data"
    made = ModelReplyInvalid(reply.model, f"reply does not fit the schema: {why}")
    made.given = data
    return made


def _data_in(text: str) -> Mapping[str, object]:
    """Read data; of what is none, nothing."""
    try:
        read: object = json.loads(text)
    except ValueError:
        return {}
    return cast("Mapping[str, object]", read) if isinstance(read, Mapping) else {}


def _is_misfit(error: ValueError) -> bool:
    from pydantic import ValidationError  # not before it is needed: to look it up takes time

    return isinstance(error, ValidationError)


def _faults(error: Any) -> str:
    return "; ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'reply'}: {fault['msg']}" for fault in error.errors()
    )
