"""What routing saved, from what a run measured and what models cost; never from a constant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batuta.errors import ConfigError
from batuta.parts.members import RECORD, sum_of

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.message import Message
    from batuta.core.run import Run

_UNSAID = object()


@dataclass(frozen=True, slots=True)
class Saving:
    """One routed answer against the same tokens on the dearest route; sums add up with ``+``.

    Args:
        spent_usd: For all that the router did, classifier and failed routes included; None where
            it is not known.
        dearest_usd: What the tokens of the route that answered cost at the dearest route's price;
            None where it is not known.
        reason: What is not known, and why.
    """

    spent_usd: float | None = 0.0
    dearest_usd: float | None = 0.0
    reason: str = ""

    @property
    def saved_usd(self) -> float | None:
        """The difference, below 0 where routing cost more than it saved; None where not known."""
        if self.spent_usd is None or self.dearest_usd is None:
            return None
        return self.dearest_usd - self.spent_usd

    @property
    def share(self) -> float | None:
        """The saved part of what the dearest route would have cost; None where not known."""
        saved = self.saved_usd
        return None if saved is None or not self.dearest_usd else saved / self.dearest_usd

    def __add__(self, other: Saving) -> Saving:
        spent, dearest = (
            None if a is None or b is None else a + b
            for a, b in (
                (self.spent_usd, other.spent_usd),
                (self.dearest_usd, other.dearest_usd),
            )
        )
        return Saving(spent, dearest, self.reason or other.reason)

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data."""
        return {
            "spent_usd": self.spent_usd,
            "dearest_usd": self.dearest_usd,
            "reason": self.reason,
            "saved_usd": self.saved_usd,
        }

    @classmethod
    def of(cls, answer: Message) -> Saving:
        """Read what a router put into its answer's record.

        Raises:
            KeyError: It is no router's answer.
        """
        raw = answer.metadata[RECORD]["saving"]
        return cls(raw["spent_usd"], raw["dearest_usd"], raw["reason"])


def saving_of(
    run: Run, routes: Mapping[str, Agent | str], models: Mapping[str, str], *, answered: str
) -> Saving:
    """Reckon what a router saved by the route that answered.

    Args:
        models: Label to the model of its route, where the route's agent does not tell it.
        answered: Span of the call of that route.
    """
    trace = run.job.trace
    spent = sum_of(trace.inside(run.path))[1]
    calls = [event.usage for event in trace.inside(answered) if event.usage is not None]
    costs: dict[str, float] = {}
    for label, agent in routes.items():
        name = _model_of(models.get(label, getattr(agent, "model", _UNSAID)), run)
        if name in costs:
            continue
        price = None if name is None else run.job.prices.price(name)
        if name is None or price is None:
            why = "its model is not known" if name is None else f"no price known for {name}"
            return Saving(spent.usd, None, f"route {label}: {why}")
        costs[name] = sum(map(price.cost_usd, calls))
    if not calls:
        return Saving(spent.usd, None, "the route that answered asked no model")
    return Saving(spent.usd, max(costs.values()), "" if spent.usd is not None else spent.reason)


def _model_of(model: Any, run: Run) -> str | None:
    """Name an agent's model as the trace does; None where it is not known."""
    if model is None or isinstance(model, str):
        try:
            model = run.job.models(model)
        except ConfigError:
            return model
    return getattr(model, "name", None)
