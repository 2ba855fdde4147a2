"""A run that was cut or lost touch: what it really did is looked up by the keys of its writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from batuta.core.principal import WRITE
from batuta.core.trace import Event
from batuta.errors import BatutaError, ToolRetry
from batuta.parts.effects import done_text, tell_done

if TYPE_CHECKING:
    from batuta.core.effect import LoggedEffect
    from batuta.core.record import RunRecord
    from batuta.core.tool import Tool
    from batuta.parts.requests import RequestDesk


async def looked_up(record: RunRecord, desk: RequestDesk, prefix: str) -> RunRecord:
    """Give a run's record with what its writes came to, where that was not known and can be.

    An agent elsewhere may have begun a write, or ended it, and nobody was there to hear of it. What
    nobody can tell stays ``unknown``.

    Args:
        prefix: What opened the keys of the run's writes.
    """
    if record.reply is not None and not record.unknown_effects:
        return record
    try:
        begun = {e.key: e for e in await desk.log.of_request(prefix, record.principal_id)}
        search = _Search(desk, record, prefix)
        for event in record.events:
            if _begins_write(event):
                await search.of_event(event, begun)
        for effect in begun.values():
            await search.of_log(effect)
    except BatutaError:  # then as much is known as the run itself could tell
        return record
    return search.told() if search.news else record


def _begins_write(event: Event) -> bool:
    if event.kind != "tool" or event.phase != "start":
        return False
    return (event.data or {}).get("effect") == WRITE


@dataclass
class _Search:
    """Looks for the writes of one run, and tells of them as its trace would have.

    Args:
        news: Whether anything was found that the run did not know.
    """

    desk: RequestDesk
    record: RunRecord
    prefix: str
    news: bool = False

    def __post_init__(self) -> None:
        self._events = list(self.record.events)
        self._open = {e.span for e in self.record.effects if e.status == "unknown"}

    async def of_event(self, event: Event, begun: dict[str, LoggedEffect]) -> None:
        """Look for the end of a write whose beginning the run has seen."""
        tool = self.desk.tools.get(event.name)
        if tool is None:
            return
        key = self._key(tool, event)
        logged = begun.pop(key, None)
        if event.span not in self._open:
            return
        if logged is not None and logged.status == "done":
            self._ended(event, logged.result, tool)
        elif tool.outcome is not None and tool.outcome.lookup is not None:
            found = await tool.outcome.lookup.find_effect(key, self.record.principal_id)
            if found is not None:
                self._ended(event, found.result, tool)

    def _key(self, tool: Tool, event: Event) -> str:
        """Make the key of a write again, as its run did."""
        arguments: Mapping[str, Any] = (event.data or {}).get("arguments") or {}
        with suppress(ToolRetry):  # it was never begun then
            arguments = tool.validate(arguments)
        return tool.idempotency_key(f"{self.prefix}|{event.span}", arguments)

    async def of_log(self, effect: LoggedEffect) -> None:
        """Tell of a write that was begun elsewhere, and of which the run has heard nothing."""
        if effect.run_id != self.record.run_id:
            return
        self.news = True
        span = f"1.found{len(self._events)}"
        asked = {"arguments": dict(effect.arguments), "effect": WRITE}
        where = (span, "1", effect.tool, "code", self.record.seconds)
        begins = Event(len(self._events), "tool", "start", *where, asked)
        self._events.append(begins)
        resolved = await self.desk.resolved([effect])
        tool = self.desk.tools.get(effect.tool)
        for done in resolved.done if tool is not None else ():
            self._ended(begins, done.result, tool)

    def _ended(self, begins: Event, result: object, tool: Tool | None) -> None:
        """Put the end of a write in its place: with that of its use, where it has one."""
        self.news = True
        line = begins.name if tool is None else tool.done_line(result)
        gave = {"result": result, "done": line, "looked_up": True}
        for at, event in enumerate(self._events):
            if (event.span, event.kind, event.phase) == (begins.span, "tool", "end"):
                self._events[at] = event._replace(data={**(event.data or {}), **gave})
                return
        where = (begins.span, begins.parent, begins.name, begins.by, self.record.seconds)
        self._events.append(Event(len(self._events), "tool", "end", *where, gave))

    def told(self) -> RunRecord:
        """Give the record with all of that, its error too."""
        events: Sequence[Event] = tuple(self._events)
        record, done = replace(self.record, events=events), done_text(events)
        failure = record.failure
        if failure is not None:
            tell_done(failure, events)
            said = {"code": failure.code, "message": str(failure)}
            return replace(record, error=said)
        if record.reply is not None:
            return record
        code = (record.error or {}).get("code", "cancelled")
        plain = "The run was cancelled." if code == "cancelled" else (record.error or {})["message"]
        return replace(record, error={"code": code, "message": f"{plain} {done}"})
