"""Several people are served at once: what one has read may be gone when it writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from batuta import App, FunctionAgent, Message, Run, ToolContext, tool
from batuta.core.scenario import Scenario, ScriptedTurn
from batuta.errors import ToolRetry
from batuta.faults import DrawnTurns, faults
from batuta.lab.plan import ComparisonPlan
from batuta.lab.results import Sample, Subject
from batuta.lab.runner import compare
from batuta.lab.stands import StandParts
from batuta.lab.talks import Talking
from batuta.settings import Settings
from tests.patience import scaled

PEOPLE = ("ana", "bob")
WISH = Scenario(
    "the last seat",
    tuple(ScriptedTurn(say=["a seat"], by=each) for each in PEOPLE),
    holds=["1 *"],
)


def theatre(folder: Path, served: list[str] | None = None) -> App:
    """An App with one seat left, whose agent looks first and takes it then."""
    del folder
    taken: list[str] = []
    served = [] if served is None else served

    @tool
    def free() -> int:
        """Count what is free."""
        return 1 - len(taken)

    @tool(effect="write", key=())
    def take(context: ToolContext) -> str:
        """Take the seat, where it is free still."""
        if taken:
            raise ToolRetry("take", "somebody was quicker")
        taken.append(context.principal.id)
        return "taken"

    async def state() -> Sequence[str]:
        return [f"1 {each}" for each in taken]

    async def answer(message: Message, run: Run) -> Message:
        del message
        who = run.job.principal.id
        served.append(f"{who} begins")
        seen = await run.use(free, {})
        served.append(f"{who} saw {seen}")
        try:
            got = await run.use(take, {}) if seen else ""
        except ToolRetry:
            got = ""
        served.append(f"{who} ends")
        return Message.assistant("The seat is yours." if got else "There is none left.")

    return App(
        name="theatre",
        instructions="Seat people.",
        tools=[free, take],
        compositions={"desk": [FunctionAgent(name="desk", answer=answer)]},
        fresh=theatre,
        state=state,
    )


async def held(turns: DrawnTurns | None) -> list[str]:
    """Hold the conversation and give who was served when."""
    served: list[str] = []
    app = theatre(Path(), served)
    with faults("none", turns=turns):
        async with app.assistant("desk") as talker:
            talk = await Talking(
                assistant=talker, scenario=WISH, seed=1, read=app.state, turns=turns
            ).hold()
    assert (len(talk.records), len(talk.state), talk.false_claims) == (2, 1, [])
    return served


async def test_both_are_served_at_once_in_an_order_that_the_seed_draws() -> None:
    found = {seed: await held(DrawnTurns(PEOPLE, f"{seed}")) for seed in range(6)}
    again = {seed: await held(DrawnTurns(PEOPLE, f"{seed}")) for seed in range(6)}
    assert found == again
    assert {each[0] for each in found.values()} == {"ana begins", "bob begins"}
    # One has looked and seen the seat free, and the other has it when the first one takes it.
    both = [each for each in found.values() if {"ana saw 1", "bob saw 1"} <= {*each}]
    assert both
    assert len(both) < len(found)  # and one after the other, as a seed may draw too


async def test_without_a_seed_they_go_on_as_they_come() -> None:
    served = await held(None)
    assert served.index("ana begins") < served.index("bob begins") < served.index("ana ends")


async def test_a_comparison_holds_them_at_once_and_gives_the_same_for_the_same_seed() -> None:
    subject = Subject(style="desk")
    plan = ComparisonPlan(app="theatre", subjects=(subject,), scenarios=(WISH,), repeat=6)

    async def measured() -> Sequence[Sample]:
        parts = StandParts(plan=plan, app=theatre(Path()), settings=Settings())
        return (await compare(parts)).samples

    first, second = await measured(), await measured()
    assert [(e.outcome, e.path) for e in first] == [(e.outcome, e.path) for e in second]
    assert {each.ended for each in first} == {"succeeded"}
    assert {each.outcome for each in first} == {"1 ana", "1 bob"}


@pytest.mark.timeout(scaled(30))
async def test_who_waits_for_what_the_other_holds_goes_on_in_the_end() -> None:
    turns = DrawnTurns(PEOPLE, "1", longest_s=0.05)
    other = next(each for each in PEOPLE if not turns.is_on(each))
    await turns.call(other)  # nobody else ever calls
    await turns.call(other)
    await turns.begin(other)
    assert turns.free


async def test_who_takes_no_part_never_waits() -> None:
    await DrawnTurns(PEOPLE, "1", longest_s=scaled(60)).call("eve")
