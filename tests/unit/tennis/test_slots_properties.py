from __future__ import annotations

import contextlib
import datetime as dt
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from batuta.tennis.club import Club, Hours
from batuta.tennis.errors import TennisError
from batuta.tennis.slots import find_slot, format_slot_id, parse_slot_id, slots_on

# Jumps of an hour, of half an hour, at midnight, and of a whole day.
ZONES = ("Europe/London", "Australia/Lord_Howe", "America/Havana", "Africa/Cairo", "Pacific/Apia")
JUMPS = (
    dt.date(2019, 3, 31),
    dt.date(2019, 10, 27),
    dt.date(2019, 4, 7),
    dt.date(2019, 10, 6),
    dt.date(2019, 3, 10),
    dt.date(2019, 11, 3),
    dt.date(2023, 4, 28),
    dt.date(2023, 10, 26),
    dt.date(2011, 12, 30),
)
COURTS = st.from_regex(r"[A-Za-z0-9é.'-]([A-Za-z0-9é .'-]{0,10}[A-Za-z0-9é.'-])?", fullmatch=True)
DAYS = st.dates(dt.date(1950, 1, 1), dt.date(2090, 1, 1)) | st.sampled_from(JUMPS)


@st.composite
def clubs(draw: st.DrawFn) -> Club:
    length = draw(st.sampled_from((5, 20, 30, 45, 60, 90, 120, 420)))
    opens = draw(st.integers(0, (1440 - length) // 5)) * 5
    count = draw(st.integers(1, (1440 - opens) // length))
    return Club(
        courts=("A", "B"),
        time_zone=draw(st.sampled_from(ZONES)),
        slot_minutes=length,
        hours=(Hours(opens, opens + count * length),) * 7,
    )


@given(day=st.dates(), time=st.times(), court=COURTS)
def test_a_slot_id_says_what_it_was_made_of(day: dt.date, time: dt.time, court: str) -> None:
    whole = time.replace(second=0, microsecond=0)
    assert parse_slot_id(format_slot_id(day, whole, court)) == (day, whole, court)


@settings(max_examples=150)
@given(club=clubs(), day=DAYS)
def test_every_slot_is_found_by_its_id(club: Club, day: dt.date) -> None:
    for slot in slots_on(club, day):
        assert find_slot(club, slot.slot_id) == slot


@settings(max_examples=300)
@given(club=clubs(), day=DAYS)
def test_slots_last_their_length_never_overlap_and_keep_the_hours(club: Club, day: dt.date) -> None:
    slots = [slot for slot in slots_on(club, day) if slot.court == "A"]
    spans = [(slot.start.astimezone(dt.UTC), slot.end.astimezone(dt.UTC)) for slot in slots]
    assert all(end - start == dt.timedelta(minutes=club.slot_minutes) for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    midnight = dt.datetime.combine(day, dt.time())
    hours = club.hours_on(day)
    for slot, (start, end) in zip(slots, spans, strict=True):
        assert hours is not None
        # The wall clock did show the start, so it exists.
        shown = start.astimezone(club.zone).replace(tzinfo=None, fold=0)
        assert slot.start.replace(tzinfo=None) == shown
        assert shown >= midnight + dt.timedelta(minutes=hours.opens_min)
        last = (end - dt.timedelta(minutes=1)).astimezone(club.zone).replace(tzinfo=None)
        assert last < midnight + dt.timedelta(minutes=hours.closes_min)


@settings(max_examples=150)
@given(club=clubs(), day=DAYS)
def test_both_courts_have_the_same_slots(club: Club, day: dt.date) -> None:
    slots = slots_on(club, day)
    by_court = [[slot.time for slot in slots if slot.court == court] for court in "AB"]
    assert by_court[0] == by_court[1] == sorted(by_court[0])


@given(text=st.text(max_size=150))
def test_any_text_is_a_slot_or_a_tennis_error(text: str) -> None:
    with contextlib.suppress(TennisError):
        find_slot(Club(), text)
