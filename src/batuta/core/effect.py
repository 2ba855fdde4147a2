"""What a writing tool has done: as events tell it, as it is looked up, and as it is logged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from batuta.core.principal import WRITE
from batuta.core.result import facts_text
from batuta.core.slots import new_dict

if TYPE_CHECKING:
    from batuta.core.trace import Event

EffectStatus = Literal["done", "unknown"]
LogStatus = Literal["begun", "done", "failed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunEffect:
    """What a run did to the world, or may have done.

    Args:
        status: ``unknown`` where nobody knows how it ended.
        text: In words, such as ``booked Court A on …``.
        result: What the tool gave; JSON-able.
        span: Step path of the tool's use.
    """

    tool: str
    status: EffectStatus
    text: str
    result: Any = None
    span: str = ""

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data."""
        return {
            "tool": self.tool, "status": self.status, "text": self.text, "result": self.result,
        }  # fmt: skip


def effects_in(events: Sequence[Event], inside: str = "") -> tuple[RunEffect, ...]:
    """Read out of a run's events what its writing tools did, in the order in which they began.

    Args:
        inside: Step path of the agent whose part is looked at, with those that it called.
    """
    path = f"{inside}." if inside else ""
    found: dict[str, RunEffect] = {}
    for event in events:
        if event.kind != "tool" or not event.span.startswith(path):
            continue
        data = event.data or {}
        if event.phase == "start" and data.get("effect") == WRITE:
            found[event.span] = RunEffect(
                tool=event.name, status="unknown", text=event.name, span=event.span
            )
        elif event.phase == "end" and event.span in found:
            _settle(found, event)
    return tuple(found.values())


def _settle(found: dict[str, RunEffect], event: Event) -> None:
    """Take in how a writing tool ended."""
    data = event.data or {}
    if event.error is None or "done" in data:
        result = data.get("result")
        text = data.get("done") or f"{event.name} ({facts_text(result)})"
        found[event.span] = RunEffect(
            tool=event.name, status="done", text=text, result=result, span=event.span
        )
    elif not event.error.startswith(_CUT):
        del found[event.span]


_CUT = ("CancelledError", "AgentUnreachable", "EffectUnknown")
"""Errors of a tool that was not left to its end, or whose end nobody knows."""


def failure_in(events: Sequence[Event]) -> str:
    """Read out of a run's events what failed for good; empty where what failed was made good."""
    failing: dict[tuple[str, str], tuple[str, str]] = {}  # an agent may be named as its tool is
    for event in events:
        which = (event.kind, event.name)
        if event.phase != "end" or event.kind not in ("tool", "agent"):
            continue
        if event.kind == "agent" and event.by == "code":
            if event.error is not None:  # whoever called it got along without it
                inside = f"{event.span}."
                failing = {n: f for n, f in failing.items() if not f[0].startswith(inside)}
        elif event.error is None:
            wrote = "done" in (event.data or {})
            failing = {} if wrote else {n: f for n, f in failing.items() if n != which}
        elif not event.error.startswith(_NO_FAILURE):
            failing[which] = (event.span, event.error)
    return next((error for _, error in failing.values()), "")


_NO_FAILURE = ("ToolRetry", "AccessDenied", "CancelledError")
"""Errors of a call that others may mend, that was not allowed, or that nobody wanted any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EffectRecord:
    """One effect that stands, whatever became of the run that made it.

    Args:
        key: Idempotency key of the write, as ``ToolContext`` gave it to the tool.
        tool: Name of the tool.
        result: What the tool gave, or would have given; JSON-able.
        done_at: ISO time in UTC; empty where nobody noted it.
    """

    key: str
    principal_id: str
    tool: str
    result: Mapping[str, Any]
    done_at: str = ""


class EffectLookup(Protocol):
    """Knows what was done under a key, from the same transaction in which it was done."""

    async def find_effect(self, key: str, principal_id: str) -> EffectRecord | None:
        """Give the effect of a write of this principal; None where nothing was written.

        Raises:
            StoreBusy: It cannot be known now.
        """
        ...


@dataclass(frozen=True, slots=True)
class LookupByKey:
    """An ``EffectLookup`` of a function that knows single keys: ``LookupByKey(find_payment)``.

    Args:
        find: Takes key and principal id; gives the effect, or None where nothing was written.
    """

    find: Callable[[str, str], Awaitable[EffectRecord | None]]

    async def find_effect(self, key: str, principal_id: str) -> EffectRecord | None:
        """See ``EffectLookup.find_effect``."""
        return await self.find(key, principal_id)


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteOutcome:
    """What can be known and said of a writing tool's work afterwards.

    Args:
        lookup: Finds by its key what was done; None where nobody can, and then the answer after a
            lost try is "unknown".
        verb: What was done, in the past: ``booked``. A model that claims it without having used
            the tool is contradicted.
        said: Words a JSON-able result as the thing that was done: ``Court A on Monday``.
        answer: Words it as the whole answer to a request whose own answer was lost; None says that
            the thing is done.
    """

    lookup: EffectLookup | None = None
    verb: str = ""
    said: Callable[[Any], str] = facts_text
    answer: Callable[[Any], str] | None = None

    def line(self, result: Any) -> str:
        """Say in one line what was done."""
        return f"{self.verb} {_words(self.said, result)}".strip()

    def sentence(self, result: Any) -> str:
        """Say in a sentence what stands."""
        if self.answer is not None:
            return _words(self.answer, result)
        said = _words(self.said, result)
        return f"{said} is {self.verb}." if self.verb else f"{said}."


def _words(said: Callable[[Any], str], result: Any) -> str:
    try:
        return said(result)
    except (AttributeError, LookupError, TypeError, ValueError):  # words must undo no work
        return facts_text(result)


@dataclass(frozen=True, kw_only=True, slots=True)
class LoggedEffect:
    """A write that was begun, noted before it did anything.

    Args:
        request: Of which its key is made: the caller's own request, or the run.
        arguments: As they were validated; JSON-able.
        result: Where it is done; JSON-able.
        begun_at: ISO time in UTC.
        steps: What its run had done before it, as the runtime wrote it down, so that another try
            goes on from there; empty where none can.
    """

    key: str
    principal_id: str
    request: str
    session_id: str
    run_id: str
    tool: str
    arguments: Mapping[str, Any] = field(default_factory=new_dict)
    status: LogStatus = "begun"
    result: Any = None
    begun_at: str = ""
    steps: str = ""


class EffectLog(Protocol):
    """Notes each write before it begins and once it has ended, so that a crash between is known."""

    async def begin(self, effect: LoggedEffect) -> LoggedEffect | None:
        """Note that a write begins; where the same key is done already, give that.

        Raises:
            RequestTakenOver: Another run has taken over the request that it belongs to.
            StoreBusy: It cannot be noted, so it must not begin.
        """
        ...

    async def end(self, effect: LoggedEffect) -> None:
        """Note how it ended.

        Raises:
            StoreBusy: It cannot be noted.
        """
        ...

    async def of_request(self, request: str, principal_id: str) -> tuple[LoggedEffect, ...]:
        """Give what was begun for a request, oldest first, but for what failed."""
        ...

    async def orphans(self, session_id: str, principal_id: str) -> tuple[LoggedEffect, ...]:
        """Give what runs of a conversation began that ended with their process, untold."""
        ...

    async def settle(self, request: str, principal_id: str, *, answered: bool = False) -> None:
        """Note that a request's effects are told: they stand in a record or a conversation.

        Args:
            answered: Whether the request is, so that what its runs did before need not be known.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class CarriedSteps:
    """What a run with notes gives along with a call to an agent in another process.

    Args:
        noted: What the run has done so far, for the writes that begin there to be noted with; empty
            where it notes nothing, or cannot write it down.
        earlier: What an earlier try had done there; empty for nothing.
    """

    noted: str = ""
    earlier: str = ""


@runtime_checkable
class NotingLog(EffectLog, Protocol):
    """The log of one run that notes along with each write what was done before it."""

    def carried(self, span: str) -> CarriedSteps:
        """Give what goes along with a call to an agent elsewhere.

        Args:
            span: The agent's own.
        """
        ...
