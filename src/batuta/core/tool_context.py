"""What a tool may know of the run around it, and which of its parameters are filled from that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from batuta.core.clock import Clock
from batuta.core.principal import Principal
from batuta.core.signature import hints_of
from batuta.core.slots import direct_init
from batuta.core.weak_cache import weakly_cached


@direct_init
@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool may know of the run around it; never shown to a model.

    Args:
        idempotency_key: The same for every try of one call of a writing tool, so that its effect
            happens once; empty for a tool that reads.
    """

    principal: Principal
    clock: Clock
    idempotency_key: str
    run_id: str
    session_id: str = ""
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Bound:
    """Marks a parameter that is filled from the context: ``Annotated[str, Bound(lambda c: …)]``."""

    read: Callable[[ToolContext], Any]


_BOUND_TYPES: dict[Any, Bound] = {
    ToolContext: Bound(lambda context: context),
    Principal: Bound(lambda context: context.principal),
    Clock: Bound(lambda context: context.clock),
}


@weakly_cached
def bound_of(function: Callable[..., Any]) -> Mapping[str, Bound]:
    """Find the parameters that are filled from the context."""
    found: dict[str, Bound] = {}
    for name, hint in hints_of(function).items():
        marks = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        bound = next((m for m in marks if isinstance(m, Bound)), None)
        bound = bound or _bound_type(hint)
        if bound is not None:
            found[name] = bound
    return found


def _bound_type(hint: Any) -> Bound | None:
    """Find a type that is always bound, also within Annotated or a union."""
    if isinstance(hint, type):
        return _BOUND_TYPES.get(hint)
    return next((found for found in map(_bound_type, get_args(hint)) if found), None)
