"""Who runs agents durably in this process, and the runs that somebody here waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from batuta.core.record import RunRecord
from batuta.core.runtime import Finish
from batuta.errors import BatutaError

if TYPE_CHECKING:
    from dbos import WorkflowHandleAsync

    from batuta.core.agent import Agent
    from batuta.core.message import Message
    from batuta.core.runtime import RunOptions
    from batuta.core.tool import Hook
    from batuta.runtimes.durable.inputs import Inputs
    from batuta.runtimes.durable.recording import Recording
    from batuta.runtimes.local import LocalRuntime


class Host(Protocol):
    """What runs agents: one ``DurableRuntime`` of this process.

    ``finish`` keeps a run's record and its turn in the conversation; ``hooks`` are the App's.
    """

    place: str
    local: LocalRuntime
    recording: Recording
    finish: Finish | None
    hooks: Sequence[Hook]


@dataclass(slots=True, eq=False, kw_only=True)
class Live:
    """A run that somebody in this process waits for, with what cannot be written down.

    Args:
        starting: Writes it down and begins it; nobody may cut that half way.
        unwanted: Whoever waited for it has given it up.
        left: It is given up here for another process to go on with.
    """

    host: Host
    agent: Agent | str
    message: Message
    options: RunOptions
    inputs: Inputs
    record: RunRecord | None = None
    error: BatutaError | None = None
    starting: asyncio.Future[WorkflowHandleAsync[Any]] | None = None
    unwanted: bool = False
    left: bool = False
