"""A run's events as calls, replies and notes between parties: what every diagram is drawn from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from batuta.core.trace import Event

MOST_CHARS = 72
_MOST_CHARS_OF_ONE = 32
_NOT_PRINTABLE = "\N{REPLACEMENT CHARACTER}"


class Party(NamedTuple):
    """Who calls or is called; one of each kind and name."""

    kind: Literal["user", "agent", "model", "tool"]
    name: str


USER = Party("user", "User")


@dataclass(frozen=True, slots=True)
class Arrow:
    """One line of a diagram.

    Args:
        shape: ``cut`` stands at the end for each call that never had a reply.
        text: In short what was asked, answered or noted; printable, in one line.
        event: What it was made of; of a ``cut``, the call's start.
        call: Number of the call that it belongs to; of a call, its own.
        around: Number of the call that it happened in; None for the outermost.
    """

    shape: Literal["call", "reply", "note", "cut"]
    source: Party
    target: Party
    text: str
    event: Event
    call: int
    around: int | None


def arrows(events: Iterable[Event]) -> list[Arrow]:
    """Turn events into arrows in the same order; pieces of streamed text are left out."""
    walk = _Walk()
    for event in events:
        if event.kind == "text":
            continue
        if event.phase == "start":
            walk.start(event)
        elif event.phase == "end":
            walk.end(event)
        else:
            walk.point(event)
    walk.cut()
    return walk.made


class _Walk:
    """Events so far. One span may begin again after its end: a retried agent counts from 1 anew."""

    def __init__(self) -> None:
        self.made: list[Arrow] = []
        self._latest: dict[str, int] = {}
        self._open: dict[str, list[int]] = {}

    def start(self, event: Event) -> Arrow:
        around, source = self._place(event.parent)
        target = source if event.kind == "step" else _party(event)
        number = len(self.made)
        call = Arrow("call", source, target, _asked(event), event, number, around)
        self.made.append(call)
        self._latest[event.span] = number
        self._open.setdefault(event.span, []).append(number)
        return call

    def end(self, event: Event) -> None:
        if not self._open.get(event.span):  # its start is not in this trace
            self.start(event._replace(data=None, usage=None, cost=None, error=None))
        call = self.made[self._open[event.span].pop()]
        text = one_line(event.error) if event.error is not None else _answered(event)
        self.made.append(
            Arrow("reply", call.target, call.source, text, event, call.call, call.around)
        )

    def point(self, event: Event) -> None:
        # A retry's own path leads to what is retried, its parent only to the agent around that.
        around, who = self._place(event.span.rpartition(".")[0])
        text = _noted(event)
        self.made.append(Arrow("note", who, who, text, event, len(self.made), around))

    def cut(self) -> None:
        unfinished = sorted(number for numbers in self._open.values() for number in numbers)
        for call in [self.made[number] for number in reversed(unfinished)]:
            self.made.append(
                Arrow("cut", call.target, call.source, "not finished", call.event, call.call,
                      call.around)
            )  # fmt: skip

    def _place(self, path: str) -> tuple[int | None, Party]:
        """Find the call of that path, or where it is not in this trace, the next one out."""
        while path:
            if path in self._latest:
                around = self._latest[path]
                return around, self.made[around].target
            path = path.rpartition(".")[0]
        return None, USER


def _party(event: Event) -> Party:
    kinds: dict[str, Literal["model", "tool"]] = {"model": "model", "tool": "tool"}
    return Party(kinds.get(event.kind, "agent"), named(event.name))


def _asked(event: Event) -> str:
    data = event.data or {}
    if event.kind == "tool":
        given: Any = data.get("arguments") or {}
        return one_line(", ".join(_argument(*pair) for pair in given.items()))
    return one_line(data.get("text") or "")


def _argument(name: str, value: Any) -> str:
    return f"{name}={one_line(_json(value), _MOST_CHARS_OF_ONE)}"


def _answered(event: Event) -> str:
    data = event.data or {}
    if event.kind == "tool":
        result = data.get("result")
        return one_line(result if isinstance(result, str) else _json(result))
    said = [one_line(data.get("text") or "")]
    if data.get("tools"):
        said.append(f"asks for {one_line(', '.join(map(str, data['tools'])))}")
    if data.get("stand_in"):
        said.append("(stand-in)")
    return " ".join(filter(None, said))


def _noted(event: Event) -> str:
    data: Mapping[str, Any] = event.data or {}
    name = named(event.name)
    if event.kind == "measure":
        return f"{name} {data.get('value', '')}"
    if event.kind == "retry":
        name = f"{name}, attempt {data.get('attempt', '?')}"
        why = event.error or ""
    else:
        why = data.get("why") or data.get("reason") or event.error or ""
    return f"{name} ({one_line(why)})" if why else name


def named(name: str) -> str:
    """Give a name in one printable line that is never empty."""
    return one_line(name) or "(no name)"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def one_line(text: object, most: int = MOST_CHARS) -> str:
    """Shorten to one printable line."""
    words = " ".join(str(text)[: 4 * most].split())
    kept = "".join(c if c.isprintable() else _NOT_PRINTABLE for c in words)
    return kept if len(kept) <= most and len(str(text)) <= 4 * most else f"{kept[: most - 1]}…"
