from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.core.message import Message
from batuta.parts.ballots import Election, SingleVote, confidence_of, count, majority_right

LABELS = st.sampled_from(["x", "y", "z", None])


def votes(*labels: str | None) -> list[SingleVote]:
    return [SingleVote(f"v{n}", label) for n, label in enumerate(labels)]


def test_nobody_votes() -> None:
    for quorum in (None, 1):
        ballot = count(votes(None, None), quorum=quorum)
        assert (ballot.winner, ballot.share, ballot.elected()) == (None, 0.0, None)
    assert count([]).winner is None


def test_half_is_not_more_than_half_though_a_threshold_of_a_half_is_reached() -> None:
    assert count(votes("x", "y")).winner is None
    assert count(votes("x", "y"), needed=0.5).winner == "x"
    assert count(votes("y", "x"), needed=0.5).winner == "y"


def test_shares_of_thirds_reach_two_thirds() -> None:
    assert count(votes("x", "x", "y"), needed=2 / 3).winner == "x"
    third = [SingleVote("a", "x", 0.1), SingleVote("b", "x", 0.2), SingleVote("c", "y", 0.3)]
    assert count(third, needed=0.5).tied == ("x", "y")


def test_a_vote_of_weight_nothing_elects_nobody() -> None:
    assert count([SingleVote("a", "x", 0.0)], needed=0.0).winner is None


def test_the_single_most_confident_vote_wins_alone() -> None:
    sure = [SingleVote("a", "x", 0.6), SingleVote("b", "x", 0.7), SingleVote("c", "y", 0.9)]
    assert count(sure, rule="confidence", needed=0.5).winner == "x"
    ballot = count([*sure, SingleVote("d", None)], rule="most_confident")
    assert (ballot.winner, ballot.share, ballot.elected()) == ("y", 0.9, 2)
    assert ballot.tally == {"x": 0.7, "y": 0.9}
    assert count(sure, rule="most_confident", needed=0.95).winner is None
    assert count(sure, rule="most_confident", quorum=4).winner is None


def test_the_weightiest_of_the_winners_voters_speaks() -> None:
    ballot = count(
        [
            SingleVote("a", "x", 1),
            SingleVote("b", "y", 1),
            SingleVote("c", "x", 2),
            SingleVote("d", "x", 2),
        ]
    )
    assert ballot.elected() == 2


@given(st.lists(LABELS, min_size=1, max_size=9), st.floats(0, 1) | st.none())
def test_a_winner_leads_and_has_the_share_that_it_needs(
    labels: list[str | None], needed: float | None
) -> None:
    ballot = count(votes(*labels), needed=needed)
    assert ballot.of == len(labels)
    assert sum(ballot.tally.values()) == len([label for label in labels if label])
    if ballot.winner is None:
        assert ballot.share <= (0.5 if needed is None else needed) + 1e-9
        return
    assert ballot.tally[ballot.winner] == max(ballot.tally.values())
    assert ballot.share == ballot.tally[ballot.winner] / len(labels)
    first = next(label for label in labels if label in (ballot.tied or (ballot.winner,)))
    assert ballot.winner == first
    at = ballot.elected()
    assert at is not None
    assert labels[at] == ballot.winner


@given(st.lists(LABELS, min_size=1, max_size=9), st.integers(1, 9))
def test_a_quorum_counts_valid_votes_alone(labels: list[str | None], quorum: int) -> None:
    valid = [label for label in labels if label]
    ballot = count(votes(*labels), quorum=quorum)
    assert ballot.of == len(valid)
    if len(valid) < quorum:
        assert ballot.winner is None
        assert f"quorum {quorum}" in ballot.why


@given(st.lists(st.sampled_from("xy"), min_size=1, max_size=7))
def test_unanimous_means_that_all_say_the_same(labels: list[str]) -> None:
    assert (count(votes(*labels), rule="unanimous").winner is not None) == (len(set(labels)) == 1)


def test_a_ballot_is_told_in_json() -> None:
    import json

    told = count([SingleVote("a", "x"), SingleVote("b", None, 1.0, "broke")], needed=0.5).to_json()
    assert json.loads(json.dumps(told)) == told
    assert told["votes"][1] == {"voter": "b", "label": None, "weight": 1.0, "why": "broke"}
    assert (told["winner"], told["share"], told["needed"]) == ("x", 0.5, 0.5)


@pytest.mark.parametrize(
    ("value", "read"),
    [(0, 0.0), (1, 1.0), (0.5, 0.5), (True, None), ("1", None), (math.nan, None), (1.1, None)],
)
def test_a_confidence_is_a_number_from_0_to_1(value: object, read: float | None) -> None:
    assert confidence_of(Message.assistant("x", {"confidence": value})) == read


def test_a_confidence_that_is_not_told_is_none() -> None:
    assert confidence_of(Message.assistant("x")) is None
    assert confidence_of(Message.assistant("x", {"sure": 1}), "sure") == 1


def test_an_election_without_known_voters_checks_what_it_can() -> None:
    Election(rule="weighted", weights={"a": 1}, quorum=99).check()
    with pytest.raises(ValueError, match="quorum"):
        Election(quorum=0).check()


@pytest.mark.parametrize(("voters", "right"), [(0, 0.5), (3, 1.1), (3, -0.1), (3, math.nan)])
def test_the_formula_takes_voters_and_a_probability(voters: int, right: float) -> None:
    with pytest.raises(ValueError, match="probability"):
        majority_right(voters, right)


@given(st.integers(1, 60), st.floats(0, 1))
def test_the_formula_is_a_probability_that_grows_with_good_voters(
    voters: int, right: float
) -> None:
    odd = voters * 2 - 1
    once, more = majority_right(odd, right), majority_right(odd + 2, right)
    assert -1e-9 <= once <= 1 + 1e-9
    assert more >= once - 1e-9 if right >= 0.5 else more <= once + 1e-9
    assert majority_right(odd + 1, right) == pytest.approx(once)
