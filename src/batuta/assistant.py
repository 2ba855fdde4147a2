"""An App under one style, with its sessions and records: what every door talks to."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from batuta.core.ask import Ask, Limits, clean, within
from batuta.core.cancellation import to_end
from batuta.core.clock import Clock, SystemClock
from batuta.core.ids import new_id
from batuta.core.kept_content import KeptContent
from batuta.core.message import Message
from batuta.core.model_settings import UNSET, ModelSettings, nearest
from batuta.core.one_loop import OneLoop
from batuta.core.principal import LOCAL, Principal
from batuta.core.replacement import replace
from batuta.core.request import Request
from batuta.core.retry import Retry
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.core.slots import new_dict
from batuta.core.turn import KeptTurn, TurnStore
from batuta.errors import BatutaError, ConfigError, RequestKeyReused, SessionError
from batuta.parts.earlier import (
    Earlier,
    can_go_on,
    has_note,
    left_behind,
    not_kept,
    reviewed,
    turn_of,
    without_notes,
)
from batuta.parts.looked_up import looked_up
from batuta.parts.requests import Finishing, RequestDesk, Resolved
from batuta.parts.shown import check_shown, fill, keep_shown
from batuta.storage.in_memory import no_attachments, no_requests
from batuta.storage.turns import SeparateTurns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batuta.core.attachment import Attachment
    from batuta.core.attachment_store import AttachmentStore
    from batuta.core.budget import Budget
    from batuta.core.record import RunRecord, RunStore
    from batuta.core.request import RequestClaim, RequestLog
    from batuta.core.runtime import Durability, Runtime
    from batuta.core.session import SessionStore
    from batuta.core.tool import Hook, Tool

__all__ = ["Ask", "Assistant", "Limits", "clean"]


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
        tools: The App's: how a write is looked up and said.
        requests: Knows the requests that may be sent again, and the writes begun for them.
        turns: Keeps a turn of both stores in one go; None saves to the one, then to the other.
        kept: What is taken out of conversations and records before they are kept.
        settings: The style's own for its models; a message's hold where these say nothing, and the
            ``default_settings`` where that says nothing either.
        takes: Raises ``InvalidInput`` where a model of the style takes no such settings.
        shows: Raises ``InvalidInput`` where no model of the style can be shown such attachments.
        attachments: Keeps the bytes of images and files, apart from conversations and records.
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
    tools: Sequence[Tool] = ()
    requests: RequestLog = field(default_factory=no_requests)
    turns: TurnStore | None = None
    kept: KeptContent = field(default_factory=KeptContent)
    settings: ModelSettings = UNSET
    default_settings: ModelSettings = UNSET
    takes: Callable[[ModelSettings], None] | None = None
    shows: Callable[[Sequence[Attachment]], None] | None = None
    attachments: AttachmentStore = field(default_factory=no_attachments)
    _locks: dict[str, asyncio.Lock] = field(default_factory=new_dict, repr=False)
    _loop: OneLoop = field(default_factory=partial(OneLoop, "This assistant"), repr=False)

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

        A request that is sent again under its key gives what its first try answered; where that was
        cut short, what it had done is known first, and is the answer.

        Raises:
            InvalidInput: The message is empty or too long.
            RequestKeyReused: The request's key stands for other words, or another conversation.
            SessionError: The session is not this principal's.
            AnswerNotKept: It is done, and cannot be kept.
            ConfigError: It is at work on another event loop.
        """
        if self._loop.entered():
            self._locks.clear()  # their loop has ended
        text = clean(ask.text, self.limits.message_chars)
        ask = replace(ask, text=text, run_id=ask.run_id or new_id("run"))
        if ask.settings is not None and self.takes is not None:
            self.takes(ask.settings)
        if ask.attachments:
            check_shown(ask.attachments, self.limits, self.shows)
        prefix = ask.prefix(self.app)
        if not prefix:
            return await self._in_session(ask)
        request = Request(
            key=prefix,
            principal_id=ask.principal.id,
            words=ask.words(self.style),
            session_id=ask.session_id or new_id("ses"),
            run_id=ask.run_id or "",
        )
        fenced = self.runtime.durability is None
        async with self._lock(prefix), self._desk.claimed(request, fenced=fenced) as claim:
            first = claim.first
            others = ask.session_id not in (None, first.session_id) or first.words != request.words
            if others and claim.again:
                raise RequestKeyReused
            known = await self._known(ask, first)
            if known is not None and not isinstance(known, Resolved):
                return known
            if claim.again and not fenced:
                await self.requests.start(claim, request.run_id)
            if known is not None:
                return await self._gone_on(ask, claim, known)
            return await self._in_session(ask, claim)

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

    async def _known(self, ask: Ask, first: Request) -> RunRecord | Resolved | None:
        """Give the answer to an earlier try of a request, or what one did that was cut short."""
        durable = self.runtime.durability
        if durable is not None:  # the first run of this request may be on, after a crash too
            await durable.settled(first.key, ask.principal.id)
        known = await self.records.find(first.key, ask.principal.id)
        if known is not None and not self._same(known, ask):
            raise RequestKeyReused
        begun = await self.requests.of_request(first.key, ask.principal.id)
        if not begun:
            answered = known is not None and known.reply is not None and not known.failed
            return known if answered else None
        clock, zone = ask.clock or self.clock, self.time_zone
        finishing = Finishing(ask=ask, clock=clock, session_id=first.session_id, time_zone=zone)
        resolved = await self._desk.resolved(begun, finishing)
        if not resolved.done and not resolved.unknown:
            return None
        answered = known is not None and known.reply is not None and not resolved.unknown
        told = 0 if known is None else sum(e.status == "done" for e in known.effects)
        if answered and told >= len(resolved.done):
            return known
        return resolved

    async def _gone_on(self, ask: Ask, claim: RequestClaim, done: Resolved) -> RunRecord:
        """Go on with a request whose try was cut; where that cannot be, tell what it did."""
        first = claim.first
        if can_go_on(done, (ask.clock or self.clock).now(), self.time_zone):
            record = await self._in_session(ask, claim, done=done)
            if record.reply is not None:
                return record
            begun = await self.requests.of_request(first.key, ask.principal.id)
            ask, done = replace(ask, run_id=new_id("run")), await self._desk.resolved(begun)
        session = await self._session(first.session_id, ask.principal.id, fresh=True)
        earlier = Earlier(
            ask=ask,
            session_id=session.id,
            agent=self.agent,
            style=self.style,
            app=self.app,
            started_at=self.clock.now().isoformat(),
        )
        record = earlier.answer(done, self._desk)
        told_of = has_note(session.history, done)
        return await self.finish(record, None if told_of else session, first.key)

    def _same(self, known: RunRecord, ask: Ask) -> bool:
        if known.question.text not in (ask.text, self.kept.text(ask.text)):
            return False
        asked = (self.style, ask.session_id or known.session_id, ask.attachments)
        return asked == (known.style, known.session_id, known.question.attachments)

    @property
    def _desk(self) -> RequestDesk:
        return RequestDesk(log=self.requests, tools={tool.name: tool for tool in self.tools})

    async def _session(self, session_id: str, principal_id: str, *, fresh: bool) -> Session:
        """Read a conversation.

        Args:
            fresh: Whether it may be that nothing was kept of it yet.
        """
        try:
            session = await self.sessions.load(session_id, principal_id)
            await fill(session, self.attachments, self.limits.history_messages)
            return session
        except SessionError:
            if not fresh:
                raise
            return Session(session_id, principal_id)

    async def _in_session(
        self, ask: Ask, claim: RequestClaim | None = None, done: Resolved | None = None
    ) -> RunRecord:
        given = ask.session_id or (claim.first.session_id if claim else new_id("ses"))
        fresh = ask.session_id is None
        async with self._lock(f"session {given}"):
            if fresh and not (claim and claim.again):
                await self._turns.check()
                session = Session(given, ask.principal.id)
            else:
                session = await self._session(given, ask.principal.id, fresh=fresh)
            prefix = claim.first.key if claim else ""
            here = self.runtime.durability is None
            left = await left_behind(session, self._desk, prefix) if here else set[str]()
            if done is not None:
                session.history = without_notes(session.history, done, ask.text)
            steps = done.steps() if done else ""  # the run goes on from there
            record = await self._run(ask, session, prefix, steps=steps)
            if record.reply is not None:
                for request in left:
                    await self.requests.settle(request, ask.principal.id)
            return record

    async def _run(self, ask: Ask, session: Session, prefix: str, *, steps: str) -> RunRecord:
        ended: list[RunRecord] = []
        options = self.options(ask, session, prefix)
        options = replace(options, on_end=ended.append, earlier_steps=steps)
        durable = self.runtime.durability
        try:
            record = await self.runtime.run(self.agent, ask.message(), options)
        except asyncio.CancelledError:
            for cut in () if durable else ended:
                await to_end(self.finish(cut, session, prefix))
            raise
        return record if durable else await to_end(self.finish(record, session, prefix))

    def options(self, ask: Ask, session: Session, idempotency_prefix: str = "") -> RunOptions:
        """Make the options of a run that answers a message in a conversation.

        Args:
            idempotency_prefix: Opens the keys of the run's effects; empty takes the run's id.
        """
        return RunOptions(
            principal=ask.principal,
            session=session,
            run_id=ask.run_id,
            budget=within(ask.budget or self.budget, ask.seconds),
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
            settings=nearest(self.settings, ask.settings, self.default_settings),
            traceparent=ask.traceparent,
        )

    async def finish(
        self, record: RunRecord, session: Session | None, idempotency_prefix: str
    ) -> RunRecord:
        """Keep a run's record, and its turn in the conversation; a second time changes nothing.

        A durable runtime calls it itself, also for a run that another process began. A run that
        failed leaves the conversation as it was, unless it had done something by then. Gives the
        record as it is kept: with a warning where the answer claims what was not done.

        Args:
            session: The conversation as the run left it.
            idempotency_prefix: As the run's options have it; empty for a request without a key.

        Raises:
            AnswerNotKept: It could not be kept, and something is done.
        """
        record = await looked_up(record, self._desk, idempotency_prefix or record.run_id)
        record = reviewed(record, self.tools, session.history if session is not None else ())
        kept = self.kept.record(record)
        turn = turn_of(kept)
        if session is not None and record.reply is None and turn:
            session.state.clear()  # what it had gathered was for what is done by now
        try:
            await keep_shown(turn, kept, self.attachments)
            await self._turns.keep(
                KeptTurn(
                    record=kept,
                    session=session if turn else None,
                    said=turn,
                    request_key=idempotency_prefix,
                    updated_at=self.clock.now().isoformat(),
                    most_messages=self.limits.session_messages,
                )
            )
        except BatutaError as error:
            if not record.effects:
                raise
            raise not_kept(error, record) from error
        if record.effects:
            opened = idempotency_prefix or record.run_id
            with suppress(BatutaError):  # then the conversation is told of them once more
                answered = record.reply is not None
                await self.requests.settle(opened, record.principal_id, answered=answered)
        return record

    def _durable(self) -> Durability:
        durable = self.runtime.durability
        if durable is None:
            raise ConfigError("Runs are not durable here", "Set BATUTA_DURABLE, such as to sqlite.")
        return durable

    def _lock(self, name: str) -> asyncio.Lock:
        """Give the lock of that name, forgetting those that nobody holds once there are many."""
        if len(self._locks) > _MOST_LOCKS:
            for idle in [n for n, lock in self._locks.items() if not lock.locked()]:
                del self._locks[idle]
        return self._locks.setdefault(name, asyncio.Lock())


_MOST_LOCKS = 1_000
