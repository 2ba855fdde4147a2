"""The layer that keeps the budget, at every try: reserves before and settles after."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from batuta.core.budget import priced
from batuta.core.message import Transcript, text_size
from batuta.core.model import CHAIN
from batuta.core.model_settings import UNSET
from batuta.core.price import at_tier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batuta.core.budget import Hold
    from batuta.core.layers import Doing, Proceed
    from batuta.core.message import Message
    from batuta.core.model import ModelReply, ModelRequest, Spent, Usage
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
        await reserve(op)
        try:
            reply: ModelReply = await proceed(op)
        except BaseException as error:
            settle_failure(op, error)
            raise
        settle(op, reply)
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
        op.run.job.account.check_depth(op.run.depth + 1)
        return proceed(op)


async def _with_tool_taken(op: UseOp, proceed: Proceed[UseOp]) -> Any:
    await op.run.job.account.take_tool()
    return await proceed(op)


async def reserve(op: AskOp) -> None:
    """Reserve for one model, asking whoever keeps the count.

    Raises:
        BudgetExceeded: A limit would be passed.
    """
    account, name = op.run.job.account, op.model.name
    if not account.borrowed:
        reserve_here(op)
        return
    size, price = _size_of(op), op.run.job.prices.price(name)
    dearest = _at_its_tier(op, price)
    _hold(op, _at_standard(await account.take_model(name, size, dearest), price, dearest))


def reserve_here(op: AskOp) -> None:
    """Reserve for one model where this process keeps the count.

    Raises:
        BudgetExceeded: A limit would be passed.
    """
    job, name = op.run.job, op.model.name
    price = job.prices.price(name)
    if op.request.settings is UNSET:
        _hold(op, job.account.reserve_model(name, _size_of(op), price))
        return
    dearest = _at_its_tier(op, price)
    hold = job.account.reserve_model(name, _size_of(op), dearest)
    _hold(op, _at_standard(hold, price, dearest))


def _at_its_tier(op: AskOp, price: Price | None) -> Price | None:
    """Give the price at the service tier that is asked for, where that costs more.

    A cheaper one is not sure to be had: the vendor says afterwards at which it served.
    """
    tier = op.request.settings.service_tier
    if price is None or not tier:
        return price
    asked = at_tier(price, op.model.name, tier)
    return asked if asked.output_usd > price.output_usd else price


def _at_standard(hold: Hold, price: Price | None, reserved_at: Price | None) -> Hold:
    """Let what was reserved at a tier's price be settled by the standard one, and the tier told."""
    if reserved_at is not price:
        hold.price = price
    return hold


def settle_failure(op: AskOp, error: BaseException) -> None:
    """Settle what was used before an error or a cancellation, and give back the rest."""
    _settle_vain(op, getattr(error, "spent", ()))
    _give_back(op)
    op.settled = 0


def settle(op: AskOp, reply: ModelReply) -> None:
    """Settle what a reply used, and what the models before it used in vain."""
    hold = op.hold
    if reply.earlier:
        _settle_vain(op, reply.earlier, answered=True)
    if hold is None:
        return
    if reply.inner:  # a managed agent had them done
        done = sum(one.kind == "tool" for one in reply.inner)
        op.run.job.account.count(tool_calls=done)
    price, usage = hold.price, reply.usage
    plain = reply.usage_told and not reply.service_tier and op.cost is None
    if plain and price is not None and reply.model == op.model.name:
        op.hold, op.usage = None, usage
        op.cost = cost = priced(usage, price)
        op.run.job.account.charge(usage, cost, hold)
        return
    told, tier = reply.usage_told, reply.service_tier
    _charge(op, reply.model, usage, hold=hold, told=told, tier=tier)


def _hold(op: AskOp, hold: Hold) -> None:
    request = op.request
    op.hold = hold
    if hold.unpriced:
        where: Where = (f"{op.span}.price", op.run.path, "price unknown", "code")
        policy = op.run.job.account.limits.unknown_price
        op.run.job.trace.warn_once(where, {"reason": hold.unpriced, "policy": policy})
    if hold.max_output_tokens != request.max_output_tokens:
        op.request = request.limited(hold.max_output_tokens, open_ended=not op.most)
    if CHAIN in op.model.name:
        op.request = replace(op.request, before_next=partial(_reserve_next, op))


async def _reserve_next(op: AskOp, request: ModelRequest, spent: Sequence[Spent]) -> ModelRequest:
    """Settle the models of a chain so far, and reserve for its next one."""
    _settle_vain(op, spent)
    _give_back(op)
    await reserve(op)
    asked = op.request
    return request.limited(asked.max_output_tokens, open_ended=asked.open_ended)


def _give_back(op: AskOp) -> None:
    if op.hold is not None:
        op.run.job.account.release(op.hold)
        op.hold = None


def _settle_vain(op: AskOp, vain: Sequence[Spent], *, answered: bool = False) -> None:
    """Settle what models used that were asked in vain, each by its own price.

    Args:
        vain: Of every model of this try so far, settled before or not.
        answered: Whether another one gave a reply after them.
    """
    hold = op.hold
    fresh = vain[op.settled :]
    op.settled = len(vain)
    if hold is None or not fresh:
        return
    _give_back(op)
    asked = len(fresh) if answered else len(fresh) - 1
    if asked:  # of a chain asked elsewhere, or replayed
        op.run.job.account.count(model_calls=asked)
    for one in fresh:
        if one.usage.total_tokens or not one.told:
            _charge(op, one.model, one.usage, hold=hold, told=one.told, tier=one.tier)


def _charge(
    op: AskOp, model: str, usage: Usage, *, hold: Hold, told: bool = True, tier: str = ""
) -> None:
    """Charge what one model used, by its own price.

    Args:
        told: As ``Spent`` has it, and ``tier`` too.
    """
    account = op.run.job.account
    if model == op.model.name and hold.price is not None:
        price, unknown = hold.price, ""
    else:
        price, unknown = _price_of(model, op, hold)
    if tier and price is not None:
        price = at_tier(price, model, tier)
    lost = not (told or (price is not None and price.free))
    if lost:
        unknown = f"{model} did not tell all that it used"
    cost = priced(usage, price, unknown)
    held, op.hold = op.hold, None
    account.charge(usage, cost, held)
    if lost:  # what was held for it, beyond what is known, stays held
        tokens = max(0, hold.tokens - usage.total_tokens)
        account.withhold(tokens, max(0.0, hold.cost_usd - cost.known_usd))
    op.cost = cost if op.cost is None else op.cost + cost
    op.usage = usage if op.usage is None else op.usage + usage


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


def _size_of(op: AskOp) -> tuple[int, int]:
    """Say what a try would need at most: input tokens, and output tokens or 0 for no limit."""
    request, most = op.request, op.most
    if most is None:  # what an earlier try was lowered to is no wish of this one
        limits = op.run.job.account.limits
        most = request.max_output_tokens
        if most is None:
            most = request.settings.max_output_tokens
        op.most = most = most or limits.max_output_tokens or 0
    talk = request.messages
    if type(talk) is Transcript:
        chars, calls, count = talk.chars, talk.calls, talk.length
    else:
        chars, calls = text_size(talk)
        count = len(talk)
    parts = count + 8 * len(request.tools) + (8 if request.output else 0)
    size = (chars + _CHARS_PER_CALL * calls) // _CHARS_PER_TOKEN + _TOKENS_PER_PART * parts
    return size, most
