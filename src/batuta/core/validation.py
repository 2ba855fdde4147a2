"""Values that a model gave as JSON, as the types that they are declared to be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from batuta.core.dated_text import check_dates, holds_dates

if TYPE_CHECKING:
    from pydantic import BaseModel

Shape = TypeVar("Shape", bound="BaseModel")


def validated(shape: type[Shape], given: Any) -> Shape:
    """Validate values by a shape; where it is strict, as the JSON that they came as.

    A strict date is no text, but JSON has no other: pydantic takes it from JSON alone.

    Raises:
        ValueError: They do not fit, as pydantic tells it.
    """
    made = _validated(shape, given)
    if holds_dates(shape):
        check_dates(shape, given)
    return made


def validated_text(shape: type[Shape], text: str) -> Shape:
    """Validate JSON text by a shape.

    Raises:
        ValueError: It does not fit, or is no JSON, as pydantic tells it.
    """
    made = shape.model_validate_json(text)
    if holds_dates(shape):
        check_dates(shape, json.loads(text))
    return made


def _validated(shape: type[Shape], given: Any) -> Shape:
    validator = shape.__pydantic_validator__
    try:
        return validator.validate_python(given)
    except ValueError:
        made = _from_json(validator, given)
        if made is None:
            raise
        return made


def _from_json(validator: Any, given: Any) -> Any:
    """Validate what is JSON already; None where it is none, or fits no better."""
    try:
        return validator.validate_json(json.dumps(given))
    except (TypeError, ValueError, RecursionError):
        return None
