"""Places that callers share: no more than there are, nobody more than their share, all in turn."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.core.places import Places
from batuta.core.principal import LOCAL

CALLERS = ("ana", "bob", "cyd", LOCAL.id)
SHARES = st.sampled_from((0.3, 0.5, 0.9, 1.0))


@dataclass
class Crowd:
    """Callers who come, wait in line, leave it and give back, as a schedule says."""

    places: Places[tuple[str, int]]
    count: int = 0
    holds: Counter[str] = field(default_factory=Counter[str])
    lines: dict[str, deque[tuple[str, int]]] = field(
        default_factory=lambda: {who: deque() for who in CALLERS}
    )

    def comes(self, who: str) -> None:
        fits = self.may(who)
        assert self.places.take(who) == fits
        if fits:
            self.holds[who] += 1
        else:
            self.count += 1
            self.lines[who].append((who, self.count))
            self.places.wait(who, (who, self.count))

    def gives_back(self, who: str) -> None:
        if not self.holds[who]:
            return
        self.holds[who] -= 1
        self.places.give_back(who)
        while (served := self.places.turn()) is not None:
            eligible = {name for name in CALLERS if self.lines[name] and self.may(name)}
            assert self.holds[served[0]] == min(self.holds[name] for name in eligible)
            assert served == self.lines[served[0]].popleft()  # one's own in the order they came
            self.holds[served[0]] += 1

    def leaves(self, who: str) -> None:
        if self.lines[who]:
            self.places.leave(who, self.lines[who].pop())
        self.places.leave(who, (who, -1))

    def may(self, who: str) -> bool:
        left = self.places.limit - sum(self.holds.values()) + self.holds[who]
        whole = who == LOCAL.id or self.places._share == 1
        most = self.places.limit if whole else max(1, int(self.places._share * left + 1e-9))
        return self.free() > 0 and self.holds[who] < most

    def free(self) -> int:
        return self.places.limit - sum(self.holds.values())


STEPS = st.lists(
    st.tuples(st.sampled_from(("comes", "comes", "gives_back", "leaves")), st.sampled_from(CALLERS))
)


@given(st.integers(1, 12), SHARES, STEPS)
def test_places_hold_their_limit_and_shares_and_leave_none_idle(
    limit: int, share: float, steps: list[tuple[str, str]]
) -> None:
    crowd = Crowd(Places(limit, share))
    for step, who in steps:
        getattr(crowd, step)(who)
        assert crowd.places.taken == sum(crowd.holds.values()) <= limit
        assert all(crowd.places.held(name) == crowd.holds[name] for name in CALLERS)
        assert crowd.places.waiting == sum(map(len, crowd.lines.values()))
        if step == "gives_back":  # whoever may work does
            assert not any(crowd.lines[name] and crowd.may(name) for name in CALLERS)
    for who in CALLERS * (limit + len(steps)):
        crowd.gives_back(who)
    assert (crowd.places.waiting, crowd.places.taken) == (0, 0)
    assert (crowd.places._held, crowd.places._waiting) == ({}, {})


@given(st.integers(2, 200), st.sampled_from((0.5, 0.75, 0.9)))
def test_one_caller_alone_never_takes_the_last_place(limit: int, share: float) -> None:
    places = Places[None](limit, share)
    while places.take("greedy"):
        pass
    assert places.taken == max(1, int(share * limit + 1e-9)) < limit
    assert places.take("another")


def test_callers_who_wait_take_turns_and_the_one_with_fewest_goes_first() -> None:
    places = Places[str](2)
    assert places.take("ana")
    assert places.take("ana")
    for waiter in ("ana 1", "ana 2", "bob 1", "bob 2", "cyd 1"):
        places.wait(waiter[:3], waiter)
    order: list[str] = []
    working = deque(["ana", "ana"])
    while working:
        places.give_back(working.popleft())
        while (waiter := places.turn()) is not None:
            order.append(waiter)
            working.append(waiter[:3])
    assert order == ["bob 1", "ana 1", "cyd 1", "bob 2", "ana 2"]


def test_the_local_user_is_everybody_here_and_may_hold_all() -> None:
    places = Places[None](5, 0.5)
    assert [places.take(LOCAL.id) for _ in range(6)] == [True] * 5 + [False]


@pytest.mark.parametrize(("limit", "share"), [(0, 1.0), (1, 0.0), (1, 1.1)])
def test_no_places_and_no_share_are_refused(limit: int, share: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        Places[None](limit, share)
