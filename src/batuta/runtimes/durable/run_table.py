"""The runs of this process: who hosts them, who waits for them, and what is on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from batuta.core.record import RunRecord
from batuta.core.runtime import Finish, Observer
from batuta.core.slots import new_dict, new_set
from batuta.errors import BatutaError, ConfigError
from batuta.runtimes.durable.contents import RunContents
from batuta.runtimes.durable.journal import Journal
from batuta.runtimes.durable.store import Store

if TYPE_CHECKING:
    from dbos import DBOSClient, WorkflowHandleAsync

    from batuta.core.agent import Agent
    from batuta.core.message import Message
    from batuta.core.runtime import RunOptions
    from batuta.core.tool import Hook
    from batuta.runtimes.durable.inputs import Inputs
    from batuta.runtimes.durable.recording import StepRecording
    from batuta.runtimes.local import LocalRuntime


class RunHost(Protocol):
    """What runs agents: one ``DurableRuntime`` of this process.

    ``finish`` keeps a run's record and its turn in the conversation; ``hooks`` are the App's;
    ``observer`` is told of each run that has ended for good.
    """

    place: str
    local: LocalRuntime
    recording: StepRecording
    finish: Finish | None
    hooks: Sequence[Hook]
    observer: Observer | None


@dataclass(slots=True, eq=False, kw_only=True)
class Live:
    """A run that somebody in this process waits for, with what cannot be written down.

    Args:
        starting: Writes it down and begins it; nobody may cut that half way.
        unwanted: Whoever waited for it has given it up.
        left: It is given up here for another process to go on with.
    """

    host: RunHost
    agent: Agent | str
    message: Message
    options: RunOptions
    inputs: Inputs
    record: RunRecord | None = None
    error: BatutaError | None = None
    starting: asyncio.Future[WorkflowHandleAsync[Any]] | None = None
    unwanted: bool = False
    left: bool = False


class BegunAttempt(Protocol):
    """One attempt at a run that is on; ``host`` is None while it looks for one."""

    run_id: str
    host: RunHost | None
    task: asyncio.Task[Any] | None

    def leave(self) -> None:
        """End without an outcome, so that another process, or the next start, goes on."""
        ...


@dataclass(eq=False, kw_only=True)
class RunTable:
    """What the engine and the attempts that it begins both work on.

    Args:
        contents: Keeps the bytes of runs' images and files.
        most_attempts: How often a run may be taken up again without getting any further.
        live: The runs that somebody here waits for, by their ids.
        attempts: Those that are on.
        journals: Those of the runs that are on, by their ids.
        hosts: The runtimes of this process, each by its place.
        opener: Opens the runtime of a place.
    """

    store: Store
    contents: RunContents
    most_attempts: int
    live: dict[str, Live] = field(default_factory=new_dict)
    attempts: set[BegunAttempt] = field(default_factory=new_set)
    journals: dict[str, Journal] = field(default_factory=new_dict)
    hosts: dict[str, RunHost] = field(default_factory=new_dict)
    opener: Callable[[str], Awaitable[object]] | None = None
    connected: DBOSClient | None = None

    @property
    def client(self) -> DBOSClient:
        """DBOS's view from outside any workflow.

        Raises:
            ConfigError: The engine is not started.
        """
        if self.connected is None:
            raise ConfigError("The durable engine is not started", "Await start() first.")
        return self.connected

    async def host(self, place: str) -> RunHost | None:
        """Find, or open, the runtime that a run belongs to; None where nobody here has it."""
        if place not in self.hosts and self.opener is not None:
            await self.opener(place)
        return self.hosts.get(place)
