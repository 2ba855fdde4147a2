"""What crosses processes, or time on a disk: errors, changes to a state, what an agent brought."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

from batuta.core.agent import Agent, decider
from batuta.core.message import Message
from batuta.core.model import Spent, Usage
from batuta.core.price import FREE, Cost
from batuta.core.redaction import redacted_text
from batuta.core.result import json_text
from batuta.core.trace import Event
from batuta.errors import (
    BatutaError,
    ModelError,
    RemoteCause,
    RuntimeFailure,
    classes_in,
    message_of,
)

if TYPE_CHECKING:
    from batuta.core.run import Run

Change = Sequence[Any]
"""Path of keys, what to do (set, append, remove), and with what."""
_FIELDS_KEPT_APART = ("done", "spent", "__notes__")  # notes are for whoever is at this machine


def error_to_json(error: BatutaError) -> dict[str, Any]:
    """Turn an error into JSON-able data; ``error_from_json`` reverses it.

    A field that is not JSON-able becomes text.
    """
    fields = {k: v for k, v in vars(error).items() if k not in _FIELDS_KEPT_APART}
    made: dict[str, Any] = {
        "classes": [c.__name__ for c in type(error).__mro__ if issubclass(c, BatutaError)],
        "message": message_of(error),
        "done": error.done,
        "cause": redacted_text(error.__cause__) if error.__cause__ is not None else "",
        "cause_classes": sorted(classes_in(error.__cause__)) if error.__cause__ else [],
        "fields": json.loads(json_text(fields)),
    }
    made["fields"] |= {"code": error.code, "retryable": error.retryable}
    if isinstance(error, ModelError) and error.spent:
        made["fields"]["spent"] = [
            [s.model, s.usage.to_json(), s.told, s.tier] for s in error.spent
        ]
    return made


def error_from_json(raw: Mapping[str, Any]) -> BatutaError:
    """Make the error that ``error_to_json`` wrote, of the same class or the nearest one known here.

    An App's own error is known by its class name, once the module that has it is loaded.
    """
    known = _known_errors()
    kind = next((known[name] for name in raw["classes"] if name in known), BatutaError)
    # The message is built already, and no two constructors are alike.
    error = kind.__new__(kind, raw["message"])
    for name, value in raw["fields"].items():
        if name == "spent":
            vars(error)[name] = tuple(Spent(m, Usage(**u), *more) for m, u, *more in value)
        elif name not in {"code", "retryable"} or getattr(kind, name) != value:
            vars(error)[name] = _frozen(value)
    if raw.get("done"):
        error.done = raw["done"]
    if raw.get("cause"):
        error.__cause__ = RemoteCause(raw["cause"], tuple(raw.get("cause_classes", ())))
    return error


def _known_errors() -> dict[str, type[BatutaError]]:
    known: dict[str, type[BatutaError]] = {}
    waiting: list[type[BatutaError]] = [BatutaError]
    while waiting:
        kind = waiting.pop()
        known.setdefault(kind.__name__, kind)
        waiting.extend(kind.__subclasses__())
    return known


def _frozen(value: Any) -> Any:
    """Make tuples of lists: an error's fields never change."""
    return tuple(map(_frozen, cast("list[Any]", value))) if isinstance(value, list) else value


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """List what turns one JSON-able state into the other.

    What was added to the end of a list is told as that, so that two agents at work at the same time
    can both add.

    >>> changes({"n": 1, "seen": ["a"]}, {"n": 2, "seen": ["a", "b"]})
    [(['n'], 'set', 2), (['seen'], 'append', ['b'])]
    """
    return list(_changes([], before, after))


def _changes(
    path: list[str], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Change]:
    for key in before:
        if key not in after:
            yield [*path, key], "remove", None
    for key, new in after.items():
        here, old = [*path, key], before.get(key)
        if key in before and old == new:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _changes(
                here, cast("Mapping[str, Any]", old), cast("Mapping[str, Any]", new)
            )
        elif isinstance(old, list) and isinstance(new, list) and old and new[: len(old)] == old:  # pyright: ignore[reportUnknownArgumentType]
            yield here, "append", new[len(old) :]  # pyright: ignore[reportUnknownArgumentType]
        else:
            yield here, "set", new


def apply_changes(state: dict[str, Any], made: Sequence[Change]) -> None:
    """Do to a state what ``changes`` listed; what is appended and there already is left out."""
    for path, what, value in made:
        inner: Any = state
        for key in path[:-1]:
            inner = inner.setdefault(key, {})
        key = path[-1]
        if what == "remove":
            inner.pop(key, None)
        elif what == "append" and isinstance(inner.get(key), list):
            there: list[Any] = inner[key]
            there.extend(item for item in value if item not in there)
        else:
            inner[key] = value


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoteResult:
    """What an agent elsewhere brought back for one message.

    Args:
        reply: Its answer; None where there is an error.
        events: What happened there, in order, without streamed text.
        said: Messages for the conversation, between question and answer.
        state: Changes to the conversation's state.
        stand_in: True where a model answered that is no real one.
    """

    reply: Message | None = None
    error: BatutaError | None = None
    events: tuple[Event, ...] = ()
    usage: Usage = field(default_factory=Usage)
    cost: Cost = FREE
    model_calls: int = 0
    tool_calls: int = 0
    said: tuple[Message, ...] = ()
    state: tuple[Change, ...] = ()
    stand_in: bool = False

    def answer(self) -> Message:
        """Give the answer, or raise the agent's error."""
        if self.error is not None:
            raise self.error
        if self.reply is None:
            raise RuntimeFailure("elsewhere", "brought back neither an answer nor an error")
        return self.reply

    def absorb(self, run: Run) -> None:
        """Put all of it into a run, as if it had just happened.

        For what was recorded earlier: what is fetched is put there while it happens.

        Args:
            run: The frame of the agent that the message was for.
        """
        job = run.job
        for event in self.events:
            job.trace.take(event)
        job.account.charge(self.usage, self.cost)
        job.account.count(model_calls=self.model_calls, tool_calls=self.tool_calls)
        self.settle(run)

    def settle(self, run: Run) -> None:
        """Put what is known at the end alone into a run: messages, state, who answered."""
        run.remember(*self.said)
        apply_changes(run.job.session.state, self.state)
        run.job.stand_in = run.job.stand_in or self.stand_in

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data; ``from_json`` reverses it."""
        return {
            "reply": None if self.reply is None else self.reply.to_json(content=True),
            "error": None if self.error is None else error_to_json(self.error),
            "events": [event.to_json() for event in self.events],
            "usage": self.usage.to_json(),
            "cost": self.cost.to_json(),
            "model_calls": self.model_calls,
            "tool_calls": self.tool_calls,
            "said": [message.to_json(content=True) for message in self.said],
            "state": [list(change) for change in self.state],
            "stand_in": self.stand_in,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> RemoteResult:
        """Read what ``to_json`` wrote."""
        return cls(
            reply=None if raw["reply"] is None else Message.from_json(raw["reply"]),
            error=None if raw["error"] is None else error_from_json(raw["error"]),
            events=tuple(Event.from_json(event) for event in raw["events"]),
            usage=Usage(**raw["usage"]),
            cost=Cost(**raw["cost"]),
            model_calls=raw["model_calls"],
            tool_calls=raw["tool_calls"],
            said=tuple(Message.from_json(message) for message in raw["said"]),
            state=tuple(tuple(change) for change in raw["state"]),
            stand_in=raw["stand_in"],
        )


@runtime_checkable
class Fetched(Agent, Protocol):
    """An agent elsewhere, which tells all that its answer brings back."""

    async def fetch(self, message: Message, run: Run) -> RemoteResult:
        """Have the message answered; the agent's own error is in what it gives, not raised."""
        ...


class Fetching:
    """An agent elsewhere, keeping what it brought."""

    remote = True

    def __init__(self, agent: Fetched) -> None:
        self._agent = agent
        self.name, self.role, self.decides = agent.name, agent.role, decider(agent)
        self.brought: RemoteResult | None = None

    async def execute(self, message: Message, run: Run) -> Message:
        """See ``Agent.execute``."""
        return (await self.fetch(message, run)).answer()

    async def fetch(self, message: Message, run: Run) -> RemoteResult:
        """See ``Fetched.fetch``."""
        self.brought = brought = await self._agent.fetch(message, run)
        return brought
