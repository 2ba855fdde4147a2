"""Where agents live and runs are made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from batuta.core.budget import Budget
from batuta.core.people import Questioned
from batuta.core.principal import LOCAL, Principal
from batuta.core.record import RunRecord
from batuta.core.retry import Retry
from batuta.core.session import Session
from batuta.core.slots import new_dict

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.clock import Clock
    from batuta.core.message import Message
    from batuta.core.model_settings import ModelSettings
    from batuta.core.tool import Hook
    from batuta.core.trace import Listener


@dataclass(frozen=True, kw_only=True, slots=True)
class RunOptions:
    """What a door says about one run.

    Args:
        session: The conversation; None makes an empty one that nobody keeps.
        run_id: None makes a new one.
        idempotency_prefix: Opens every effect's key; empty takes the run id.
        clock: None takes the runtime's.
        wait_s: Longest wait until the run may begin; None for as long as it takes.
        listener: Called with each event as it happens; must not block.
        streams: Asked before each model call whether the listener wants text in pieces; None for
            always.
        on_end: Called with the record however the run ends, cancellation included.
        labels: ``style`` and ``app`` for the record.
        settings: Of every model, where nobody nearer to it sets the same; None sets nothing.
        traceparent: W3C trace context of what asked for the run; empty for none.
        earlier_steps: As ``LoggedEffect.steps`` has them: the run goes on from there.
    """

    principal: Principal = LOCAL
    session: Session | None = None
    budget: Budget = field(default_factory=Budget)
    run_id: str | None = None
    idempotency_prefix: str = ""
    clock: Clock | None = None
    time_zone: str = "UTC"
    hooks: Sequence[Hook] = ()
    retry: Retry = Retry()
    history_limit: int = 40
    wait_s: float | None = None
    listener: Listener | None = None
    streams: Callable[[], bool] | None = None
    on_end: Callable[[RunRecord], None] | None = None
    labels: Mapping[str, str] = field(default_factory=new_dict)
    settings: ModelSettings | None = None
    traceparent: str = ""
    earlier_steps: str = ""


Observer = Callable[[RunRecord, Budget], None]
"""Takes each run that has ended, with what it might have used; must not block, nor raise."""


class OpenRun(Protocol):
    """A run that is on, for whoever tells of its parts before it has ended."""

    def so_far(self) -> tuple[RunRecord, Budget]:
        """Give the record that it would leave were it cut now; may be called in any thread."""
        ...


Finish = Callable[[RunRecord, Session | None, str], Awaitable[RunRecord]]
"""Keeps a run's record and its turn in the session, under the run's ``idempotency_prefix``, and
gives the record as it is kept."""


class Durability(Protocol):
    """What a runtime does whose runs outlive whoever waits for them, and their process.

    ``finish`` is called once for each run, by whatever process ends it; ``hooks`` are those of runs
    that another process began.
    """

    finish: Finish | None
    hooks: Sequence[Hook]

    async def settled(self, idempotency_prefix: str, principal_id: str) -> None:
        """Wait for the run of an earlier request with the same key, in whatever process it is."""
        ...

    async def submit_batch(
        self, agent: str, work: Sequence[tuple[Message, RunOptions]]
    ) -> list[str]:
        """Leave runs to whichever process is free, and give their ids."""
        ...

    async def result(self, run_id: str) -> RunRecord:
        """Wait for a run that any process does, and give its record.

        Raises:
            RuntimeFailure: It was cancelled, or ended without a record.
        """
        ...

    def leave(self, run_id: str) -> bool:
        """Give up a run that is waited for here, so that the next start goes on with it."""
        ...


class Runtime(Questioned, Protocol):
    """Hosts agents by name and runs them.

    Registering and mail are the parts ``agents`` and ``mail``, alike on every runtime. ``observer``
    is told of each run that has ended.
    """

    observer: Observer | None

    @property
    def durability(self) -> Durability | None:
        """What it does for runs that outlive their process; None where none does."""
        ...

    @property
    def working(self) -> int:
        """How many agents are at work."""
        ...

    def register(self, *agents: Agent) -> None:
        """Take agents in under their names.

        Raises:
            ValueError: A name is taken.
        """
        ...

    def unregister(self, name: str) -> None:
        """Let an agent go.

        Raises:
            AgentNotFound: There is none of that name.
        """
        ...

    def names(self) -> tuple[str, ...]:
        """List the agents in the order of registration."""
        ...

    async def run(
        self, agent: Agent | str, message: Message, options: RunOptions | None = None
    ) -> RunRecord:
        """Run an agent and give the whole record; a failed run is a record with an error."""
        ...

    async def call(
        self, agent: Agent | str, message: Message, options: RunOptions | None = None
    ) -> Message:
        """Run an agent and give its answer, or raise its error."""
        ...

    async def call_several(
        self, calls: Sequence[tuple[Agent | str, Message]], options: RunOptions | None = None
    ) -> list[RunRecord]:
        """Run several at once, under the runtime's limit; records come in the order given."""
        ...

    async def start(self) -> None:
        """Start the agents, each after those that it needs."""
        ...

    async def stop(self) -> None:
        """Stop the agents in the reverse order."""
        ...

    def ready(self) -> bool:
        """Tell whether every agent can answer."""
        ...
