"""What a run has done so far, by name, so that a later attempt of it takes it as done."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from dbos import DBOS
from dbos import error as dbos_errors
from sqlalchemy.exc import SQLAlchemyError

from batuta.core.redaction import redacted_text
from batuta.core.slots import new_dict
from batuta.errors import BatutaError, ReplayMismatch
from batuta.remote.result import error_from_json, error_to_json
from batuta.runtimes.durable.order import Order
from batuta.runtimes.durable.serialization import EncodedJson, write
from batuta.runtimes.exact import NotExactError, decode_error, encode_error

Outcome = Mapping[str, Any]
"""``asked``, ``order``, and one of ``value``, ``raised``, ``error`` (one of ours that is not made
anew exactly) and ``lost`` (a stranger's that is not)."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Something that a run wants to be done once.

    Args:
        kind: ask, use, begin, call, step or person; or end, of an agent that was called beside
            others.
        span: Its step path.
        asked: A digest of what is asked for; another one under the same name is another run.
    """

    kind: str
    span: str
    asked: str = ""


@dataclass(slots=True, eq=False)
class Journal:
    """One attempt of one run.

    What was recorded in earlier attempts is read at once when this one begins; its steps are found
    by name, as their numbers depend on what happened to be faster. A step that a run gave up in an
    earlier attempt and went on without (a time limit, a rival's success) stays undone for as long
    as it is waited for, so that the run goes the same way again.

    Args:
        recorded: Name of each recorded step to its outcome.
        failure: Why nothing more can be recorded.
        task: What this attempt is; cancelled to end it.
        left: Whether this process gives the run up for another one to go on with.
        asked: Whether a question was put to a person.
        order: In which order steps end that are at work side by side.
    """

    run_id: str
    recorded: Mapping[str, Outcome] = field(default_factory=new_dict)
    failure: BaseException | None = None
    task: asyncio.Task[Any] | None = None
    left: bool = False
    asked: bool = False
    order: Order = field(init=False)
    _times: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    _given_up: dict[str, None] = field(default_factory=new_dict)
    _gave_up: frozenset[str] = frozenset()
    _last: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._last.set()
        self._gave_up = frozenset(
            name for outcome in self.recorded.values() for name in outcome.get("without", ())
        )
        self.order = Order(
            {
                name: outcome["order"]
                for name, outcome in self.recorded.items()
                if "order" in outcome and name not in self._gave_up
            }
        )

    def name(self, wish: Wish) -> str:
        """Name a step: kind, span, and which time it is that this span comes."""
        self._times[wish.kind, wish.span] += 1
        return f"{wish.kind} {wish.span}#{self._times[wish.kind, wish.span]}"

    def knows(self, name: str) -> bool:
        """Tell whether a step was done in an earlier attempt."""
        return name in self.recorded and name not in self._gave_up

    async def once(self, wish: Wish, do: Callable[[], Awaitable[Any]], *, name: str = "") -> Any:
        """Do it and record what came of it, or give what an earlier attempt recorded.

        Either way it is what JSON makes of it, so that a later attempt sees the same.

        Args:
            do: Gives JSON-able data.
            name: Where the caller has named it already.

        Raises:
            ReplayMismatch: An earlier attempt asked for something else under this name.
            BatutaError: As it was raised, or recorded.
        """
        name = name or self.name(wish)
        if name in self._gave_up:
            await asyncio.Event().wait()
        outcome = self.recorded.get(name)
        if outcome is not None:
            if outcome.get("asked", wish.asked) != wish.asked:
                raise _other_run(self.run_id, name)
            await self.order.turn(name)
            return _given(outcome)
        with self.order.at_work(wish.span):
            await self.order.caught_up(wish.span)
            return await self._record(name, wish, do)

    async def _record(self, name: str, wish: Wish, do: Callable[[], Awaitable[Any]]) -> Any:
        inside: list[Exception] = []
        # DBOS looks into the database before each step; what was wished first begins first still.
        before, begun = self._last, asyncio.Event()
        self._last = begun

        async def step() -> EncodedJson:
            await before.wait()
            begun.set()
            return write(await self._outcome(name, wish, do=do, inside=inside))

        try:
            written = await DBOS.run_step_async({"name": name}, step)
            await self.order.turn(name)
        except asyncio.CancelledError:
            self._given_up[name] = None
            raise
        except (dbos_errors.DBOSException, dbos_errors.DBOSBaseException, SQLAlchemyError) as error:
            if error in inside:
                raise
            await self._stop(error)
        finally:
            begun.set()
            self.order.given(name)
        outcome: Outcome = json.loads(written)
        for given_up in outcome.get("without", ()):
            self._given_up.pop(given_up, None)
        if inside:
            raise inside[0]
        return outcome["value"]

    async def _outcome(
        self, name: str, wish: Wish, *, do: Callable[[], Awaitable[Any]], inside: list[Exception]
    ) -> dict[str, Any]:
        """Do it, and make what is recorded of it; an error in it is added to ``inside``."""
        outcome: dict[str, Any] = {"asked": wish.asked}
        try:
            outcome["value"] = await do()
        except Exception as error:  # whatever it is, it is recorded and goes on its way
            kept, seen = recorded(error)
            outcome |= kept
            inside.append(seen)
        if self._given_up:
            outcome["without"] = list(self._given_up)
        outcome["order"] = self.order.number(name)
        return outcome

    def leave(self) -> None:
        """End this attempt without an outcome, so that another process may go on."""
        self.left = True
        if self.task is not None:
            self.task.cancel()

    async def _stop(self, error: BaseException) -> NoReturn:
        """End this attempt: nothing that it does can be recorded any more."""
        self.failure = self.failure or error
        if self.task is not None:
            self.task.cancel()
        await asyncio.Event().wait()
        raise AssertionError("unreachable: the task is cancelled")


def recorded(error: Exception) -> tuple[dict[str, Any], Exception]:
    """Write an error down, and give it as a later attempt will have it."""
    try:
        return {"raised": encode_error(error)}, error
    except NotExactError as why:
        if not isinstance(error, BatutaError):
            return {"lost": f"{redacted_text(error)} ({why})"}, error
    kept = error_to_json(error)
    seen = error_from_json(kept)
    if seen.__cause__ is not None:
        seen.__cause__.__cause__ = error.__cause__  # for whoever reads the traceback
    return {"error": kept}, seen


def _given(outcome: Outcome) -> Any:
    if "error" in outcome:
        raise error_from_json(outcome["error"])
    if "lost" in outcome:
        raise _not_again(outcome["lost"])
    raised = outcome.get("raised")
    if isinstance(raised, Exception):  # recorded by an earlier version
        raise raised
    if raised is None:
        return outcome["value"]
    try:
        error = decode_error(raised)
    except NotExactError as why:
        raise _not_again(f"{raised['class']}: {raised['text']} ({why})") from why
    raise error


def _not_again(what: str) -> ReplayMismatch:
    detail = (
        f"an error before the restart cannot be made anew as it was: {what}. The run might go "
        "another way with another one, so nothing more was done. Send the request again."
    )
    return ReplayMismatch("of this run", detail)


def _other_run(run_id: str, name: str) -> ReplayMismatch:
    detail = (
        f"{name} asks for something else than before the restart: the App has changed meanwhile, "
        "or does not do the same twice. Nothing more was done. Send the request again."
    )
    return ReplayMismatch(f"of run {run_id}", detail)
