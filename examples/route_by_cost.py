"""A trained classifier in front of a cheap and a dear model, and what that saves.

Run it: ``python examples/route_by_cost.py``. It wants scikit-learn, and says how to install it.
Without a key the models are stand-ins that answer with fixed words, charged at the listed prices of
the models they stand for: the saving is then simulated, its tokens are estimates. With a key for
both: ``BATUTA_CHEAP=openai:gpt-5-nano BATUTA_DEAR=openai:gpt-5 python examples/route_by_cost.py``.
"""

from __future__ import annotations

import asyncio
import os
from importlib import import_module
from typing import Any

from batuta import (
    EstimatorClassifier,
    FunctionCalling,
    Message,
    Model,
    ModelReply,
    ModelRequest,
    Router,
    Saving,
    ScriptedModel,
    Usage,
    local_runtime,
)
from batuta.errors import package_command
from batuta.telemetry.prices import default_prices

LISTED = {"cheap": "openai:gpt-5-nano", "dear": "openai:gpt-5"}
WORDS = {"cheap": 40, "dear": 200}
LEARNT = {
    "simple": (
        "when do you open", "what time do you close", "where are you", "what is the phone number",
        "do you take cards", "is parking free", "what is the address", "are you open on sunday",
        "how much is a day ticket", "do you have showers", "what does it cost", "hello there",
    ),
    "complex": (
        "compare the yearly plan with day tickets for two people playing weekly",
        "plan a training week for a beginner with a bad knee",
        "why was my invoice higher than last month although I played less",
        "explain step by step how the handicap changes after this tournament",
        "write a polite complaint about the noise and suggest three solutions",
        "analyse these results and tell which doubles pair should play first",
        "work out the cheapest way to book courts for a group of nine",
        "summarise the rules on guests and point out contradictions",
        "draft a schedule for twelve teams so that nobody plays twice a day",
        "which membership pays off if I play three times in winter and why",
    ),
}  # fmt: skip
ASKED = (
    ("What time do you open on Monday?", "simple"),
    ("Is there free parking?", "simple"),
    ("Do you take cash?", "simple"),
    ("What is your address?", "simple"),
    ("How much is a racket?", "simple"),
    ("Compare both memberships for a family of four and say why one pays off.", "complex"),
    ("Plan three training weeks for a player who comes back after an injury.", "complex"),
    ("Are you open at Christmas?", "simple"),
)


def stand_in(stands_for: str, words: int) -> Model:
    """Make a model that answers with so many words; four characters count as a token."""

    def answer(request: ModelRequest) -> ModelReply:
        text = " ".join(["word"] * words)
        read = sum(len(message.text) for message in request.messages)
        usage = Usage(read // 4, len(text) // 4)
        return ModelReply(text, usage=usage, model=f"stand-in:{stands_for}", stand_in=True)

    return ScriptedModel([answer], name=f"stand-in:{stands_for}", repeat=True)


def agent(name: str) -> FunctionCalling:
    """Make an agent with a real model where one is named, else with a stand-in."""
    model = os.environ.get(f"BATUTA_{name.upper()}") or stand_in(LISTED[name], WORDS[name])
    return FunctionCalling(name=name, tools=(), instructions="You are a club's desk.", model=model)


def part(name: str) -> Any:
    """Import a part of scikit-learn; without it, leave and say how to install it."""
    try:
        return import_module(f"sklearn.{name}")
    except ModuleNotFoundError as error:
        command = package_command("scikit-learn")
        raise SystemExit(f"This example needs scikit-learn. Run: {command}") from error


def classifier() -> EstimatorClassifier:
    """Train on the requests above; those that are asked later it has never seen."""
    texts, linear = part("feature_extraction.text"), part("linear_model")
    pipeline = part("pipeline").make_pipeline(
        texts.TfidfVectorizer(ngram_range=(1, 2)), linear.LogisticRegression(C=10)
    )
    pairs = [(text, label) for label, learnt in LEARNT.items() for text in learnt]
    pipeline.fit([text for text, _ in pairs], [label for _, label in pairs])
    return EstimatorClassifier(estimator=pipeline, name="complexity")


async def main() -> None:
    """Ask everything, and show where it went and what it cost."""
    router = Router.by_cost(cheap=agent("cheap"), dear=agent("dear"), classifier=classifier())
    listed = default_prices()
    found = {f"stand-in:{name}": listed.price(name) for name in LISTED.values()}
    own = {name: price for name, price in found.items() if price is not None}
    runtime = local_runtime(prices=default_prices(own))
    total, right, simulated = Saving(), 0, ""
    for text, label in ASKED:
        record = await runtime.run(router, Message.user(text))
        answer = record.answer()
        simulated = " (simulated: stand-ins answered)" if record.stand_in else simulated
        made = answer.metadata["composition"]
        total, right = total + Saving.of(answer), right + (made["label"] == label)
        print(f"{made['route']:5} {made['label']} ({made['confidence']:.2f}): {text}")
    print(f"\n{right} of {len(ASKED)} labels right")
    if total.saved_usd is None or total.share is None:
        print(f"saving unknown: {total.reason}")
    else:
        print(f"spent ${total.spent_usd:.6f}, all to the dearest ${total.dearest_usd:.6f}")
        print(f"saved {total.share:.0%}{simulated}")
    await runtime.stop()


if __name__ == "__main__":
    asyncio.run(main())
