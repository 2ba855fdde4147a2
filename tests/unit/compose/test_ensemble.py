from __future__ import annotations

import random
from typing import Any

import pytest

from batuta.compose.ensemble import Ensemble
from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.errors import BudgetExceeded, MembersFailed
from batuta.parts.ballots import majority_right
from batuta.parts.likeness import Exact, Numeric, OneField
from batuta.testing.scripted import ScriptedModel
from tests.unit.compose.cast import Waits, asks, breaks, decisions, says, statuses, told
from tests.unit.core.rig import HELLO, does, hosted, reply


async def vote(*voters: Any, **options: Any) -> RunRecord:
    return await hosted(Ensemble(voters=voters, **options)).run("ensemble", HELLO)


def sure(name: str, label: str, confidence: Any) -> Any:
    return says(name, label, {"confidence": confidence})


def ballot(record: RunRecord) -> dict[str, Any]:
    return told(record)["ballot"]


def abstained(record: RunRecord) -> bool:
    assert record.reply is not None
    if told(record)["stop"] != "abstained":
        return False
    assert record.reply.data is not None
    assert record.reply.data["abstained"] is True
    assert record.reply.data["ballot"] == ballot(record)
    return True


async def test_the_majority_wins_with_its_own_data_and_metadata() -> None:
    record = await vote(
        says("a", "no", {"n": 1}),
        says("b", " YES.", {"n": 2}, source="b"),
        says("c", "yes", {"n": 3}, source="c"),
    )
    assert record.reply is not None
    assert (record.text, record.reply.data) == (" YES.", {"n": 2})
    assert record.reply.metadata["source"] == "b"
    assert ballot(record)["share"] == pytest.approx(2 / 3)
    assert [v["label"] for v in ballot(record)["votes"]] == ["no", "YES.", "YES."]
    assert statuses(record) == ["done"] * 3


async def test_more_than_half_of_the_configured_voters_is_needed() -> None:
    two_of_five = [says("a", "x"), says("b", "x"), *(breaks(n) for n in "cde")]
    record = await vote(*two_of_five)
    assert abstained(record)
    assert (ballot(record)["of"], ballot(record)["share"]) == (5, pytest.approx(0.4))
    assert abstained(await vote(says("a", "x"), says("b", "y")))


async def test_with_a_quorum_the_share_is_of_the_votes_cast_but_enough_must_be() -> None:
    two_of_five = [says("a", "x"), says("b", "x"), *(breaks(n) for n in "cde")]
    record = await vote(*two_of_five, quorum=2)
    assert record.text == "x"
    assert ballot(record)["of"] == 2
    record = await vote(*two_of_five, quorum=3)
    assert abstained(record)
    assert ballot(record)["why"] == "2 valid votes of 5, quorum 3"


@pytest.mark.parametrize("turn", range(20))
async def test_ties_fall_to_the_voter_configured_first(turn: int) -> None:
    record = await vote(
        says("a", "x"), says("b", "y"), says("c", "y"), says("d", "x"), threshold=0.5
    )
    assert record.text == "x"
    assert ballot(record)["tied"] == ["x", "y"]


@pytest.mark.parametrize(("threshold", "wins"), [(0.75, True), (0.76, False), (0.0, True)])
async def test_a_threshold_can_reject_the_leader(threshold: float, wins: bool) -> None:
    voters = [says("a", "x"), says("b", "x"), says("c", "x"), says("d", "y")]
    record = await vote(*voters, threshold=threshold)
    assert abstained(record) is not wins
    if not wins:
        assert record.text == "No answer was agreed on: 75% for x, 76% needed."


async def test_unanimous_means_every_configured_voter() -> None:
    assert (await vote(says("a", "x"), says("b", "X"), rule="unanimous")).text == "x"
    assert abstained(await vote(says("a", "x"), says("b", "x"), breaks("c"), rule="unanimous"))
    assert abstained(await vote(says("a", "x"), says("b", "y"), rule="unanimous"))


async def test_weights_count_instead_of_heads() -> None:
    voters = [says("a", "x"), says("b", "y"), says("c", "y")]
    record = await vote(*voters, rule="weighted", weights={"a": 3, "b": 1, "c": 1})
    assert record.text == "x"
    assert (ballot(record)["of"], ballot(record)["share"]) == (5, pytest.approx(0.6))


async def test_confidence_counts_instead_of_heads_and_the_surest_speaks() -> None:
    record = await vote(
        sure("a", "x", 0.3), sure("b", "y", 0.2), sure("c", "x", 0.9), rule="confidence"
    )
    assert record.reply is not None
    assert record.reply.data == {"confidence": 0.9}
    assert ballot(record)["share"] == pytest.approx(1.2 / 1.4)


@pytest.mark.parametrize("odd", [1.01, -0.1, float("nan"), float("inf"), True, "0.9", None, 85])
async def test_a_confidence_that_is_none_makes_the_vote_invalid_and_weighs_against(
    odd: Any,
) -> None:
    record = await vote(sure("a", "x", 0.9), sure("b", "y", odd), rule="confidence")
    second = ballot(record)["votes"][1]
    assert (second["label"], second["why"]) == (None, "no confidence from 0 to 1")
    assert ballot(record)["of"] == pytest.approx(1.9)
    assert abstained(record)
    assert (await vote(sure("a", "x", 0.9), sure("b", "y", odd), rule="confidence", quorum=1)).text


async def test_voters_without_any_confidence_elect_nobody() -> None:
    record = await vote(sure("a", "x", 0), sure("b", "x", 0.0), rule="confidence", threshold=0)
    assert abstained(record)


@pytest.mark.parametrize(
    ("like", "texts", "winner"),
    [
        (Exact(), ["Yes", "yes", "yes"], "yes"),
        (Numeric(0.1), ["1.0", "1.1", "5"], "1.0"),
        (Numeric(), ["about 7", "7.0", "7"], "7.0"),
    ],
)
async def test_a_normaliser_says_which_answers_are_one(
    like: Any, texts: list[str], winner: str
) -> None:
    voters = [says(f"v{n}", text) for n, text in enumerate(texts)]
    assert (await vote(*voters, like=like)).text == winner


async def test_a_field_of_the_data_can_be_the_vote() -> None:
    voters = [
        says(n, f"words of {n}", {"label": label}) for n, label in zip("abc", "xyy", strict=True)
    ]
    record = await vote(*voters, says("d", "no data"), like=OneField("label"), threshold=0.5)
    assert record.text == "words of b"
    assert ballot(record)["votes"][3]["why"] == "gave nothing to compare"


async def test_an_answer_outside_the_labels_is_no_valid_vote() -> None:
    record = await vote(
        says("a", "YES"), says("b", "maybe"), says("c", "yes"), labels=("yes", "no")
    )
    assert record.text == "YES"
    assert [v["label"] for v in ballot(record)["votes"]] == ["yes", None, "yes"]
    assert "none of the labels" in ballot(record)["votes"][1]["why"]


class Labelled:
    role = "labelled"

    def __init__(self, name: str, *labels: str) -> None:
        self.name, self.labels = name, labels

    async def execute(self, message: Message, run: Run) -> Message:
        return Message.assistant("perhaps")


def test_voters_with_unequal_labels_are_refused_at_construction() -> None:
    Ensemble(voters=[Labelled("a", "x", "y"), Labelled("b", "y", "x"), "c"])
    with pytest.raises(ValueError, match="b votes for x, z, a for x, y"):
        Ensemble(voters=[Labelled("a", "x", "y"), Labelled("b", "x", "z")])
    with pytest.raises(ValueError, match="one set of labels"):
        Ensemble(voters=[Labelled("a", "x", "y")], labels=("x", "z"))


async def test_what_all_voters_declare_is_all_that_counts() -> None:
    record = await vote(Labelled("a", "x", "y"), Labelled("b", "x", "y"))
    assert abstained(record)
    assert "none of the labels" in ballot(record)["votes"][0]["why"]


async def test_when_all_voters_fail_the_error_tells_of_each() -> None:
    record = await vote(breaks("a"), breaks("b"))
    assert isinstance(record.failure, MembersFailed)
    assert "all 2 voters failed" in str(record.failure)


async def test_a_budget_that_ends_the_vote_is_the_runs_error_unless_it_is_won() -> None:
    options = RunOptions(budget=Budget(model_calls=1))
    team = Ensemble(voters=[asks("a"), asks("b")])
    record = await hosted(team).run("ensemble", HELLO, options)
    assert isinstance(record.failure, BudgetExceeded)
    assert any("a: done; b: failed" in said for said in decisions(record))
    team = Ensemble(voters=[asks("a"), asks("b"), says("c", "ok")])
    assert (await hosted(team).run("ensemble", HELLO, options)).text == "ok"


async def test_usage_and_cost_are_told_for_each_voter() -> None:
    model = ScriptedModel([reply("x", (10, 5))], repeat=True)
    record = await hosted(Ensemble(voters=[asks("a"), says("b", "x")]), model=model).run(
        "ensemble", HELLO
    )
    assert [m["usage"]["output_tokens"] for m in told(record)["members"]] == [5, 0]
    assert [m["cost"]["usd"] for m in told(record)["members"]] == [0, 0]


async def test_a_voter_that_takes_too_long_loses_its_vote_only() -> None:
    record = await vote(says("a", "x"), says("b", "x"), Waits("c"), timeout_s=0.5)
    assert record.text == "x"
    assert statuses(record) == ["done", "done", "failed"]


@pytest.mark.parametrize(
    ("options", "says_why"),
    [
        ({"voters": []}, "1 voter at least"),
        ({"voters": ["a", "a"]}, "More than one voter has the name a"),
        ({"voters": ["a"], "rule": "loudest"}, "no rule 'loudest'"),
        ({"voters": ["a"], "threshold": 1.01}, "share from 0 to 1"),
        ({"voters": ["a"], "threshold": float("nan")}, "share from 0 to 1"),
        ({"voters": ["a"], "rule": "unanimous", "threshold": 0.5}, "no threshold"),
        ({"voters": ["a", "b"], "quorum": 3}, "quorum must be from 1 to the number of voters, 2"),
        ({"voters": ["a"], "quorum": 0}, "quorum"),
        ({"voters": ["a"], "rule": "weighted"}, "needs weights"),
        ({"voters": ["a"], "weights": {"a": 1}}, "no other rule"),
        ({"voters": ["a", "b"], "rule": "weighted", "weights": {"a": 1, "c": 1}}, "b, c"),
        ({"voters": ["a"], "rule": "weighted", "weights": {"a": -1}}, "finite and 0 or more"),
        ({"voters": ["a"], "rule": "weighted", "weights": {"a": float("nan")}}, "finite"),
        ({"voters": ["a"], "rule": "weighted", "weights": {"a": 0}}, "above 0"),
        ({"voters": ["a"], "labels": ("x", "x")}, "each stands once"),
        ({"voters": ["a"], "labels": "xy"}, "list"),
        ({"voters": ["a"], "limit": 0}, "limit"),
        ({"voters": ["a"], "timeout_s": 0}, "timeout_s"),
    ],
)
def test_options_that_cannot_work_are_refused_at_construction(
    options: dict[str, Any], says_why: str
) -> None:
    with pytest.raises(ValueError, match=says_why):
        Ensemble(**options)


@pytest.mark.parametrize(
    ("voters", "right", "exact"),
    [(1, 0.7, 0.7), (3, 0.8, 0.896), (5, 0.6, 0.68256), (4, 0.7, 0.784), (3, 0.5, 0.5)],
)
def test_the_formula_of_independent_voters_is_exact(
    voters: int, right: float, exact: float
) -> None:
    assert majority_right(voters, right) == pytest.approx(exact)


@pytest.mark.parametrize("voters", [3, 4, 5])
async def test_independent_voters_reproduce_the_formula(voters: int) -> None:
    """Seeded voters, right 7 times in 10; the count must lie within 4 standard errors."""
    dice, rounds, right = random.Random(7), 1500, 0.7  # noqa: S311 - seeded dice

    def guesser(name: str) -> Any:
        async def guess(run: Run) -> str:
            return "right" if dice.random() < right else "wrong"

        return does(name, guess)

    team = Ensemble(voters=[guesser(f"v{n}") for n in range(voters)], threshold=0.5)
    runtime = hosted(team)
    texts = [(await runtime.run("ensemble", HELLO)).text for _ in range(rounds)]
    exact = majority_right(voters, right)
    error = (exact * (1 - exact) / rounds) ** 0.5
    assert texts.count("right") / rounds == pytest.approx(exact, abs=4 * error)
