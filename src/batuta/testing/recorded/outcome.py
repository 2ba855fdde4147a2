"""What came of a call, as the file has it: a reply, or an error by its class and fields."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from batuta import errors
from batuta.core.ids import new_id
from batuta.core.message import ToolCall, VendorPart
from batuta.core.model import ModelReply, Spent, Usage
from batuta.core.redaction import redacted_text
from batuta.errors import BatutaError, ModelError
from batuta.testing.recorded.content import Veil, calls_json


def reply_json(reply: ModelReply, veil: Veil) -> dict[str, Any]:
    """Write a reply, without the ids of its calls."""
    made: dict[str, Any] = {}
    if reply.text:
        made["text"] = veil.text(reply.text)
    if reply.tool_calls:
        made["calls"] = calls_json(reply.tool_calls, veil)
    if reply.output is not None:
        made["output"] = veil.data(dict(reply.output))
    made["stop"] = reply.stop_reason
    made["usage"] = _usage_json(reply.usage)
    if not reply.usage_told:
        made["usage_told"] = False
    if reply.earlier:
        made["earlier"] = _spent_json(reply.earlier)
    if reply.parts:
        made["parts"] = [veil.data(part.to_json()) for part in reply.parts]
    if reply.service_tier:
        made["service_tier"] = reply.service_tier
    return made


def _usage_json(usage: Usage) -> dict[str, int]:
    return {name: count for name, count in asdict(usage).items() if count}


def _spent_json(spent: Sequence[Spent]) -> list[dict[str, Any]]:
    return [
        {
            "model": s.model,
            "usage": _usage_json(s.usage),
            "told": s.told,
            **({"tier": s.tier} if s.tier else {}),
        }
        for s in spent
    ]


def _spent(raw: Sequence[Mapping[str, Any]]) -> tuple[Spent, ...]:
    return tuple(
        Spent(f"replay:{s['model']}", Usage(**s["usage"]), s["told"], s.get("tier", ""))
        for s in raw
    )


def reply_of(raw: Mapping[str, Any], model: str) -> ModelReply:
    """Read a reply; its calls get ids of their own, and it is marked as a stand-in."""
    return ModelReply(
        text=raw.get("text", ""),
        tool_calls=tuple(
            ToolCall(new_id("call"), c["name"], c.get("arguments", {}), c.get("invalid"))
            for c in raw.get("calls", ())
        ),
        output=raw.get("output"),
        usage=Usage(**raw.get("usage", {})),
        usage_told=raw.get("usage_told", True),
        earlier=_spent(raw.get("earlier", ())),
        parts=tuple(VendorPart(**part) for part in raw.get("parts", ())),
        service_tier=raw.get("service_tier", ""),
        stop_reason=raw["stop"],
        model=model,
        stand_in=True,
    )


def streamed(pieces: Sequence[str] | None, text: str, veil: Veil) -> dict[str, str]:
    """Note what was streamed where it is not simply the reply's text.

    Args:
        pieces: None where nobody listened.
    """
    if pieces is None:
        return {}
    whole = "".join(pieces)
    return {} if whole == text else {"streamed": veil.text(whole)}


def error_json(error: Exception, model: str, veil: Veil) -> dict[str, Any]:
    """Write an error as its class and the fields that it is made of."""
    if not isinstance(error, BatutaError) or not hasattr(errors, type(error).__name__):
        return {"class": "ModelError", "model": model, "detail": veil.text(redacted_text(error))}
    names = list(inspect.signature(type(error)).parameters)
    fields = {name: getattr(error, name) for name in names if hasattr(error, name)}
    made = {"class": type(error).__name__, **veil.data(fields)}
    if isinstance(error, ModelError) and error.spent:
        made["spent"] = _spent_json(error.spent)
    return made


def error_of(raw: Mapping[str, Any], model: str) -> BatutaError:
    """Make the error again."""
    given = dict(raw)
    kind, spent = getattr(errors, given.pop("class"), ModelError), given.pop("spent", ())
    try:
        made: BatutaError = kind(**given)
    except TypeError:  # written by a version whose error had other fields
        made = ModelError(model, f"recorded error {raw}")
    if isinstance(made, ModelError):
        made.spent = _spent(spent)
    return made
