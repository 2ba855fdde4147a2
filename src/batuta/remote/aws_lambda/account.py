"""The budget of a run that works in several functions at once, counted in a ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from batuta.core.budget import Account, Budget, Hold
from batuta.core.cancellation import is_cancelled
from batuta.core.ledger import PICO, Counts
from batuta.core.model import Usage
from batuta.core.price import FREE
from batuta.errors import BudgetExceeded, ConfigError, RuntimeFailure, StoreBusy

if TYPE_CHECKING:
    from batuta.core.ledger import Ledger
    from batuta.core.price import Cost, Price
    from batuta.core.run import Job

T = TypeVar("T")
_NOTHING = Counts()


class LedgerAccount(Account):
    """Reserves in the ledger before each model and tool call, and settles there.

    Its own counts are for the record: what this process did, and what was brought to it. What is
    settled goes to the ledger at once, or at the latest with the next thing that is taken.
    """

    borrowed = True

    def __init__(self, limits: Budget, whose: str, *, ledger: Ledger, run_id: str) -> None:
        super().__init__(limits, whose)
        self._ledger, self._run_id = ledger, run_id
        self._seen = _NOTHING
        self._untold = _NOTHING
        self._unheard = (0, 0)
        self._to_open: Counts | None = None
        self._opening: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, job: Job, ledger: Ledger) -> LedgerAccount:
        """Give a run's account; from now on it counts in the ledger, where it did not yet.

        Raises:
            ConfigError: Another process keeps the count.
        """
        old = job.account
        if isinstance(old, LedgerAccount):
            return old
        if old.borrowed:
            raise ConfigError(
                "An agent that is served over gRPC cannot call one on Lambda: two would keep "
                "the budget",
                "Place the called agent with the caller, or both on Lambda.",
            )
        made = cls(old.limits, old.whose, ledger=ledger, run_id=job.run_id)
        made.model_calls, made.tool_calls = old.model_calls, old.tool_calls
        made.spent.add(old.usage, old.cost)
        made.held_tokens, made.held_usd = old.held_tokens, old.held_usd
        made._to_open = made._seen = Counts(
            old.model_calls,
            old.tool_calls,
            old.usage.total_tokens + old.held_tokens,
            _pico(old.cost.known_usd + old.held_usd),
        )
        job.account = made
        return made

    async def settle(self) -> None:
        """Tell the ledger all that it does not know yet, and see what it knows.

        Raises:
            StoreBusy: It does not answer.
            RuntimeFailure: The run's counts are not there.
        """
        await self._opened()
        await self._add(_NOTHING)

    async def take_model(self, model: str, size: tuple[int, int], price: Price | None) -> Hold:
        """Reserve for a model call in the ledger.

        Raises:
            BudgetExceeded: A limit would be passed.
        """

        def reserve(account: Account) -> tuple[Hold, Counts]:
            hold = account.reserve_model(model, size, price)
            return hold, Counts(1, 0, hold.tokens, _pico(hold.cost_usd))

        hold = await self._take(reserve)
        self.model_calls += 1
        self.held_tokens += hold.tokens
        self.held_usd += hold.cost_usd
        return hold

    async def take_tool(self) -> None:
        """Take one tool call from the ledger.

        Raises:
            BudgetExceeded: No tool call is left.
        """

        def reserve(account: Account) -> tuple[None, Counts]:
            account.reserve_tool()
            return None, Counts(tool_calls=1)

        await self._take(reserve)
        self.tool_calls += 1

    def release(self, hold: Hold) -> None:
        """Give back what was reserved, here and in the ledger."""
        super().release(hold)
        self._tell(Counts(tokens=-hold.tokens, pico_usd=-_pico(hold.cost_usd)))

    def charge(self, usage: Usage, cost: Cost, hold: Hold | None = None) -> None:
        """Count what was used and paid, here and in the ledger."""
        super().charge(usage, cost, hold)
        self._tell(Counts(tokens=usage.total_tokens, pico_usd=_pico(cost.known_usd)))

    def count(self, *, model_calls: int = 0, tool_calls: int = 0) -> None:
        """Count calls that were made without being reserved, here and in the ledger."""
        super().count(model_calls=model_calls, tool_calls=tool_calls)
        self._tell(Counts(model_calls, tool_calls))

    def withhold(self, tokens: int, usd: float) -> None:
        """Keep so much from being used any more, here and in the ledger."""
        super().withhold(tokens, usd)
        self._tell(Counts(tokens=tokens, pico_usd=_pico(usd)))

    def brought(
        self, usage: Usage, costs: Sequence[Cost], *, calls: tuple[int, int], seen: Counts
    ) -> None:
        """Count what a function did and has told the ledger itself.

        Args:
            costs: In the order in which they came about: sums of money depend on it.
            calls: Its model calls and tool calls.
            seen: What the ledger knew last, as it told; calls that nobody told of are in it.
        """
        self.spent.add(usage, FREE)
        for cost in costs:
            self.spent.add(Usage(), cost)
        mine = self.counted
        counted = mine[0] + calls[0], mine[1] + calls[1]
        self.model_calls = max(counted[0], seen.model_calls)
        self.tool_calls = max(counted[1], seen.tool_calls)
        self._unheard = self.model_calls - counted[0], self.tool_calls - counted[1]

    @property
    def counted(self) -> tuple[int, int]:
        """Model calls and tool calls of this process, and those that were brought to it."""
        return self.model_calls - self._unheard[0], self.tool_calls - self._unheard[1]

    @property
    def seen(self) -> Counts:
        """What the ledger knew when it was last asked."""
        return self._seen

    async def _opened(self) -> None:
        """Begin the ledger's counts, once, with what was counted here alone until now."""
        while self._to_open is not None:
            if self._opening is None:
                opening = self._ledger.open(self._run_id, self._to_open)
                self._opening = asyncio.create_task(opening)
                self._opening.add_done_callback(self._is_open)
            await asyncio.shield(self._opening)

    def _is_open(self, opening: asyncio.Task[None]) -> None:
        self._opening = None
        if not opening.cancelled() and opening.exception() is None:
            self._to_open = None

    async def _take(self, reserve: Callable[[Account], tuple[T, Counts]]) -> T:
        """Reserve by the counts as they were last seen; the ledger says whether they still hold."""
        fresh = False
        while True:
            counts = self._seen.plus(self._untold)
            try:
                taken, wish = reserve(self._holding(counts))
            except BudgetExceeded:
                if fresh:
                    raise
                await self.settle()
                fresh = True
                continue
            if await self._took(wish, counts):
                return taken
            fresh = True

    async def _took(self, wish: Counts, granted_at: Counts) -> bool:
        await self._opened()
        adding = asyncio.create_task(self._add(wish, granted_at))
        try:
            return await asyncio.shield(adding)
        except asyncio.CancelledError:
            adding.add_done_callback(partial(self._unwanted, wish))
            raise

    def _unwanted(self, wish: Counts, adding: asyncio.Task[bool]) -> None:
        """Give back what was reserved for somebody who does not wait any more."""
        if not adding.cancelled() and adding.exception() is None and adding.result():
            self._tell(wish.minus())

    async def _add(self, wish: Counts, granted_at: Counts = _NOTHING) -> bool:
        untold, self._untold = self._untold, _NOTHING
        most = self._most(wish, untold, granted_at)
        done = False
        try:
            done, self._seen = await self._ledger.add(self._run_id, untold.plus(wish), most)
        finally:
            if not done:
                self._untold = self._untold.plus(untold)
        return done

    def _most(self, wish: Counts, untold: Counts, granted_at: Counts) -> dict[str, int]:
        """Say what each count may be beforehand so that there is room for all that is added."""
        limits = self.limits
        usd = None if limits.cost_usd is None else _pico(limits.cost_usd)
        caps = (limits.model_calls, limits.tool_calls, limits.tokens, usd)
        added = untold.plus(wish)
        most = {
            name: cap - more
            for name, cap, more, wished in zip(Counts._fields, caps, added, wish, strict=True)
            if cap is not None and wished > 0
        }
        if "pico_usd" in most:  # where nothing has changed, rounding takes back no grant
            most["pico_usd"] = max(most["pico_usd"], granted_at.pico_usd - untold.pico_usd)
        return most

    def _holding(self, counts: Counts) -> Account:
        return Account(
            self.limits,
            self.whose,
            model_calls=counts.model_calls,
            tool_calls=counts.tool_calls,
            held_tokens=counts.tokens,
            held_usd=counts.pico_usd / PICO,
        )

    def _tell(self, more: Counts) -> None:
        self._untold = self._untold.plus(more)
        if is_cancelled():  # what is ending begins nothing: it goes with the next thing taken
            return
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._told())

    async def _told(self) -> None:
        """Tell the ledger aside; what cannot be told now goes with the next thing taken."""
        while self._untold != _NOTHING:
            try:
                await self.settle()
            except (StoreBusy, RuntimeFailure):
                return


def _pico(usd: float) -> int:
    return round(usd * PICO)
