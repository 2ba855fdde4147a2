"""Nine ways to combine agents, at the tennis club: each looks into the club's real bookings.

Run it: ``python examples/at_the_club.py``, or with one of them and a question of yours:
``… at_the_club.py ensemble "which courts are free?"``; no key needed. Most members are plain
functions. The desk is a model with the tool that looks courts up and none that books: without a
key, the stand-in. The site's "Try it" page runs this file.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from batuta import (
    RAG,
    Agent,
    App,
    Debate,
    Document,
    Ensemble,
    FunctionAgent,
    FunctionCalling,
    Hierarchical,
    MapReduce,
    Message,
    Parallel,
    Reflection,
    Router,
    Run,
    Swarm,
    WordClassifier,
    hand_to,
    with_headings,
)
from batuta.tennis.app import tennis_app
from batuta.tennis.bookings import TennisClub
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club

RULES = [
    Document(id="rules/shoes", text="Clay courts take shoes with a herringbone sole only."),
    Document(id="rules/guests", text="A member may bring one guest, who pays at the office."),
    Document(id="rules/rain", text="A booking that rain cuts short is given back by the office."),
    Document(id="rules/lights", text="Lights are switched on at dusk and off at 22:00."),
]
LABELLED = [
    ("book a court", "booking"),
    ("reserve court a tomorrow", "booking"),
    ("is a court free at three", "booking"),
    ("when do you open", "question"),
    ("how many courts are there", "question"),
    ("what shoes do i need", "question"),
]
QUESTIONS = {
    "parallel": "tomorrow",
    "router": "Which courts are free tomorrow at 3pm?",
    "swarm": "What shoes do I need?",
    "rag": "Which shoes may I wear on a clay court?",
    "reflection": "Anna, tomorrow at 3pm",
    "hierarchical": "tomorrow",
    "ensemble": "Is a court free at three?",
    "map_reduce": "tomorrow at 9am, tomorrow at noon, tomorrow at 5pm",
    "debate": "tomorrow",
}
WORD = re.compile(r"\w{3,}")
Answer = Callable[[Message, Run], Awaitable[Message]]


def desk(app: App) -> FunctionCalling:
    """Make the agent that looks courts up, and cannot book."""
    tools = [tool for tool in app.tools if tool.effect == "read"]
    return FunctionCalling(name="desk", tools=tools, instructions=app.instructions)


def asks(name: str, clock: str) -> FunctionAgent:
    """Make an agent that asks the desk for one time of the day in the message."""

    async def answer(message: Message, run: Run) -> Message:
        asked = f"Which courts are free {message.text} at {clock}?"
        return await run.call("desk", Message.user(asked))

    return FunctionAgent(name=name, role=f"looks at {clock}", answer=answer)


def says(name: str, answer: Answer, role: str = "") -> FunctionAgent:
    """Make an agent of a function."""
    return FunctionAgent(name=name, role=role or name, answer=answer)


def shared(text: str, other: str) -> int:
    """Count the words that two texts share."""
    return len(set(WORD.findall(text.lower())) & set(WORD.findall(other.lower())))


async def quote(message: Message, run: Run) -> Message:
    """Quote the document that shares most words with the question, and cite it."""
    del run
    data = message.data or {}
    best = max(data["documents"], key=lambda each: shared(str(data["question"]), each["text"]))
    return Message.assistant(f"{best['text']} [[{best['id']}]]")


async def look_up(message: Message, run: Run) -> Message:
    """Retrieve the club's rules that share a word with the question."""
    del run
    ranked = sorted(RULES, key=lambda rule: -shared(message.text, rule.text))
    found = [
        {"id": rule.id, "text": rule.text, "score": float(shared(message.text, rule.text))}
        for rule in ranked
        if shared(message.text, rule.text)
    ]
    return Message.assistant("", {"documents": found})


async def reception(message: Message, run: Run) -> Message:
    """Answer what is no booking, or hand over."""
    del run
    asked = str((message.data or {}).get("request", message.text))
    if shared(asked, " ".join(rule.text for rule in RULES)):
        return hand_to("rules", "it is a matter of the club's rules")
    return hand_to("courts", "it is about courts")


async def rules(message: Message, run: Run) -> Message:
    """Quote the rule that fits best."""
    del run
    asked = str((message.data or {}).get("request", message.text))
    return Message.assistant(max(RULES, key=lambda rule: shared(asked, rule.text)).text)


async def courts(message: Message, run: Run) -> Message:
    """Let the desk answer."""
    asked = str((message.data or {}).get("request", message.text))
    return Message.assistant((await run.call("desk", Message.user(asked))).text)


async def invite(message: Message, run: Run) -> Message:
    """Write an invitation, and put in what the critics missed in the last draft."""
    del run
    data = message.data or {}
    draft = str(data.get("draft") or "Come and play tennis!")
    told = message.text
    if "whom" in told:
        draft = f"Dear friend, {draft[0].lower()}{draft[1:]}"
    if "when" in told:
        draft += f" When: {data.get('request') or 'as we said'}."
    return Message.assistant(draft)


async def critic(message: Message, run: Run) -> Message:
    """Score a draft by what it says: to whom, and when."""
    del run
    draft = str((message.data or {})["draft"])
    missing = [word for word, there in (("whom", "Dear"), ("when", "When")) if there not in draft]
    said = f"It does not say {missing[0]}." if missing else "Nothing is missing."
    return Message.assistant("", {"score": 1 - len(missing) / 2, "feedback": said})


async def manage(message: Message, run: Run) -> Message:
    """Give each half of the day to its team, and list what came of it."""
    del run
    data = message.data or {}
    if "results" in data:
        return Message.assistant("\n".join(str(each["text"]) for each in data["results"]))
    teams: Mapping[str, Mapping[str, str]] = data["teams"]
    assignments = [
        {"team": team, "worker": worker, "task": str(data["request"])}
        for team, workers in teams.items()
        for worker in workers
    ]
    return Message.assistant("", {"assignments": assignments})


async def by_mark(message: Message, run: Run) -> Message:
    """Label by the one word "book" or "free"."""
    del run
    hit = re.search(r"\b(book|free|reserve)\b", message.text, re.IGNORECASE)
    return Message.assistant("booking" if hit else "question")


async def by_form(message: Message, run: Run) -> Message:
    """Label by the question mark."""
    del run
    return Message.assistant("question" if "?" in message.text else "booking")


async def most_courts(message: Message, run: Run) -> Message:
    """Judge: take the position that names more courts."""
    del run
    answers: Sequence[Mapping[str, str]] = (message.data or {})["answers"]
    best = max(answers, key=lambda each: len(set(re.findall(r"\b[A-F]\b", each["text"]))))
    return Message.assistant(f"None names more than {best['agent']}. {best['text']}")


def split(message: Message) -> list[str | Message]:
    """Part a message at its commas."""
    return [f"Which courts are free {part.strip()}?" for part in message.text.split(",")]


def nine() -> dict[str, Agent]:
    """Make one agent of each pattern; all of them ask the same desk."""
    words = WordClassifier.fit(LABELLED)

    async def by_words(message: Message, run: Run) -> Message:
        made = (await words.execute(message, run)).data or {}
        return Message.assistant(str(made["label"]))

    early, late = asks("morning", "9am"), asks("evening", "6pm")
    return {
        "parallel": Parallel(
            name="parallel", members=[early, asks("noon", "noon"), late], combine=with_headings
        ),
        "router": Router(
            name="router",
            classifier=words,
            routes={"booking": "desk", "question": says("rules", rules)},
            default="desk",
        ),
        "swarm": Swarm(
            name="swarm",
            members=[says("reception", reception), says("rules", rules), says("courts", courts)],
            entry="reception",
        ),
        "rag": RAG(
            retrievers=[says("documents", look_up)], generator=says("quote", quote), top_k=2
        ),
        "reflection": Reflection(
            generator=says("writer", invite), critics=[says("critic", critic)], max_rounds=4
        ),
        "hierarchical": Hierarchical(
            name="hierarchical",
            manager=says("manager", manage),
            teams={"early": [early], "late": [asks("afternoon", "3pm"), late]},
        ),
        "ensemble": Ensemble(
            name="ensemble",
            voters=[says("mark", by_mark), says("form", by_form), says("words", by_words)],
        ),
        "map_reduce": MapReduce(
            name="map_reduce", split=split, mapper="desk", reducer=with_headings
        ),
        "debate": Debate(
            name="debate", debaters=[early, late], judge=says("judge", most_courts), rounds=1
        ),
    }


def with_nine(app: App) -> App:
    """Give the club's App nine compositions more; each is used like a style."""

    def of(key: str) -> Callable[[App], Sequence[Agent]]:
        return lambda opened: [desk(opened), nine()[key]]

    return replace(app, compositions={**app.compositions, **{key: of(key) for key in QUESTIONS}})


async def main(keys: Sequence[str], question: str) -> None:
    """Put one question to some of them, and tell who decided how often."""
    app = with_nine(tennis_app(TennisClub(Club(), SqliteBookings(":memory:"))))
    for key in keys:
        async with app.assistant(key) as assistant:
            record = (await assistant.chat(question or QUESTIONS[key])).raised()
        print(f"{key} > {question or QUESTIONS[key]}\n{record.text}\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:2] or list(QUESTIONS), " ".join(sys.argv[2:])))
