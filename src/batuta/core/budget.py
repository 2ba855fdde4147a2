"""Limits of a run, reserved before the work and settled after it, over the whole tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from batuta.core.model import OUTPUT_TOKENS, Usage
from batuta.core.price import Cost, Price
from batuta.core.slots import maker_of
from batuta.errors import BudgetExceeded, RunTimeExceeded

UnknownPrice = Literal["fail", "warn", "assume"]
MOST_OUTPUT = 131_072
"""No model writes more in one call; those of 2026-11 write 128,000 at most."""
_PARTS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """What a run and everything below it may use; None switches a limit off.

    Args:
        cost_usd: US dollars for model calls.
        tokens: Input and output tokens together.
        depth: Agents inside agents; the first agent is depth 1.
        seconds: Wall-clock time of the run.
        max_output_tokens: Most that one model call may write, whatever its request says.
        continuations: How often a text that this limit cut off is gone on with, each time by a call
            of its own; 0 leaves it cut off, and marked.
        unknown_price: What to do before a call whose price nobody knows: fail; warn (go on, the
            cost becomes None); or assume (reckon with ``assumed_price``).
    """

    cost_usd: float | None = 1.0
    tokens: int | None = 500_000
    model_calls: int | None = 50
    tool_calls: int | None = 100
    depth: int | None = 8
    seconds: float | None = 120.0
    max_output_tokens: int | None = None
    continuations: int = 0
    unknown_price: UnknownPrice = "warn"
    assumed_price: Price | None = None

    def __post_init__(self) -> None:
        for name in _COUNTED:
            limit = getattr(self, name)
            if limit is not None and limit < 0:
                raise ValueError(f"Budget {name} must be 0 or more, or None for no limit.")
        if self.unknown_price == "assume" and self.assumed_price is None:
            raise ValueError("Budget unknown_price='assume' needs assumed_price=Price(…).")


_usage, _cost = maker_of(Usage), maker_of(Cost)


@dataclass(slots=True)
class Hold:
    """What was reserved for one model call.

    Args:
        max_output_tokens: What the call may write, lowered to what the budget leaves.
        unpriced: Why the call has no price; empty where it has one.
    """

    tokens: int
    cost_usd: float
    max_output_tokens: int
    price: Price | None
    unpriced: str = ""


_hold = maker_of(Hold)
_COUNTED = (
    "cost_usd", "tokens", "model_calls", "tool_calls", "depth", "seconds", "max_output_tokens",
    "continuations",
)  # fmt: skip


def priced(usage: Usage, price: Price | None, unknown: str = "") -> Cost:
    """Say what was paid for what was used.

    Args:
        price: None where nobody knows it.
        unknown: Why the whole cost cannot be known, though there may be a price.
    """
    if price is None:
        return _cost(None, 0.0, unknown)
    usd = price.cost_usd(usage)
    return _cost(None, usd, unknown) if unknown else _cost(usd, usd, price.source)


class Spending:
    """Tokens and money as they add up, without an object for each sum."""

    __slots__ = (
        *("_cached", "_reason", "_reasoning", "_to_cache", "_usd", "_written"),
        *("known_usd", "total_tokens"),
    )

    def __init__(self) -> None:
        self.total_tokens = self._written = 0
        self._cached = self._reasoning = self._to_cache = 0
        self.known_usd = 0.0
        self._usd: float | None = 0.0
        self._reason = ""

    @property
    def usage(self) -> Usage:
        """Tokens used so far."""
        read = self.total_tokens - self._written
        return _usage(read, self._written, self._cached, self._reasoning, self._to_cache)

    @property
    def cost(self) -> Cost:
        """Money paid so far."""
        return _cost(self._usd, self.known_usd, self._reason)

    def add(self, usage: Usage, cost: Cost) -> None:
        """Count tokens and money; what is known of it adds up as ``Cost`` does."""
        self.total_tokens += usage.input_tokens + usage.output_tokens
        self._written += usage.output_tokens
        self._cached += usage.cached_tokens
        self._reasoning += usage.reasoning_tokens
        self._to_cache += usage.cache_write_tokens
        if self._usd is not None:
            self._usd = None if cost.usd is None else self._usd + cost.usd
            self._reason = cost.reason or self._reason
        self.known_usd += cost.known_usd


@dataclass(slots=True)
class Account:
    """The live count of one run's use, shared by everything below it.

    A check and its reservation happen without an await between them, so that tasks running side
    by side cannot pass one limit together.

    Args:
        borrowed: Whether somebody elsewhere keeps the count, so that taking has to wait.
    """

    borrowed: ClassVar[bool] = False

    limits: Budget
    whose: str
    model_calls: int = 0
    tool_calls: int = 0
    held_tokens: int = 0
    held_usd: float = 0.0
    spent: Spending = field(default_factory=Spending, init=False)

    @property
    def usage(self) -> Usage:
        """Tokens used so far."""
        return self.spent.usage

    @property
    def cost(self) -> Cost:
        """Money paid so far."""
        return self.spent.cost

    async def take_model(self, model: str, size: tuple[int, int], price: Price | None) -> Hold:
        """Reserve for a model call, asking whoever keeps the count.

        Raises:
            BudgetExceeded: A limit would be passed.
        """
        return self.reserve_model(model, size, price)

    async def take_tool(self) -> None:
        """Take one tool call, asking whoever keeps the count.

        Raises:
            BudgetExceeded: No tool call is left.
        """
        self.reserve_tool()

    def reserve_model(self, model: str, size: tuple[int, int], price: Price | None) -> Hold:
        """Take one model call, its tokens and its money out of the budget, or refuse.

        Args:
            size: Estimated input tokens, and most output tokens, 0 where nobody limits them.

        Raises:
            BudgetExceeded: A limit would be passed.
        """
        limits = self.limits
        if limits.model_calls is not None and self.model_calls >= limits.model_calls:
            raise self._exceeded("model_calls", limits.model_calls, self.model_calls)
        unpriced = ""
        if price is None:
            unpriced = f"no price known for {model}"
            price = self._assumed_price(model)
        given, most = size
        if not most:
            most = self._room(given, price)
        if limits.max_output_tokens is not None and limits.max_output_tokens < most:
            most = limits.max_output_tokens
        if limits.tokens is not None:
            used = self.spent.total_tokens + self.held_tokens
            left = limits.tokens - used - given
            if left < 1:
                raise self._exceeded("tokens", limits.tokens, used)
            most = min(most, left)
        cost = 0.0
        if price is not None:
            cost = price.most_usd(given, most)
            spent = self.spent.known_usd + self.held_usd
            if limits.cost_usd is not None and spent + cost > limits.cost_usd:
                raise self._exceeded("cost_usd", limits.cost_usd, spent)
        self.model_calls += 1
        self.held_tokens += given + most
        self.held_usd += cost
        return _hold(given + most, cost, most, price, unpriced)

    def charge(self, usage: Usage, cost: Cost, hold: Hold | None = None) -> None:
        """Count what was used and paid.

        Args:
            hold: What was reserved for it, which is given back first.
        """
        if hold is not None:
            self.release(hold)  # accounts that others keep too tell them of it
        self.spent.add(usage, cost)

    def count(self, *, model_calls: int = 0, tool_calls: int = 0) -> None:
        """Count calls that were made without being reserved; less than none takes some back."""
        self.model_calls += model_calls
        self.tool_calls += tool_calls

    def release(self, hold: Hold) -> None:
        """Give back tokens and money of a call that brought nothing; the call stays counted."""
        self.held_tokens -= hold.tokens
        self.held_usd -= hold.cost_usd

    def withhold(self, tokens: int, usd: float) -> None:
        """Keep so much from being used any more."""
        self.held_tokens += tokens
        self.held_usd += usd

    def reserve_tool(self) -> None:
        """Take one tool call out of the budget, or refuse.

        Raises:
            BudgetExceeded: No tool call is left.
        """
        limit = self.limits.tool_calls
        if limit is not None and self.tool_calls >= limit:
            raise self._exceeded("tool_calls", limit, self.tool_calls)
        self.tool_calls += 1

    def check_depth(self, depth: int) -> None:
        """Refuse an agent that would stand too deep.

        Raises:
            BudgetExceeded: The depth limit would be passed.
        """
        limit = self.limits.depth
        if limit is not None and depth > limit:
            raise self._exceeded("depth", limit, depth - 1)

    def out_of_time(self, elapsed_s: float) -> RunTimeExceeded:
        """Make the error of a run that took longer than it may."""
        limit = self.limits.seconds or 0.0
        return RunTimeExceeded("seconds", limit=limit, used=elapsed_s, whose=self.whose)

    def _assumed_price(self, model: str) -> Price | None:
        if self.limits.unknown_price == "fail":
            limit = self.limits.cost_usd
            raise BudgetExceeded(
                "cost_usd",
                limit=float("inf") if limit is None else limit,
                used=None,
                whose=f"{self.whose} (no price known for {model})",
            )
        return self.limits.assumed_price if self.limits.unknown_price == "assume" else None

    def _room(self, input_tokens: int, price: Price | None) -> int:
        """Say what a call may write that nobody limits.

        A part of what is left, so that others beside it have some too, but never less than a plain
        answer needs. The last part of the whole is left to those plain answers: as many as there
        are calls by default can begin at once.
        """
        limits, spent = self.limits, self.spent
        room = by_price = float(MOST_OUTPUT)
        if limits.tokens is not None:
            left = limits.tokens - spent.total_tokens - self.held_tokens - input_tokens
            room = (left - limits.tokens // _PARTS) / _PARTS
        if limits.cost_usd is not None and price is not None:
            said, each = price.rates_usd(input_tokens)
            if each > 0:
                left_usd = limits.cost_usd - spent.known_usd - self.held_usd - said
                by_price = (left_usd - limits.cost_usd / _PARTS) / (_PARTS * each)
        return max(OUTPUT_TOKENS, int(min(room, by_price, MOST_OUTPUT)))

    def _exceeded(self, kind: str, limit: float, used: float) -> BudgetExceeded:
        return BudgetExceeded(kind, limit=limit, used=used, whose=self.whose)
