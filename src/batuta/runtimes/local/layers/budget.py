"""The layer that keeps the budget, at every try: reserves before and settles after."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from batuta.core.budget import priced
from batuta.core.message import Transcript, text_size
from batuta.core.model import CHAIN, Spent
from batuta.core.price import at_tier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batuta.core.budget import Hold
    from batuta.core.layers import Doing, Proceed
    from batuta.core.message import Message
    from batuta.core.model import ModelReply, ModelRequest
    from batuta.core.price import Price
    from batuta.core.run import AskOp, CallOp, UseOp
    from batuta.core.trace import Where

_CHARS_PER_TOKEN = 3
_CHARS_PER_CALL = 60
_TOKENS_PER_PART = 12


class BudgetLayer:
    """Reserves before each try and settles after it, or gives back what was reserved."""

    async def ask(self, op: AskOp, proceed: Proceed[AskOp]) -> ModelReply:
        """Hold tokens and money, lowering what the model may write to what is left."""
        held = ModelTry(op)
        await held.reserve()
        try:
            reply: ModelReply = await proceed(op)
        except BaseException as error:
            held.fail(error)
            raise
        held.end(reply)
        return reply

    def use(self, op: UseOp, proceed: Proceed[UseOp]) -> Doing[Any]:
        """Take one tool call."""
        account = op.run.job.account
        if account.borrowed:
            return _with_tool_taken(op, proceed)
        account.reserve_tool()
        return proceed(op)

    def call(self, op: CallOp, proceed: Proceed[CallOp]) -> Doing[Message]:
        """Check the depth."""
        check_depth(op)
        return proceed(op)


def check_depth(op: CallOp) -> None:
    """Refuse an agent that would stand too deep.

    Raises:
        BudgetExceeded: The depth limit would be passed.
    """
    op.run.job.account.check_depth(op.run.depth + 1)


async def _with_tool_taken(op: UseOp, proceed: Proceed[UseOp]) -> Any:
    await op.run.job.account.take_tool()
    return await proceed(op)


class ModelTry:
    """One try of a model call, a chain's models among it: what is held, and what was settled."""

    __slots__ = ("_hold", "_op", "_settled")

    def __init__(self, op: AskOp) -> None:
        self._op = op
        self._hold: Hold | None = None
        self._settled = 0

    async def reserve(self) -> None:
        """Reserve for one model, asking whoever keeps the count.

        Raises:
            BudgetExceeded: A limit would be passed.
        """
        name, size, price = _wanted(self._op)
        self._take(await self._op.run.job.account.take_model(name, size, price))

    def reserve_here(self) -> None:
        """Reserve for one model where this process keeps the count.

        Raises:
            BudgetExceeded: A limit would be passed.
        """
        name, size, price = _wanted(self._op)
        self._take(self._op.run.job.account.reserve_model(name, size, price))

    def fail(self, error: BaseException) -> None:
        """Settle what was used before an error or a cancellation, and give back the rest."""
        self._settle(getattr(error, "spent", ()))
        self._give_back()

    def end(self, reply: ModelReply) -> None:
        """Settle what a reply used, and what the models before it used in vain."""
        hold, op = self._hold, self._op
        if reply.earlier:
            self._settle(reply.earlier, answered=True)
        self._give_back()
        if hold is not None:
            told, tier = reply.usage_told, reply.service_tier
            _charge(op, Spent(reply.model, reply.usage, told, tier), hold)

    def _take(self, hold: Hold) -> None:
        op, request = self._op, self._op.request
        self._hold = hold
        if hold.unpriced:
            where: Where = (f"{op.span}.price", op.run.path, "price unknown", "code")
            policy = op.run.job.account.limits.unknown_price
            op.run.job.trace.warn_once(where, {"reason": hold.unpriced, "policy": policy})
        if hold.max_output_tokens != request.max_output_tokens:
            op.request = request = request.limited(hold.max_output_tokens, open_ended=not op.most)
        if CHAIN in op.model.name:
            op.request = replace(request, before_next=self._reserve_next)

    async def _reserve_next(self, request: ModelRequest, spent: Sequence[Spent]) -> ModelRequest:
        """Settle the models of a chain so far, and reserve for its next one."""
        self._settle(spent)
        self._give_back()
        await self.reserve()
        asked = self._op.request
        return request.limited(asked.max_output_tokens, open_ended=asked.open_ended)

    def _give_back(self) -> None:
        if self._hold is not None:
            self._op.run.job.account.release(self._hold)
            self._hold = None

    def _settle(self, vain: Sequence[Spent], *, answered: bool = False) -> None:
        """Settle what models used that were asked in vain, each by its own price.

        Args:
            vain: Of every model so far, settled before or not.
            answered: Whether another one gave a reply after them.
        """
        hold = self._hold
        fresh = vain[self._settled :]
        self._settled = len(vain)
        if hold is None or not fresh:
            return
        self._give_back()
        asked = len(fresh) if answered else len(fresh) - 1
        if asked:  # of a chain asked elsewhere, or replayed
            self._op.run.job.account.count(model_calls=asked)
        for one in fresh:
            if one.usage.total_tokens or not one.told:
                _charge(self._op, one, hold)


def _wanted(op: AskOp) -> tuple[str, tuple[int, int], Price | None]:
    """Say what a try would need at most: model, input and output tokens, and their price.

    Output tokens are 0 where nobody limits them.
    """
    name, request, most = op.model.name, op.request, op.most
    if most is None:  # what an earlier try was lowered to is no wish of this one
        limits = op.run.job.account.limits
        op.most = most = request.most_output_tokens or limits.max_output_tokens or 0
    return name, (_input_tokens(request), most), op.run.job.prices.price(name)


def _charge(op: AskOp, one: Spent, hold: Hold) -> None:
    """Charge what one model used, by its own price."""
    account = op.run.job.account
    price, unknown = _price_of(one.model, op, hold)
    if one.tier and price is not None:
        price = at_tier(price, one.model, one.tier)
    lost = not (one.told or (price is not None and price.free))
    if lost:
        unknown = f"{one.model} did not tell all that it used"
    cost = priced(one.usage, price, unknown)
    account.charge(one.usage, cost)
    if lost:  # what was held for it, beyond what is known, stays held
        tokens = max(0, hold.tokens - one.usage.total_tokens)
        account.withhold(tokens, max(0.0, hold.cost_usd - cost.known_usd))
    op.cost = cost if op.cost is None else op.cost + cost
    op.usage = one.usage if op.usage is None else op.usage + one.usage


def _price_of(model: str, op: AskOp, hold: Hold) -> tuple[Price | None, str]:
    """Give the price of the model that really answered, and why it is not known."""
    asked = op.model.name
    if model == asked or not model:
        return hold.price, "" if hold.price is not None else hold.unpriced
    price = op.run.job.prices.price(model)
    if price is not None:
        return price, ""
    if CHAIN in asked and not (hold.price and hold.unpriced):  # held is the price of the dearest
        price = _price_of_provider(model.partition(":")[0], op)
        return price, "" if price else f"no price known for {model}"
    return hold.price, "" if hold.price else hold.unpriced


def _price_of_provider(provider: str, op: AskOp) -> Price | None:
    """Give the price of a chain's model that answered by another name, where it is certain."""
    its = [one for one in op.model.name.split(CHAIN) if one.partition(":")[0] == provider]
    prices = [op.run.job.prices.price(one) for one in its]
    return prices[0] if prices and all(price == prices[0] for price in prices) else None


def _input_tokens(request: ModelRequest) -> int:
    talk = request.messages
    if type(talk) is Transcript:
        chars, calls = talk.chars, talk.calls
    else:
        chars, calls = text_size(talk)
    parts = len(talk) + 8 * len(request.tools) + (8 if request.output else 0)
    return (chars + _CHARS_PER_CALL * calls) // _CHARS_PER_TOKEN + _TOKENS_PER_PART * parts
