"""kill -9 at every moment of a booking: the run finishes, once, as if nothing had happened."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.durable_compositions import BOOKINGS, COMPOSED
from tests.once import once
from tests.patience import scaled

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]
SAME = ("texts", "stops", "calls", "tokens", "cost", "history", "bookings")
STYLES = ("a", "b", "c", "d", "e", "f")
OF_OUTCOMES = ("outcome unknown", "outcome resolved by its key")
SIDE_BY_SIDE = ("parallel", "hierarchical", "ensemble", "map_reduce", "debate")
Case = dict[str, Any]
Cases = dict[str, dict[int, Case]]  # of each style, by the number of the moment of its kill


def told(styles: str, folder: Path) -> Cases:
    """Every case of each style; 0 is the one without a kill."""
    command = [sys.executable, "-m", "tests.e2e.durable_house", styles, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=scaled(280), check=False)
    assert done.returncode == 0, done.stderr
    made: Cases = {style: {} for style in styles.split(",")}
    for line in done.stdout.splitlines():
        case = json.loads(line)
        made[case.pop("style")][case.pop("case")] = case
    return made


@pytest.fixture(scope="module")
def compositions(tmp_path_factory: pytest.TempPathFactory) -> Cases:
    """All compositions from one warmed process."""
    folder = tmp_path_factory.mktemp("compositions")
    made = once(tmp_path_factory, "compositions", lambda: told(",".join(COMPOSED), folder))
    return {name: {int(number): case for number, case in made[name].items()} for name in made}


def real(lines: list[str]) -> Counter[str]:
    """What was really done, by what it was and its step path."""
    return Counter(line.removeprefix("real ") for line in lines if line.startswith("real "))


def events(case: Case) -> list[Any]:
    return [[e for e in run if e[3] not in OF_OUTCOMES] for run in case["events"]]


def in_order_of_paths(runs: list[Any]) -> list[Any]:
    """Branches that run side by side come in any order."""
    return [sorted(run, key=lambda e: [int(n) for n in e[2].split(".")]) for run in runs]


def in_any_order(state: dict[str, Any]) -> dict[str, Any]:
    """What branches that run side by side have added comes in any order."""
    return {k: sorted(v) if isinstance(v, list) else v for k, v in state.items()}


def check(plain: Case, case: Case, *, killed: str) -> None:
    """A life that was killed and the one after it come to what one alone does."""
    assert "failed" not in case, (killed, case["failed"])
    assert {k: case[k] for k in SAME} == {k: plain[k] for k in SAME}, killed
    assert in_any_order(case["state"]) == in_any_order(plain["state"]), killed
    assert in_order_of_paths(events(case)) == in_order_of_paths(events(plain)), killed
    at = case["log"].index(killed)
    before, after = case["log"][:at], case["log"][at:]
    assert set(real(case["log"])) == set(real(plain["log"])), killed
    # What was done and not yet recorded may be done once more; nothing else is.
    recorded = {line.removeprefix("moment recorded ") for line in before if "recorded" in line}
    assert not recorded & set(real(after)), killed
    assert max(real(after).values(), default=1) == 1, killed


@pytest.mark.parametrize("style", STYLES)
def test_a_run_killed_anywhere_ends_as_if_it_had_not_been(style: str, tmp_path: Path) -> None:
    cases = told(style, tmp_path)[style]
    plain = cases.pop(0)

    assert plain["stops"] == ["done"] * len(plain["texts"])
    assert len(plain["bookings"]) == 1
    assert sorted(cases) == list(range(1, plain["moments"] + 1))
    for case in cases.values():
        [killed] = [line for line in case["log"] if line.startswith("killed ")]
        check(plain, case, killed=killed)
        assert (case["state"], events(case)) == (plain["state"], events(plain)), killed
        again = 1 if killed.startswith("killed done") else 0
        assert real(case["log"]).total() == real(plain["log"]).total() + again, killed
        # Of an effect that was begun and not recorded, the trace tells what is known of it.
        inside = killed in {"killed before the effect of book", "killed done Use book"}
        told_of = [e[3] for run in case["events"] for e in run if e[3] in OF_OUTCOMES]
        assert told_of == (list(OF_OUTCOMES) if inside else []), killed


@pytest.mark.parametrize("name", COMPOSED)
def test_a_composition_killed_anywhere_ends_as_if_it_had_not_been(
    name: str, compositions: Cases
) -> None:
    cases = dict(compositions[name])
    plain = cases.pop(0)

    assert plain["stops"] == ["done"]
    assert len(plain["bookings"]) == BOOKINGS.get(name, 1)
    assert sorted(cases) == list(range(1, plain["moments"] + 1))
    for case in cases.values():
        [killed] = [line for line in case["log"] if line.startswith("killed ")]
        check(plain, case, killed=killed)
        if name not in SIDE_BY_SIDE:
            assert events(case) == events(plain), killed
