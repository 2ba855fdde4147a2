"""What a model reads out of a message: the shape that it fills, and what of it could be read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast, get_args

from batuta.core.validation import validated
from batuta.errors import ModelReplyInvalid
from batuta.intake.doubt import DOUBT, FURTHER, UNREAD, Doubt

if TYPE_CHECKING:
    from pydantic import BaseModel

    from batuta.core.message import Message
    from batuta.core.model import Model
    from batuta.core.run import Run

Action = Literal[
    "request", "check", "choose", "confirm", "reject", "restart", "cancel", "change", "recall",
    "other",
]  # fmt: skip
CONTROL = ("action", "choice", "doubt", "unread", "further")
"""Fields that every extraction has beside those of its form."""
_ACTION = (
    "What the user does in the last message. request: wants it done, or gives or changes details; "
    "check: only wants to know what is available; choose: picks one of the options offered; "
    "confirm: says yes to what was proposed; reject: says no without a new detail; "
    "restart: wants to start over; cancel: never mind, or wants to cancel; "
    "change: wants to change what has been done already; recall: asks what has been done already; "
    "other: anything else, a yes with conditions or questions among it."
)
_CHOICE = (
    "The option picked: its number as digits (2 for 'the second one'), 'last', its label "
    "('Court B' or 'B'), 'not B' where one is ruled out, or 'any' where the user leaves the choice "
    "to us; null if none was picked."
)


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a model read.

    Args:
        said: The fields that fit.
        misread: Names of those for which it gave what does not fit, twice.
    """

    said: BaseModel
    misread: tuple[str, ...] = ()


def extraction_shape(fields: type[BaseModel], about: str) -> type[BaseModel]:
    """Make the shape that a model fills from one user message: the fields, action and choice.

    Args:
        about: What the form is for.
    """
    from pydantic import Field, create_model

    made: dict[str, Any] = {
        name: (_wall_clock(info.annotation), Field(None, description=info.description))
        for name, info in fields.model_fields.items()
    }
    made["action"] = (Action, Field("other", description=_ACTION))
    made["choice"] = (str | None, Field(None, description=_CHOICE))
    made["doubt"] = (Doubt | None, Field(None, description=DOUBT))
    made["unread"] = (str | None, Field(None, description=UNREAD))
    made["further"] = (str | None, Field(None, description=FURTHER))
    doc = f"What the last user message says; null for the rest. The form: {about}"
    return create_model("extraction", __doc__=doc, **made)


async def read_into(
    shape: type[BaseModel], messages: Sequence[Message], run: Run, *, model: str | Model | None
) -> Extraction:
    """Let a model fill a shape; what of its last reply fits is taken, and what does not is named.

    Raises:
        ModelReplyInvalid: It was cut off, or gave no reply.
    """
    try:
        return Extraction(await run.ask_as(shape, messages, model=model))
    except ModelReplyInvalid as error:
        if error.given is None:
            raise
        read = _what_fits(shape, error.given)
        run.decide("take what fits", f"could not be read: {', '.join(read.misread)}")
        return read


def _what_fits(shape: type[BaseModel], given: Mapping[str, object]) -> Extraction:
    from pydantic import ValidationError

    kept = {name: value for name, value in given.items() if name in shape.model_fields}
    misread: dict[str, None] = {}
    try:
        validated(shape, kept)
    except ValidationError as error:
        misread = dict.fromkeys(str(fault["loc"][0]) for fault in error.errors())
    if not kept:  # no form at all, so that what is wanted is not known either
        misread = {"action": None}
    fits = {name: value for name, value in kept.items() if name not in misread}
    return Extraction(validated(shape, fits), tuple(misread))


def _wall_clock(annotation: object) -> Any:
    """Give a field that may be null, and whose time of day is the one that was said.

    Models add a zone because a format asks for it; where the field can do without, it is left out.
    """
    from pydantic import ValidationError, WrapValidator

    def local(value: object, read: Any) -> object:
        made = read(value)
        if not isinstance(made, dt.time | dt.datetime):
            return made
        bare = made.replace(tzinfo=None, microsecond=0)
        try:
            return read(bare)
        except ValidationError:  # it wants a zone
            return made

    optional = cast("Any", annotation) | None
    return Annotated[optional, WrapValidator(local)] if _tells_time(annotation) else optional


def _tells_time(annotation: object) -> bool:
    return (
        annotation is dt.time
        or annotation is dt.datetime
        or any(map(_tells_time, get_args(annotation)))
    )
