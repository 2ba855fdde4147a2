"""The budget of a run whose count another process keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from batuta.core.budget import Account, Budget, Hold
from batuta.core.model import Usage
from batuta.core.price import Cost, Price
from batuta.remote.grpc import wire
from batuta.remote.grpc.v1 import batuta_pb2 as pb


@dataclass(slots=True)
class LentHold(Hold):
    """What the caller reserved, under the id by which it knows it."""

    id: int = 0


class BorrowedAccount(Account):
    """Asks the caller before each model and tool call, and tells it what was used.

    Its own count is of this call alone.

    Args:
        tell: Sends something to the caller.
    """

    borrowed = True

    def __init__(self, limits: Budget, whose: str, tell: Callable[[pb.Item], None]) -> None:
        super().__init__(limits, whose)
        self._tell = tell
        self._last = 0
        self._asked: dict[int, asyncio.Future[pb.Grant]] = {}
        self._quiet = asyncio.Event()

    @property
    def waits(self) -> bool:
        """Whether an answer of the caller's is awaited."""
        return bool(self._asked)

    async def answered(self) -> None:
        """Wait until the caller has answered all that it was asked, wanted any more or not.

        An answer on its way to a call that has ended would break the call at the caller's.
        """
        while self._asked:
            self._quiet.clear()
            await self._quiet.wait()

    async def take_model(self, model: str, size: tuple[int, int], price: Price | None) -> Hold:
        """Ask the caller for a model call.

        Raises:
            BudgetExceeded: The caller's budget refuses.
        """
        wish = pb.ReserveModel(
            id=self._next(),
            model=model,
            input_tokens=size[0],
            output_tokens=size[1],
            price=wire.price_of(price),
        )
        granted = (await self._grant(wish.id, pb.Item(reserve_model=wish))).hold
        hold = LentHold(
            granted.tokens,
            granted.cost_usd,
            granted.max_output_tokens,
            wire.price_from(granted.price) if granted.HasField("price") else None,
            granted.unpriced,
            wish.id,
        )
        self.model_calls += 1
        self.held_tokens += hold.tokens
        self.held_usd += hold.cost_usd
        return hold

    async def take_tool(self) -> None:
        """Ask the caller for a tool call.

        Raises:
            BudgetExceeded: The caller's budget refuses.
        """
        wish = pb.ReserveTool(id=self._next())
        await self._grant(wish.id, pb.Item(reserve_tool=wish))
        self.tool_calls += 1

    def release(self, hold: Hold) -> None:
        """Give back what was reserved, here and at the caller."""
        super().release(hold)
        if isinstance(hold, LentHold):
            self._tell(pb.Item(release=pb.Release(id=hold.id)))

    def charge(self, usage: Usage, cost: Cost, hold: Hold | None = None) -> None:
        """Count what was used and paid, here and at the caller."""
        super().charge(usage, cost, hold)
        charge = pb.Charge(usage=wire.usage_of(usage), cost=wire.cost_of(cost))
        self._tell(pb.Item(charge=charge))

    def count(self, *, model_calls: int = 0, tool_calls: int = 0) -> None:
        """Count calls that were made without being reserved, here and at the caller."""
        super().count(model_calls=model_calls, tool_calls=tool_calls)
        if model_calls or tool_calls:
            charge = pb.Charge(model_calls=model_calls, tool_calls=tool_calls)
            self._tell(pb.Item(charge=charge))

    def withhold(self, tokens: int, usd: float) -> None:
        """Keep so much from being used any more, here and at the caller."""
        super().withhold(tokens, usd)
        self._tell(pb.Item(charge=pb.Charge(withheld_tokens=tokens, withheld_usd=usd)))

    def granted(self, grant: pb.Grant) -> None:
        """Hand an answer to whoever waits; what nobody waits for any more is given back."""
        waiting = self._asked.pop(grant.id, None)
        self._quiet.set()
        if waiting is None or waiting.done():
            self._give_back(grant)
        else:
            waiting.set_result(grant)

    def _next(self) -> int:
        self._last += 1
        return self._last

    async def _grant(self, wish: int, item: pb.Item) -> pb.Grant:
        waiting: asyncio.Future[pb.Grant] = asyncio.get_running_loop().create_future()
        self._asked[wish] = waiting
        self._tell(item)
        try:
            grant = await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled():
                self._give_back(waiting.result())
            raise
        if grant.WhichOneof("outcome") == "refused":
            raise wire.error_from(grant.refused)
        return grant

    def _give_back(self, grant: pb.Grant) -> None:
        if grant.WhichOneof("outcome") != "refused":
            self._tell(pb.Item(release=pb.Release(id=grant.id, unused=True)))
