from __future__ import annotations

import datetime as dt
import pickle

import pytest

from batuta.tennis import errors
from batuta.tennis.errors import (
    BadRequest,
    BookingNotFound,
    BookingsBusy,
    BookingsUnreachable,
    ClubClosed,
    KeyReused,
    SlotNotFound,
    SlotPast,
    SlotTaken,
    TennisError,
    TooFarAhead,
    TooManyBookings,
)

DAY = dt.date(2019, 3, 2)
NOW = dt.datetime(2019, 3, 2, 15, 1, tzinfo=dt.UTC)
SLOT = "2019-03-02T14:00/A"
# Each with what its message says to do next.
EXAMPLES: list[tuple[TennisError, str]] = [
    (BadRequest("date", "soon", "it as YYYY-MM-DD"), "Give it as"),
    (SlotNotFound("x"), "Call check_availability"),
    (SlotTaken(SLOT), "choose another"),
    (SlotTaken(SLOT, by_you=True), "nothing more to do"),
    (SlotPast(SLOT, NOW), "Choose a later one"),
    (ClubClosed(DAY, dt.time(23), "07:00-22:00"), "Choose a time within"),
    (ClubClosed(DAY, dt.time(23), None), "Choose another day"),
    (TooFarAhead(DAY, DAY), "Choose a day up to"),
    (TooManyBookings(2, 2), "cancel one"),
    (KeyReused("k", SLOT, SLOT), "Use a new key"),
    (BookingNotFound("BK-1"), "List your bookings"),
    (BookingsBusy(5), "Try again"),
    (BookingsUnreachable(5), "Try again with the same key"),
]


def test_every_error_has_an_example_here() -> None:
    of_module = {each for each in vars(errors).values() if isinstance(each, type)}
    tree = {each for each in of_module if issubclass(each, TennisError)} - {TennisError}
    assert {type(error) for error, _ in EXAMPLES} == tree
    assert len({each.code for each in tree}) == len(tree)


@pytest.mark.parametrize(("error", "advice"), EXAMPLES, ids=lambda it: getattr(it, "code", ""))
def test_a_message_says_what_to_do_next(error: TennisError, advice: str) -> None:
    assert advice in str(error)
    assert str(error).endswith(".")


@pytest.mark.parametrize("error", [error for error, _ in EXAMPLES], ids=lambda it: it.code)
def test_an_error_crosses_processes_whole(error: TennisError) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  made here
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))


def test_json_holds_code_message_and_fields() -> None:
    error = ClubClosed(DAY, dt.time(23), "07:00-22:00")
    assert error.to_json() == {
        "error": "club_closed",
        "message": str(error),
        "date": "2019-03-02",
        "time": "23:00:00",
        "hours": "07:00-22:00",
    }


def test_only_a_busy_store_is_worth_the_same_try() -> None:
    assert {type(error) for error, _ in EXAMPLES if error.retryable} == {
        BookingsBusy,
        BookingsUnreachable,
    }


def test_a_long_value_is_cut_in_the_message() -> None:
    assert len(str(SlotNotFound("x" * 10_000))) < 300
