"""What every route works with: the house, who is calling, what may be done at once, and how."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from batuta.assistant import Ask, Assistant
from batuta.core.cancellation import to_end
from batuta.core.clock import Clock
from batuta.core.ids import new_id
from batuta.core.principal import Principal
from batuta.core.replacement import replace
from batuta.core.session import Session
from batuta.core.trace import is_traceparent
from batuta.errors import BatutaError, ConfigError, Conflict
from batuta.errors.public import without_internals
from batuta.serve.http.branches import Branches
from batuta.serve.http.encoding import shortened
from batuta.serve.http.identity import Identity, WrongKey
from batuta.serve.http.limits import Rate, WrongKeys
from batuta.serve.http.live import LiveRun, LiveRuns
from batuta.serve.http.problems import Answer, Refused, problem_of
from batuta.serve.http.replies import answer_of
from batuta.serve.http.wording import log_details
from batuta.styles import AppStyle
from batuta.wiring import Assistants, clock_at
from batuta.wiring.telemetry import Meter

After = Callable[[LiveRun], Coroutine[Any, Any, None] | None]
NOW_HEADER = "X-Batuta-Now"
KEY_HEADER = "Idempotency-Key"
_LONGEST_KEY = 200


@dataclass(eq=False, kw_only=True)
class Door:
    """One open door.

    Args:
        alone: The only style served; None serves all.
        test_mode: Let a request say what time it is.
        meter: Counts for Prometheus; None for nobody.
    """

    house: Assistants
    identity: Identity
    alone: AppStyle | None
    test_mode: bool
    meter: Meter | None = None
    rate: Rate = field(init=False)
    wrong_keys: WrongKeys = field(init=False)
    runs: LiveRuns = field(init=False)
    branches: Branches = field(init=False)

    def __post_init__(self) -> None:
        settings = self.house.settings
        self.rate = Rate(settings.requests_per_minute, self.house.clock)
        self.wrong_keys = WrongKeys(settings.wrong_keys_per_minute, self.house.clock)
        self.runs = LiveRuns(settings.concurrent_runs, settings.caller_share)
        self.branches = Branches(sessions=self.house.sessions, attachments=self.house.attachments)

    @property
    def default(self) -> AppStyle:
        """The style of a request that names none."""
        return self.alone or self.house.cast.default

    def choose(self, named: str | None) -> str:
        """Give the key of the style to use.

        Raises:
            Refused: There is none of that name, or it cannot run here.
        """
        there = self.house.cast.styles if self.alone is None else {self.alone.key: self.alone}
        if named is None:
            return self.default.key
        found = there.get(named.strip().lower())
        if found is None:
            shown = repr(shortened(named, 40))
            detail = f"There is no style {shown} here. Styles: {', '.join(there)}."
            raise Refused(404, "unknown_style", detail, styles=[*there])
        missing = without_internals(found.missing())
        if missing:
            key = found.key
            detail = f"Style {key} ({found.style.name}) cannot run here. Missing: {missing}."
            raise Refused(503, "style_unavailable", detail, style=key, missing=missing)
        return found.key

    def shows_reasoning(self, *, asked: bool) -> bool:
        """Tell whether whoever reads a run is shown summaries of models' thoughts.

        Args:
            asked: Whether they asked for them.
        """
        shown = self.house.settings.show_reasoning
        return shown == "always" or (asked and shown == "on_request")

    def admit(self, headers: Mapping[str, str], host: str) -> Principal:
        """Find out who is calling, and count the request.

        Args:
            host: Address that the call comes from.

        Raises:
            Refused: Nobody known.
            LimitReached: Too many requests, or too many wrong keys from there.
        """
        try:
            principal = self.identity.caller(headers)
        except WrongKey:
            self.wrong_keys.take(host)
            raise
        self.rate.take(principal.id)
        return principal

    async def assistant(self, key: str) -> Assistant:
        """Give the App under a style, started."""
        return await self.house.style(key)

    async def take_up(self) -> None:
        """Go on with durable runs that were left behind; nobody need ask for anything first.

        Raises:
            ConfigError: The database of durable runs cannot be used.
            StoreBusy: It is locked.
        """
        if self.house.engine is not None:
            await self.assistant(self.default.key)

    async def start(
        self,
        key: str,
        ask: Ask,
        *,
        streams: bool = False,
        after: After | None = None,
        assistant: Assistant | None = None,
    ) -> LiveRun:
        """Start to answer a message.

        Args:
            streams: Whoever asks reads it as it comes.
            after: Called before the answer counts as given, also where the run was cut; what it
                gives is awaited.
            assistant: Answers, in the place of the style's usual one; None for that.

        Raises:
            LimitReached: Too many runs are on.
        """
        assistant = assistant or await self.assistant(key)
        live = LiveRun(key, ask, readers=int(streams))
        live.ask = replace(ask, listener=live, run_id=new_id("run"), streams=live.is_read)
        durable = assistant.runtime.durability
        live.let_go = None if durable is None else durable.leave

        async def work(live: LiveRun) -> Answer:
            try:
                return await self._answered(assistant, live)
            except BatutaError as error:
                log_details(error, live.run_id)
                return problem_of(error, **(live.ids() if live.run_id else {}))
            finally:
                if after is not None and (rest := after(live)) is not None:
                    await to_end(rest)

        self.runs.start(live, work)
        return live

    async def _answered(self, assistant: Assistant, live: LiveRun) -> Answer:
        ask = live.ask
        record = await assistant.answer(ask)
        live.record = record
        if record.failure is not None:
            log_details(record.failure, record.run_id)
        if record.reply is None and ask.session_id is None:
            # So that the session id of the problem can be used to try again.
            with suppress(Conflict):  # it is kept already, with what was done
                await self.house.sessions.save(Session(record.session_id, ask.principal.id))
        return answer_of(record)

    def clock_for(self, request: Request) -> Clock | None:
        """Read what time the request says it is; None where it says nothing.

        Raises:
            Refused: It may not, or says it in no known form.
        """
        moment = request.headers.get(NOW_HEADER)
        if moment is None:
            return None
        if not self.test_mode:
            detail = f"{NOW_HEADER} works in test mode only. Start the server with --test-mode."
            raise Refused(400, "test_mode_off", detail)
        try:
            return clock_at(moment.strip(), self.house.app.time_zone)
        except (ConfigError, OverflowError, ValueError) as error:
            detail = f"{NOW_HEADER} is no ISO time. Write it as 2019-03-01T06:00."
            raise Refused(400, "invalid_time", detail) from error


def request_key(request: Request) -> str:
    """Read the caller's own key of the request; empty where there is none.

    Raises:
        Refused: It is empty, too long, or not plain.
    """
    key = request.headers.get(KEY_HEADER)
    if key is None:
        return ""
    if not checked_key(key):
        detail = f"{KEY_HEADER} must have 1 to {_LONGEST_KEY} plain characters."
        raise Refused(400, "invalid_idempotency_key", detail)
    return key


def checked_key(key: str) -> bool:
    """Tell whether a caller's key of a request can be one."""
    return bool(key) and len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable()


def trace_context(request: Request) -> str:
    """Read the W3C trace context that the request came in; empty where there is none, or half."""
    given = request.headers.get("traceparent", "").strip()
    return given if is_traceparent(given) else ""


def door_of(request: Request) -> Door:
    """Give the door that the request came to."""
    return request.app.state.door


async def caller_of(request: Request) -> Principal:
    """Find out who is calling, and count the request.

    Raises:
        Refused: Nobody known.
        LimitReached: Too many requests, or too many wrong keys from there.
    """
    client = request.client
    return door_of(request).admit(request.headers, client.host if client else "")
