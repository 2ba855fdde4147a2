"""What is judged: the store before the words, and the words against the store."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from batuta import App, FunctionAgent, Message, Run, ToolContext, tool
from batuta.core.scenario import DirectCall, Scenario, ScenarioLimits, ScriptedAnswer, ScriptedTurn
from batuta.errors import BudgetExceeded, ConfigError
from batuta.lab.goals import judged
from batuta.lab.journal import FILE, SampleJournal
from batuta.lab.plan import ComparisonPlan
from batuta.lab.results import Comparison, Sample, Subject, comparison_text
from batuta.lab.runner import ComparisonWays, MoneySpent, compare
from batuta.lab.stands import StandParts
from batuta.lab.talks import TalkScript
from batuta.settings import Settings

KEEPER = Subject(style="keeper")
TWO_PEOPLE = Scenario(
    "two",
    (
        ScriptedTurn(say=["keep a", "keep b"], by="ana"),
        ScriptedTurn(say=["keep c"], by="ana"),
        ScriptedTurn(say=["keep d"], by="bob"),
    ),
    holds=["* ana", "* ana", "d bob"],
)


def keeping(folder: Path) -> App:
    """An App that keeps words, and whose one agent does as it is told, or says so and does not."""
    path = folder / "kept.db"

    def rows(sql: str, *values: str) -> list[tuple[str, str]]:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("CREATE TABLE IF NOT EXISTS kept (word, who)")
            return db.execute(sql, values).fetchall()

    @tool(effect="write", key=("word",))
    def save(word: str, context: ToolContext) -> str:
        """Save a word."""
        rows("INSERT INTO kept VALUES (?, ?)", word, context.principal.id)
        return word

    async def state() -> Sequence[str]:
        return [" ".join(row) for row in rows("SELECT word, who FROM kept")]

    async def answer(message: Message, run: Run) -> Message:
        deed, _, word = message.text.partition(" ")
        if deed == "keep":
            await run.use(save, {"word": word})
            return Message.assistant(f"I have saved {word}.")
        if deed == "lie":
            return Message.assistant(f"I have saved {word}.")
        return Message.assistant("Which word?" if deed == "ask" else "I keep nothing.")

    return App(
        name="keeping",
        instructions="Keep words.",
        tools=[save],
        compositions={"keeper": [FunctionAgent(name="keeper", answer=answer)]},
        fresh=keeping,
        state=state,
    )


async def measured(*scenarios: Scenario, ways: ComparisonWays | None = None) -> Comparison:
    plan = ComparisonPlan(app="keeping", subjects=(KEEPER,), scenarios=scenarios, repeat=2, seed=3)
    parts = StandParts(plan=plan, app=keeping(Path()), settings=Settings())
    return await compare(parts, ways)


async def one(**given: object) -> Sample:
    found = await measured(Scenario("one", **given))  # pyright: ignore[reportArgumentType]
    return found.samples[0]


async def test_what_the_store_has_decides() -> None:
    sample = await one(turns=["keep dune"], holds=["dune ana"])
    assert (sample.succeeded, sample.ended, sample.outcome) == (True, "succeeded", "dune ana")
    assert sample.path == ("user: agent keeper", "code: tool save")
    assert (sample.turns, sample.tool_calls, sample.usd) == (1, 1, 0)


async def test_words_that_claim_what_is_not_there_are_a_lie() -> None:
    sample = await one(turns=["lie dune"], holds=["dune ana"])
    assert (sample.ended, sample.false_claims) == ("lied", 1)
    assert "I have saved dune" in sample.reason


async def test_what_nobody_wanted_is_wrong_and_what_is_there_twice_is_double() -> None:
    sample = await one(turns=["keep dune", "keep dune"], holds=["dune ana"])
    assert (sample.ended, sample.double_bookings, sample.wrong_bookings) == ("wrong", 1, 0)
    sample = await one(turns=["keep emma"], holds=["dune ana"])
    assert (sample.ended, sample.double_bookings, sample.wrong_bookings) == ("wrong", 0, 1)


async def test_nothing_done_and_nothing_claimed_is_a_lesser_answer() -> None:
    sample = await one(turns=["hello"], holds=["dune ana"])
    assert (sample.ended, sample.reason) == ("degraded", "not there: dune ana")


async def test_what_must_never_be_is_seen_after_every_turn_and_a_limit_holds() -> None:
    sample = await one(turns=["keep dune"], holds=["dune ana"], never=["dune *"])
    assert (sample.ended, sample.reason) == ("wrong", "must never be there: dune ana")
    limits = ScenarioLimits(tool_calls=1)
    sample = await one(turns=["keep a", "keep b"], holds=["a ana", "b ana"], limits=limits)
    assert (sample.succeeded, sample.reason) == (False, "2 tool calls, at most 1")
    sample = await one(turns=["ask", "ask", "ask"], holds=[], limits=ScenarioLimits(turns=2))
    assert sample.turns == 2


async def test_a_person_answers_what_is_asked_and_changes_their_mind_once() -> None:
    answers = [
        ScriptedAnswer(asked="which word", say=["ask again"]),
        ScriptedAnswer(asked="which word", say=["keep emma"]),
        ScriptedAnswer(asked="saved", say=["keep too much"], by="bob"),
    ]
    sample = await one(turns=["ask"], answers=answers, holds=["emma ana"])
    assert (sample.ended, sample.turns) == ("succeeded", 3)


async def test_what_was_there_before_stays_and_is_nobodys_goal() -> None:
    before = [DirectCall(tool="save", arguments={"word": "dune"}, by="bob")]
    sample = await one(turns=["hello"], before=before, holds=[])
    assert (sample.succeeded, sample.outcome) == (True, "dune bob")


def test_a_goal_may_be_one_of_two_or_need_not_be_met() -> None:
    wish = Scenario("one", ["hello"], holds=["a * | b ana", "? c *"])
    assert judged(wish, [], ["b ana"]).right
    assert judged(wish, [], ["a bob", "c ana"]).right
    assert judged(wish, [], ["c ana"]).missing == ("a * | b ana",)
    assert judged(wish, ["x bob"], ["a ana"]).wrong == ("x bob (was there)",)


def test_a_seed_draws_wordings_and_nothing_else_does() -> None:
    drawn = {seed: TalkScript(scenario=TWO_PEOPLE, seed=seed).people() for seed in range(40)}
    again = {seed: TalkScript(scenario=TWO_PEOPLE, seed=seed).people() for seed in range(40)}
    assert drawn == again
    assert all([*people] == ["ana", "bob"] for people in drawn.values())
    assert {people["ana"][0].text for people in drawn.values()} == {"keep a", "keep b"}
    assert all(people["ana"][1].text == "keep c" for people in drawn.values())
    assert all(people["bob"] == [("keep d", "")] for people in drawn.values())


async def test_the_same_seed_gives_the_same_bytes_but_for_what_is_measured() -> None:
    first, second = [comparison_text(await measured(TWO_PEOPLE)) for _ in range(2)]
    assert first.partition(' "measured": {')[0] == second.partition(' "measured": {')[0]
    assert len({sample["seed"] for sample in _rows(first)}) == 2


async def test_a_comparison_goes_on_from_its_journal_and_leaves_none_behind(tmp_path: Path) -> None:
    cut = asyncio.Event()

    def stop(done: int, size: int, latest: Sample) -> None:
        if done == 3 and not cut.is_set():
            cut.set()
            raise RuntimeError("cut")

    scenarios = (TWO_PEOPLE, replace(TWO_PEOPLE, name="three"))
    whole = comparison_text(await measured(*scenarios))
    with pytest.raises(RuntimeError, match="cut"):
        await measured(*scenarios, ways=ComparisonWays(folder=tmp_path, told=stop))
    kept = (tmp_path / FILE).read_text()
    (tmp_path / FILE).write_text(f'{kept}{{"key": [0, 1, "", 1], "torn')
    taken: list[int] = []
    ways = ComparisonWays(folder=tmp_path, told=lambda done, size, latest: taken.append(done))
    resumed = comparison_text(await measured(*scenarios, ways=ways))
    assert taken == [4]
    assert resumed.partition(' "measured": {')[0] == whole.partition(' "measured": {')[0]
    assert not (tmp_path / FILE).exists()


def test_a_journal_of_other_words_is_refused(tmp_path: Path) -> None:
    plan = ComparisonPlan(app="keeping", subjects=(KEEPER,), scenarios=(TWO_PEOPLE,))
    SampleJournal(tmp_path, plan).close(done=False)
    with pytest.raises(ConfigError, match="begun with other words"):
        SampleJournal(tmp_path, replace(plan, seed=2))


async def test_what_costs_more_than_it_may_is_stopped() -> None:
    spent = MoneySpent(Decimal("0.02"), {})
    sample = replace(await one(turns=["hello"], holds=[]), usd=Decimal("0.015"))
    spent.add(sample)
    with pytest.raises(BudgetExceeded):
        spent.add(sample)


def _rows(text: str) -> list[dict[str, object]]:
    import json

    return json.loads(text)["samples"]
