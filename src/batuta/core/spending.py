"""What runs used and cost, for whom and by whom decided: kept longer than their records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from batuta.core.model import Usage

if TYPE_CHECKING:
    from batuta.core.record import RunRecord
    from batuta.core.trace import Event

_SOURCES = "; "


class SpentOn(NamedTuple):
    """What calls were of: those that are alike in all of this are counted together.

    Args:
        agent: The agent that called.
        step: The outermost step or agent below the run's own that it was done in; empty for none.
        kind: ``model`` or ``tool``; ``other`` for what the run paid and no call of it tells.
        name: Of the model that answered, or the tool.
        by: Who decided it.
    """

    agent: str
    step: str
    kind: str
    name: str
    by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallSpending:
    """Calls that are counted together.

    Args:
        failed: How many of them ended with an error.
        untold: Of models, how many ended, or were cut, with nobody told how many tokens they took.
        known_usd: Dollars, of the calls whose price is known.
        unpriced: How many used tokens whose price nobody knows: never counted as nothing.
        sources: Where the prices are from, and why one is unknown.
        seconds: That they took, each for itself.
    """

    calls: int = 0
    failed: int = 0
    untold: int = 0
    usage: Usage = field(default_factory=Usage)
    known_usd: float = 0.0
    unpriced: int = 0
    sources: tuple[str, ...] = ()
    seconds: float = 0.0

    def plus(self, other: CallSpending) -> CallSpending:
        """Add them up."""
        return CallSpending(
            calls=self.calls + other.calls,
            failed=self.failed + other.failed,
            untold=self.untold + other.untold,
            usage=self.usage + other.usage,
            known_usd=self.known_usd + other.known_usd,
            unpriced=self.unpriced + other.unpriced,
            sources=tuple(dict.fromkeys((*self.sources, *other.sources))),
            seconds=self.seconds + other.seconds,
        )

    @property
    def usd(self) -> float | None:
        """Dollars; None where a part of it is unknown."""
        return None if self.unpriced else self.known_usd


@dataclass(frozen=True, kw_only=True, slots=True)
class RunSpending:
    """What a run spent; or many runs of one day, once they are old.

    Args:
        run_id: Empty where it is of many runs; then ``session_id`` is empty too.
        day: ISO date in UTC on which it was kept first.
        runs: How many runs it is of.
        seconds: That the runs took.
        stand_in: Whether a model answered that is no real one.
    """

    run_id: str
    principal_id: str
    session_id: str
    style: str
    app: str
    day: str
    runs: int = 1
    seconds: float = 0.0
    stand_in: bool = False
    spent: Mapping[SpentOn, CallSpending] = field(default_factory=dict[SpentOn, CallSpending])

    def body(self) -> dict[str, Any]:
        """Turn what is not looked for into JSON-able data; ``of_body`` reverses it."""
        return {
            "runs": self.runs,
            "seconds": self.seconds,
            "stand_in": self.stand_in,
            "spent": [[*on, *_row(spent)] for on, spent in self.spent.items()],
        }

    @classmethod
    def of_body(cls, raw: Mapping[str, Any], **keys: str) -> RunSpending:
        """Read what ``body`` made.

        Args:
            keys: The other fields.
        """
        return cls(
            **keys,
            runs=raw["runs"],
            seconds=raw["seconds"],
            stand_in=raw["stand_in"],
            spent={SpentOn(*row[:5]): _spending(row[5:]) for row in raw["spent"]},
        )


def merged(parts: Iterable[Mapping[SpentOn, CallSpending]]) -> dict[SpentOn, CallSpending]:
    """Add up what is alike."""
    made: dict[SpentOn, CallSpending] = {}
    for part in parts:
        for on, spent in part.items():
            before = made.get(on)
            made[on] = spent if before is None else before.plus(spent)
    return made


def spending_of(record: RunRecord, day: str) -> RunSpending:
    """Count what a run spent, by its events; what they leave out of its totals stands as other.

    Args:
        day: ISO date on which it is kept.
    """
    spent = _by_events(record.events, record.seconds)
    total = CallSpending()
    for each in spent.values():
        total = total.plus(each)
    rest = _rest(record, total)
    if rest is not None:
        spent[SpentOn(record.agent, "", "other", "", "code")] = rest
    return RunSpending(
        run_id=record.run_id,
        principal_id=record.principal_id,
        session_id=record.session_id,
        style=record.style,
        app=record.app,
        day=day,
        seconds=record.seconds,
        stand_in=record.stand_in,
        spent=spent,
    )


def _by_events(events: Sequence[Event], seconds: float) -> dict[SpentOn, CallSpending]:
    made: dict[SpentOn, CallSpending] = {}
    places: dict[str, tuple[str, str]] = {}
    began: dict[str, Event] = {}

    def count(event: Event, one: CallSpending) -> None:
        agent, step = _around(places, event.parent)
        on = SpentOn(agent, step, event.kind, _name(event), event.by)
        before = made.get(on)
        made[on] = one if before is None else before.plus(one)

    for event in events:
        if event.kind in {"agent", "step"}:
            if event.phase == "start":
                places[event.span] = _place_in(places, event)
        elif event.kind not in {"model", "tool"}:
            continue
        elif event.phase == "start":
            began[event.span] = event
        elif event.phase == "end":
            start = began.pop(event.span, event)
            count(event, _one(event, max(0.0, event.at_s - start.at_s)))
    for event in began.values():  # cut: a model may have been paid for what nobody was told of
        lasted = max(0.0, seconds - event.at_s)
        untold = int(event.kind == "model")
        count(event, CallSpending(calls=1, failed=1, untold=untold, seconds=lasted))
    return made


def _place_in(places: Mapping[str, tuple[str, str]], event: Event) -> tuple[str, str]:
    agent, step = _around(places, event.parent)
    here = step or (event.name if agent else "")
    return (event.name if event.kind == "agent" else agent), here


def _around(places: Mapping[str, tuple[str, str]], path: str) -> tuple[str, str]:
    """Give agent and step of the nearest place around that is known."""
    while path and path not in places:
        path = path.rpartition(".")[0]
    return places.get(path, ("", ""))


def _name(event: Event) -> str:
    """Give the tool's name, or that of the model that answered."""
    answered = (event.data or {}).get("answered") if event.kind == "model" else None
    return str(answered or event.name)


def _one(event: Event, seconds: float) -> CallSpending:
    cost, usage = event.cost, event.usage
    unknown = cost is not None and cost.usd is None
    return CallSpending(
        calls=1,
        failed=int(event.error is not None),
        untold=int(event.kind == "model" and usage is None),
        usage=usage or Usage(),
        known_usd=0.0 if cost is None else cost.known_usd,
        unpriced=int(unknown),
        sources=(cost.reason,) if cost is not None and cost.reason else (),
        seconds=seconds,
    )


def _rest(record: RunRecord, total: CallSpending) -> CallSpending | None:
    """Give what the run's own totals have more than its events; None for nothing."""
    mine = (record.usage.to_json(), total.usage.to_json())
    more = {name: max(0, ours - mine[1][name]) for name, ours in mine[0].items()}
    usd = record.cost.known_usd - total.known_usd
    unknown = record.cost.usd is None and not total.unpriced
    if not any(more.values()) and usd <= _SMALLEST_USD and not unknown:
        return None
    return CallSpending(
        usage=Usage(**more),
        known_usd=max(0.0, usd),
        unpriced=int(unknown),
        sources=(record.cost.reason,) if record.cost.reason else (),
    )


_SMALLEST_USD = 1e-9
"""Below it, a difference is one of rounding."""


def _row(spent: CallSpending) -> list[Any]:
    used = spent.usage
    return [
        *(spent.calls, spent.failed, spent.untold),
        *(used.input_tokens, used.output_tokens, used.cached_tokens),
        *(used.reasoning_tokens, used.cache_write_tokens),
        *(spent.known_usd, spent.unpriced, _SOURCES.join(spent.sources), spent.seconds),
    ]


def _spending(row: Sequence[Any]) -> CallSpending:
    return CallSpending(
        calls=row[0],
        failed=row[1],
        untold=row[2],
        usage=Usage(*row[3:8]),
        known_usd=row[8],
        unpriced=row[9],
        sources=tuple(filter(None, str(row[10]).split(_SOURCES))),
        seconds=row[11],
    )


def of_one_day(many: Sequence[RunSpending]) -> RunSpending:
    """Make one of many that are of one day, principal, style and App; runs are told apart no more.

    Raises:
        ValueError: There is none.
    """
    if not many:
        raise ValueError("of_one_day takes at least one run's spending.")
    return replace(
        many[0],
        run_id="",
        session_id="",
        runs=sum(each.runs for each in many),
        seconds=sum(each.seconds for each in many),
        stand_in=any(each.stand_in for each in many),
        spent=merged(each.spent for each in many),
    )


class SpendingStore(Protocol):
    """Keeps what runs spent, from the save of their records on, and longer than these."""

    async def spending(self, principal_id: str | None, since: str = "") -> Sequence[RunSpending]:
        """Give what a principal's runs spent, by day.

        Args:
            principal_id: None for everybody's.
            since: ISO date of the first day; empty for all that is known.
        """
        ...
