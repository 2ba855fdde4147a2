"""A telephone company's desks hand a customer to each other, over several messages.

Run it: ``python examples/swarm_service.py "I was charged twice" "and my line is dead"``; no key
needed: the desks then go by words. With a model's key each is a model with tools:
``BATUTA_MODEL=openai:gpt-5-mini python examples/swarm_service.py …``.
"""

from __future__ import annotations

import asyncio
import os
import sys

from batuta import (
    Agent,
    FunctionAgent,
    HandoffAgent,
    Message,
    Run,
    RunOptions,
    Session,
    Swarm,
    hand_to,
    local_runtime,
    tool,
)

ROLES = {
    "general": "Greets, and finds out what it is about.",
    "billing": "Answers questions on invoices and gives money back.",
    "technical": "Checks and mends lines and routers.",
}
WORDS = {
    "billing": ("charge", "invoice", "money", "paid", "pay", "refund"),
    "technical": ("dead", "line", "router", "slow", "internet"),
}


@tool
async def last_invoice() -> dict[str, int]:
    """Look up the customer's last invoice."""
    return {"charged": 40, "owed": 20}


@tool
async def check_line() -> str:
    """Measure the customer's line."""
    return "no signal since 08:00"


TOOLS = {"general": [], "billing": [last_invoice], "technical": [check_line]}


def by_words(name: str) -> FunctionAgent:
    """Make a desk without a model: it looks for its words, and uses its one tool."""

    async def answer(message: Message, run: Run) -> Message:
        asked = str((message.data or {}).get("request", message.text)).lower()
        wanted = next((desk for desk, words in WORDS.items() if any(w in asked for w in words)), "")
        if wanted and wanted != name:
            return hand_to(wanted, f"it is a matter for {wanted}")
        if name == "general":
            return Message.assistant("Welcome! Is it about an invoice, or about your line?")
        found = await run.use(TOOLS[name][0], {})
        return Message.assistant(f"This is {name}. I looked it up: {found}.")

    return FunctionAgent(name=name, role=ROLES[name], answer=answer)


def desk(name: str, model: str | None) -> Agent:
    """Make a desk with a model, or without."""
    if model is None:
        return by_words(name)
    about = f"You are the {name} desk of a telephone company. {ROLES[name]}"
    return HandoffAgent(
        name=name, role=ROLES[name], instructions=about, tools=TOOLS[name], model=model
    )


async def main(*messages: str) -> None:
    """Answer the messages within one conversation, and show who had the word."""
    model = os.environ.get("BATUTA_MODEL")
    service = Swarm(
        name="customer-service",
        members=[desk(name, model) for name in ROLES],
        entry="general",
        max_handoffs=5,
    )
    runtime, session = local_runtime(), Session("one", "local")
    for text in messages:
        answer = await runtime.call(service, Message.user(text), RunOptions(session=session))
        session.history += [Message.user(text), answer]
        made = answer.metadata["composition"]
        print(f"> {text}")
        for each in made["handoffs"]:
            print(f"  ({each['from']} hands over to {each['to']}: {each['reason']})")
        print(f"{made['holder']}: {answer.text}\n")
    await runtime.stop()


if __name__ == "__main__":
    asyncio.run(main(*(sys.argv[1:] or ["Hello!", "I was charged twice.", "And my line is dead."])))
