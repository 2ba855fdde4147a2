"""A record's events as they are kept."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.core.packed_events import packed, unpacked
from batuta.core.trace import Event


def event(span: str, number: int = 0) -> Event:
    return Event(number, "agent", "start", span, span.rpartition(".")[0], "a", "code", 0.0)


def nest(depth: int) -> list[Event]:
    return [event(".".join(["1"] * level), level) for level in range(1, depth + 1)]


@given(
    st.lists(st.lists(st.integers(1, 12), min_size=1, max_size=30), max_size=40),
    st.booleans(),
)
def test_events_are_read_as_they_were(paths: list[list[int]], inner: bool) -> None:
    spans = [".".join(map(str, path)) for path in paths]
    spans += [f"{span}.retry1" for span in spans if inner]
    events = tuple(event(span, number) for number, span in enumerate(spans))

    assert unpacked(json.loads(json.dumps(packed(events)))) == events


def test_events_of_a_shallow_run_are_written_out() -> None:
    events = nest(8)

    assert packed(events) == [each.to_json() for each in events]


def test_a_deep_event_is_as_short_as_any() -> None:
    kept = packed(nest(900))

    assert (kept[899]["span"], kept[899]["parent"]) == ("@898.1", "@898")
    assert max(len(json.dumps(each)) for each in kept) < 200
    assert unpacked(kept) == tuple(nest(900))


@pytest.mark.parametrize("path", ["@7.1", "@-1", "@x"])
def test_a_path_that_leads_nowhere_is_damage(path: str) -> None:
    kept = packed(nest(2))
    kept[1]["span"] = path

    with pytest.raises(ValueError):  # noqa: PT011 - int's own words are no promise
        unpacked(kept)
