"""An App under one style, with its sessions and records: what every door talks to."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from batuta.core.clock import Clock, SystemClock
from batuta.core.ids import new_id
from batuta.core.message import Message
from batuta.core.principal import LOCAL, Principal
from batuta.core.retry import Retry
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.core.turn import KeptTurn, TurnStore
from batuta.errors import ConfigError, InvalidInput
from batuta.storage.turns import SeparateTurns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batuta.core.budget import Budget
    from batuta.core.record import RunRecord, RunStore
    from batuta.core.runtime import Durability, Runtime
    from batuta.core.session import SessionStore
    from batuta.core.tool import Hook
    from batuta.core.trace import Listener


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one message and one conversation may be.

    Args:
        message_chars: Longest message.
        history_messages: Most messages of the conversation that a model sees.
        session_messages: Most messages that a session keeps; older ones are dropped.
        wait_s: Longest that a run waits until it may begin; None for as long as it takes.
    """

    message_chars: int = 4_000
    history_messages: int = 40
    session_messages: int = 400
    wait_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One message from a door.

    Args:
        session_id: None starts a conversation.
        request_key: The caller's key of this request; the same again gives the same answer.
        run_id: The run's id, where the door must know it beforehand; None makes one.
        clock: Where "now" comes from, for this message alone.
        listener: Called with each event as it happens.
        streams: Whether the listener wants text in pieces, asked before each model call; None for
            always.
        seconds: What the door has left for the run; None leaves it to the budget.
    """

    text: str
    principal: Principal = LOCAL
    session_id: str | None = None
    request_key: str = ""
    run_id: str | None = None
    clock: Clock | None = None
    listener: Listener | None = None
    streams: Callable[[], bool] | None = None
    seconds: float | None = None


@dataclass(kw_only=True)
class Assistant:
    """Takes messages, keeps conversations, gives records.

    Args:
        app: Name of the App.
        style: Key of the style.
        agent: Name of the registered agent that holds the style.
        hooks: Asked before every tool call.
        time_zone: What "tomorrow" means is reckoned in it.
        retry: How model calls and reading tools are tried again.
        turns: Keeps a turn of both stores in one go; None saves to the one, then to the other.
    """

    app: str
    style: str
    agent: str
    runtime: Runtime
    sessions: SessionStore
    records: RunStore
    budget: Budget
    clock: Clock = field(default_factory=SystemClock)
    hooks: Sequence[Hook] = ()
    time_zone: str = "UTC"
    limits: Limits = field(default_factory=Limits)
    retry: Retry = Retry()
    turns: TurnStore | None = None
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict[str, asyncio.Lock], repr=False)

    def __post_init__(self) -> None:
        self._turns = self.turns or SeparateTurns(self.sessions, self.records)
        durable = self.runtime.durability
        if durable is not None:
            durable.finish, durable.hooks = self.finish, self.hooks

    async def chat(self, text: str, session_id: str | None = None, **more: Any) -> RunRecord:
        """Answer one message; ``more`` is what else ``Ask`` takes.

        Raises:
            InvalidInput: The message is empty or too long.
            SessionError: The session is not this principal's.
        """
        return await self.answer(Ask(text=text, session_id=session_id, **more))

    async def answer(self, ask: Ask) -> RunRecord:
        """Answer one message within its conversation.

        A failed run is a record with an error; the conversation is then as it was before.

        Raises:
            InvalidInput: The message is empty or too long.
            SessionError: The session is not this principal's.
        """
        text = clean(ask.text, self.limits.message_chars)
        prefix = self._idempotency_prefix(ask)
        if not prefix:
            return await self._in_session(replace(ask, text=text), prefix)
        async with self._lock(prefix):
            durable = self.runtime.durability
            if durable is not None:  # the first run of this request may be on, after a crash too
                await durable.settled(prefix, ask.principal.id)
            known = await self.records.find(prefix, ask.principal.id)
            if known is not None and known.reply is not None:
                return known
            return await self._in_session(replace(ask, text=text), prefix)

    async def submit(self, texts: Sequence[str], principal: Principal = LOCAL) -> list[str]:
        """Leave messages to the workers of a durable runtime, each a conversation of its own.

        Gives the runs' ids; ``result`` waits for one.

        Raises:
            ConfigError: The runtime is not durable.
            InvalidInput: A message is empty or too long.
        """
        work: list[tuple[Message, RunOptions]] = []
        for text in texts:
            said = clean(text, self.limits.message_chars)
            session = Session(new_id("ses"), principal.id)
            work.append(
                (Message.user(said), self.options(Ask(text=said, principal=principal), session))
            )
        return await self._durable().submit_batch(self.agent, work)

    async def result(self, run_id: str) -> RunRecord:
        """Wait for a durable run, in whatever process it is on.

        Raises:
            ConfigError: The runtime is not durable.
            RuntimeFailure: It was cancelled.
        """
        return await self._durable().result(run_id)

    async def start(self) -> None:
        """Start the agents."""
        await self.runtime.start()

    async def stop(self) -> None:
        """Stop the agents."""
        await self.runtime.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.stop()

    async def _in_session(self, ask: Ask, prefix: str) -> RunRecord:
        session_id = ask.session_id or new_id("ses")
        async with self._lock(f"session {session_id}"):
            if ask.session_id is None:
                session = Session(session_id, ask.principal.id)
            else:
                session = await self.sessions.load(session_id, ask.principal.id)
            return await self._run(ask, session, prefix)

    async def _run(self, ask: Ask, session: Session, prefix: str) -> RunRecord:
        ended: list[RunRecord] = []
        question = Message.user(ask.text)
        options = replace(self.options(ask, session, prefix), on_end=ended.append)
        try:
            record = await self.runtime.run(self.agent, question, options)
        except asyncio.CancelledError:
            for cut in () if self.runtime.durability else ended:
                await asyncio.shield(self.records.save(cut, prefix))
            raise
        if self.runtime.durability is None:
            await self.finish(record, session, prefix)
        return record

    def options(self, ask: Ask, session: Session, idempotency_prefix: str = "") -> RunOptions:
        """Make the options of a run that answers a message in a conversation.

        Args:
            idempotency_prefix: Opens the keys of the run's effects; empty takes the run's id.
        """
        return RunOptions(
            principal=ask.principal,
            session=session,
            run_id=ask.run_id,
            budget=_within(self.budget, ask.seconds),
            idempotency_prefix=idempotency_prefix,
            clock=ask.clock or self.clock,
            time_zone=self.time_zone,
            hooks=self.hooks,
            retry=self.retry,
            history_limit=self.limits.history_messages,
            wait_s=self.limits.wait_s,
            listener=ask.listener,
            streams=ask.streams,
            labels={"style": self.style, "app": self.app},
        )

    async def finish(
        self, record: RunRecord, session: Session | None, idempotency_prefix: str
    ) -> None:
        """Keep a run's record, and its turn in the conversation; a second time changes nothing.

        A durable runtime calls it itself, also for a run that another process began.

        Args:
            session: The conversation as the run left it.
            idempotency_prefix: As the run's options have it; empty for a request without a key.
        """
        answered = record.reply is not None and session is not None
        said = [record.question, *record.steps, record.reply] if record.reply is not None else []
        await self._turns.keep(
            KeptTurn(
                record=record,
                session=session if answered else None,
                said=said,
                request_key=idempotency_prefix,
                updated_at=self.clock.now().isoformat(),
                most_messages=self.limits.session_messages,
            )
        )

    def _durable(self) -> Durability:
        durable = self.runtime.durability
        if durable is None:
            raise ConfigError("Runs are not durable here", "Set BATUTA_DURABLE, such as to sqlite.")
        return durable

    def _idempotency_prefix(self, ask: Ask) -> str:
        """Make of the caller's key what opens the keys of its writes; it is the caller's alone."""
        if not ask.request_key:
            return ""
        plain = f"{self.app}|{ask.principal.id}|{ask.request_key}"
        return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def _lock(self, name: str) -> asyncio.Lock:
        """Give the lock of that name, forgetting those that nobody holds once there are many."""
        if len(self._locks) > _MOST_LOCKS:
            for idle in [n for n, lock in self._locks.items() if not lock.locked()]:
                del self._locks[idle]
        return self._locks.setdefault(name, asyncio.Lock())


_MOST_LOCKS = 1_000
_ALLOWED_CONTROLS = "\n\t"


def _within(budget: Budget, seconds: float | None) -> Budget:
    """Give the budget with no more time than there is."""
    if seconds is None or (budget.seconds is not None and budget.seconds <= seconds):
        return budget
    return replace(budget, seconds=seconds)


def clean(text: str, most_chars: int) -> str:
    """Check a message and take control characters out of it.

    Raises:
        InvalidInput: It is empty, or longer than allowed.
    """
    if len(text) > most_chars:
        raise InvalidInput(f"The message has {len(text)} characters", f"Send at most {most_chars}.")
    spaced = (" " if c.isspace() and c not in _ALLOWED_CONTROLS else c for c in text)
    kept = "".join(c for c in spaced if c.isprintable() or c in _ALLOWED_CONTROLS).strip()
    if not kept:
        raise InvalidInput("The message is empty", "Say what you want.")
    return kept
