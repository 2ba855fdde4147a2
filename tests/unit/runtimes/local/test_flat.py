"""The flat path is the usual layers: nobody can tell the two apart by what a run does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, note, settings

from batuta.core.layers import wrap
from batuta.core.model import ModelReply
from batuta.core.run import AskOp, Handlers
from batuta.runtimes.local.flat import STANDS_FOR, FlatPath
from batuta.runtimes.local.layers import TraceLayer
from batuta.runtimes.local.stack import stacked
from batuta.wiring import LAYERS
from tests.unit.runtimes.local.doings import Case, cases, seen_of

ONE_BY_ONE = (LAYERS[0], object(), *LAYERS[1:])
"""The usual layers with one among them that does nothing: too much for the flat path."""


async def _never(_: Any) -> Any:
    raise AssertionError("nothing is done here")


REAL = Handlers(_never, _never, _never, _never)


@settings(max_examples=150)
@given(cases())
def test_both_paths_give_the_same_events_budget_errors_and_cancellation(case: Case) -> None:
    layered = asyncio.run(seen_of(case, ONE_BY_ONE))
    flat = asyncio.run(seen_of(case, LAYERS))
    note(str(layered))
    for what, its in layered.items():
        assert flat[what] == its, what


def test_it_stands_for_the_layers_of_the_wiring_in_their_order() -> None:
    assert tuple(map(type, LAYERS)) == STANDS_FOR


@pytest.mark.parametrize("before", [(), (object(),)], ids=["outermost", "inside of one"])
@pytest.mark.parametrize("after", [(), (object(),)], ids=["innermost", "around one"])
def test_the_usual_layers_are_flat_wherever_they_stand(before: Any, after: Any) -> None:
    made = stacked((*before, *LAYERS, *after), REAL)
    assert {type(getattr(handler, "__self__", None)) for handler in made} == {FlatPath}


@pytest.mark.parametrize(
    "layers",
    [(), LAYERS[1:], LAYERS[:-1], LAYERS[::-1], ONE_BY_ONE, (*LAYERS[:4], LAYERS[3], LAYERS[4])],
    ids=["none", "without the first", "without the last", "turned round", "split", "twice"],
)
def test_any_other_stack_is_wrapped_one_by_one(layers: tuple[object, ...]) -> None:
    made = stacked(layers, REAL)
    assert FlatPath not in {type(getattr(handler, "__self__", None)) for handler in made}
    assert list(map(str, made)) == list(map(str, wrap(layers, REAL)))


def test_a_layer_of_ones_own_in_place_of_a_usual_one_is_asked() -> None:
    class Quiet(TraceLayer):
        async def ask(self, op: AskOp, proceed: Any) -> ModelReply:
            return await proceed(op)

    made = stacked((LAYERS[0], Quiet(), *LAYERS[2:]), REAL)
    assert FlatPath not in {type(getattr(handler, "__self__", None)) for handler in made}
