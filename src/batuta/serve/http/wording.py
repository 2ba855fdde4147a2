"""What users read of errors; what else there is to say of one goes to the log."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, cast

from batuta.core.record import RunRecord
from batuta.core.redaction import masked
from batuta.core.replacement import replace
from batuta.core.trace import Event
from batuta.errors import BatutaError
from batuta.errors.public import (
    error_class,
    public_message,
    public_text,
    public_trace_text,
    without_internals,
)

_LOG = logging.getLogger(__name__)
_TOLD_OF_US = frozenset({"decision", "retry", "warning"})


def public_error(error: Mapping[str, str]) -> dict[str, str]:
    """Word a kept record's error for users."""
    code = error["code"]
    return {**error, "message": public_message(error_class(code), error["message"])}


def log_details(error: BatutaError, run_id: str) -> None:
    """Log what an error says where a user is told something else."""
    if public_text(error) != str(error):
        _LOG.warning("Run %s: %s", run_id, masked(str(error)))


def public_event(event: Event, *, reasoning: bool = False) -> dict[str, Any]:
    """Turn an event into JSON for users: what is said of errors, and why, is worded for them.

    Args:
        reasoning: With the summary of a model's thoughts, where there is one.
    """
    made = event.to_json()
    if not reasoning and event.kind == "model" and event.data and "reasoning" in event.data:
        made["data"] = {k: v for k, v in event.data.items() if k != "reasoning"}
    if event.error is not None:
        made["error"] = public_trace_text(event.error)
    if event.data is not None and event.kind in _TOLD_OF_US:
        made["data"] = _worded(event.data)
    return made


def public_record(record: RunRecord) -> RunRecord:
    """Word a kept record for users."""
    return replace(
        record,
        error=None if record.error is None else public_error(record.error),
        events=tuple(Event.from_json(public_event(event)) for event in record.events),
    )


def _worded(value: Any) -> Any:
    if isinstance(value, str):
        return without_internals(value)
    if isinstance(value, Mapping):
        return {k: _worded(v) for k, v in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_worded(each) for each in cast("list[Any]", value)]
    return value
