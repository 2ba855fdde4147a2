"""A project's plan by a hierarchy: a manager, two teams, and a team lead who is a manager as well.

Run it: ``python examples/project_plan.py "an online shop for books"``; no key needed: managers and
engineers then go by fixed rules. With a model's key they are models:
``BATUTA_MODEL=openai:gpt-5-mini python examples/project_plan.py …``.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping

from batuta import (
    Agent,
    FunctionAgent,
    FunctionCalling,
    Hierarchical,
    Message,
    ModelManager,
    Run,
    run,
)

DAYS = {"ui": 5, "ux": 3, "api": 8, "schema": 2, "migration": 4}
SKILLS = {
    "ui": "builds screens",
    "ux": "tries them with users",
    "api": "builds services",
    "schema": "designs the tables",
    "migration": "moves the old data",
}


def engineer(name: str, model: str | None) -> Agent:
    """Make somebody who estimates a task."""
    if model is not None:
        asked = f"You are an engineer who {SKILLS[name]}. Estimate the task in days, in a sentence."
        return FunctionCalling(
            name=name, role=SKILLS[name], tools=(), instructions=asked, model=model
        )

    async def estimate(message: Message, run: Run) -> Message:
        del run
        then = "then " if "Done in your team before" in message.text else ""
        return Message.assistant(f"{then}{name} {SKILLS[name]}: {DAYS[name]} days")

    return FunctionAgent(name=name, role=SKILLS[name], answer=estimate)


def manager(name: str, model: str | None) -> Agent:
    """Make somebody who gives each team its part, and lists what came of it."""
    if model is not None:
        return ModelManager(name=name, instructions="You plan software.", model=model)

    async def manage(message: Message, run: Run) -> Message:
        del run
        data = message.data or {}
        if "results" in data:
            return Message.assistant("\n".join(str(each["text"]) for each in data["results"]))
        teams: Mapping[str, Mapping[str, str]] = data["teams"]
        assignments = [
            {"team": team, "worker": worker, "task": f"{data['request']}: {role}"}
            for team, workers in teams.items()
            for worker, role in workers.items()
        ]
        return Message.assistant("", {"assignments": assignments})

    return FunctionAgent(name=name, role="manages", answer=manage)


def project(model: str | None) -> Hierarchical:
    """Put the hierarchy together: the second team's data lead has a team of its own."""
    data_lead = Hierarchical(
        name="data lead",
        role="keeps what is stored",
        manager=manager("data manager", model),
        teams={"database": [engineer("schema", model), engineer("migration", model)]},
        in_order=["database"],
    )
    return Hierarchical(
        name="project-manager",
        manager=manager("manager", model),
        teams={
            "frontend": [engineer("ui", model), engineer("ux", model)],
            "backend": [engineer("api", model), data_lead],
        },
    )


async def main(wish: str) -> None:
    """Plan the wish and show who did what."""
    answer = (await run(project(os.environ.get("BATUTA_MODEL")), wish)).answer()
    for each in answer.metadata["composition"]["assignments"]:
        print(f"{each['team']}/{each['worker']} ({each['status']}): {each['task']}")
    print(f"\n{answer.text}")


if __name__ == "__main__":
    asyncio.run(main(" ".join(sys.argv[1:]) or "an online shop for books"))
