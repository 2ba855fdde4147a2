"""Three estimators argue about a number until they are near enough to each other.

Each moves towards what the others said, the more the less it trusts itself: M. H. DeGroot,
"Reaching a consensus" (1974). Run it: ``python examples/debate_estimate.py 10 16 40``; no key
needed.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from statistics import fmean, median

from batuta import Debate, FunctionAgent, Message, Numeric, Run, run

TRUST = (0.7, 0.5, 0.4)


@dataclass(frozen=True)
class Estimator:
    """Begins with an estimate of its own, and weighs it against those of the others."""

    name: str
    first: float
    trust: float
    role: str = "estimates days of work"

    async def execute(self, message: Message, run: Run) -> Message:
        """Give the estimate, moved towards the others' last ones where there are any."""
        data = message.data or {}
        if "positions" not in data:
            return Message.assistant(f"{self.first:.1f}")
        others = fmean(float(each["text"]) for each in data["positions"]["answers"])
        own = float(message.text.partition("Your last position:\n")[2].split()[0])
        return Message.assistant(f"{self.trust * own + (1 - self.trust) * others:.1f}")


async def middle(message: Message, run: Run) -> Message:
    """Judge: take the middle of the last positions."""
    del run
    return Message.assistant(
        f"{median(float(each['text']) for each in (message.data or {})['answers']):.1f}"
    )


async def main(*estimates: float) -> None:
    """Hold the debate."""
    team = [
        Estimator(f"estimator-{number}", first, trust)
        for number, (first, trust) in enumerate(zip(estimates, TRUST, strict=True), 1)
    ]
    debate = Debate(
        debaters=team,
        judge=FunctionAgent(name="middle", answer=middle),
        rounds=6,
        agreement=Numeric(tolerance=0.5),
    )
    record = await run(debate, "How many days will it take?")
    made = record.answer().metadata["composition"]
    said = [
        event.data["text"]
        for event in record.events
        if event.phase == "end" and event.name.startswith("estimator") and event.data
    ]
    for number in range(made["rounds"]):
        print(f"round {number + 1}: {'  '.join(said[number * 3 : number * 3 + 3])}")
    print(f"{made['stop']}: {record.text} days")


if __name__ == "__main__":
    asyncio.run(main(*map(float, sys.argv[1:] or ["10", "16", "40"])))
