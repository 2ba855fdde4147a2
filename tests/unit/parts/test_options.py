"""An option that is no number where one is wanted is refused by name, when it is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from batuta.compose.debate import Debate
from batuta.compose.ensemble import Ensemble
from batuta.compose.hierarchical import Hierarchical
from batuta.compose.map_reduce import MapReduce
from batuta.compose.parallel import Parallel
from batuta.compose.rag import RAG
from batuta.compose.reflection import Reflection
from batuta.compose.router import Router
from batuta.compose.swarm import Swarm

NAMES = ["a", "b", "c"]
MAKE: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "parallel": (Parallel, {"members": NAMES}),
    "router": (Router, {"classifier": "a", "routes": {"x": "b", "y": "c"}}),
    "swarm": (Swarm, {"members": NAMES}),
    "rag": (RAG, {"retrievers": ["a"], "generator": "b"}),
    "reflection": (Reflection, {"generator": "a", "critics": ["b"]}),
    "hierarchical": (Hierarchical, {"manager": "a", "teams": {"t": ["b", "c"]}}),
    "ensemble": (Ensemble, {"voters": NAMES}),
    "map_reduce": (MapReduce, {"split": "a", "mapper": "b", "reducer": "c"}),
    "debate": (Debate, {"debaters": ["a", "b"], "judge": "c"}),
}


@pytest.mark.parametrize("pattern", MAKE)
def test_what_it_is_made_with_here_is_right(pattern: str) -> None:
    make, given = MAKE[pattern]
    make(**given)


@pytest.mark.parametrize(
    ("pattern", "option", "value", "said"),
    [
        ("parallel", "k", 1.5, "k must be a whole number, not 1.5"),
        ("parallel", "limit", True, "limit must be a whole number, not True"),
        ("parallel", "timeout_s", "3", "timeout_s must be a number, not '3'"),
        ("parallel", "timeout_s", 0, "timeout_s must be above 0"),
        ("router", "min_confidence", "0.5", "min_confidence must be a number, not '0.5'"),
        ("router", "timeout_s", -1, "timeout_s must be above 0"),
        ("swarm", "max_handoffs", "3", "max_handoffs must be a whole number, not '3'"),
        ("rag", "top_k", "5", "top_k must be a whole number, not '5'"),
        ("rag", "min_score", "x", "min_score must be a number, not 'x'"),
        ("reflection", "target", "0.9", "target must be a number, not '0.9'"),
        ("hierarchical", "max_depth", None, "max_depth must be a whole number, not None"),
        ("ensemble", "quorum", "2", "quorum must be a whole number, not '2'"),
        ("ensemble", "threshold", "1/2", "threshold must be a number, not '1/2'"),
        ("map_reduce", "limit", 0, "limit must be 1 or more"),
        ("map_reduce", "most_parts", "9", "most_parts must be a whole number, not '9'"),
        ("debate", "rounds", 2.0, "rounds must be a whole number, not 2.0"),
    ],
)
def test_an_option_of_another_kind_is_refused(
    pattern: str, option: str, value: object, said: str
) -> None:
    make, given = MAKE[pattern]
    with pytest.raises(ValueError, match=said.replace("'", ".")):
        make(**given, **{option: value})
