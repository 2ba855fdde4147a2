"""What is asserted of the patterns, numbered; and what cannot be decided here, with its reason."""

from __future__ import annotations

from collections.abc import Mapping

ASSERTIONS: Mapping[int, str] = {
    1: "A is predictable.",
    2: "A is rigid: what was not coded fails.",
    3: "A needs a state machine of one's own for several turns.",
    4: "A is easy to debug.",
    5: "A costs least.",
    6: "A model that only reads does for A; the weaker the model, the more control pays.",
    7: "B always runs its steps in their order.",
    8: "B wastes work on plain questions.",
    9: "B's steps can be tried alone, and have a vendor each.",
    10: "B cannot skip or reorder.",
    11: "C isolates a step's failure.",
    12: "C pays for the network and for passing data.",
    13: "C's steps ship and scale alone.",
    14: "D follows varied requests better than B.",
    15: "D can check and log between steps.",
    16: "D is less predictable than B, E than D, F and G least of all.",
    17: "D is more code than E.",
    18: "D moves between vendors, H does not.",
    19: "E is little code, and handles several turns by itself.",
    20: "E depends on what its framework does.",
    21: "F goes by what was asked; its specialists are better in their domains.",
    22: "F costs more: several agents for one request.",
    23: "One crash takes all of F's agents.",
    24: "G isolates agents, mixes vendors, and has its own checks before and after.",
    25: "G is the dearest to run and to set up.",
    26: "H keeps sessions and the loop itself, and is quick to set up.",
    27: "H is harder to steer and to debug, and may be slower.",
    28: "Workflows are the sweet spot: as sure of their order as A, reasoning in a step as E.",
    29: "Several agents pay only where the task is complex enough.",
    30: "Control, complexity, predictability and cost rank as the comparison tables say.",
    31: "Parallel is 3 to 4 times faster.",
    32: "Router is 25 to 50 % cheaper.",
    33: "Swarm's hand-offs follow the talk.",
    34: "RAG takes 70 % fewer tokens, and its answers are grounded.",
    35: "Reflection is 20 to 50 % better.",
    36: "Hierarchical scales delegation.",
    37: "Ensemble makes 25 to 50 % fewer errors.",
}

TESTED: Mapping[int, tuple[str, str]] = {
    9: (
        "each step is an agent that runs alone; one run with a model for each step",
        "tests/unit/control and tests/contract/test_agents.py run the steps alone and together",
    ),
    11: (
        "each of C's processes is killed in turn",
        "tests/e2e/test_placed_kills.py: the others answer, and the error names the step",
    ),
    18: (
        "one conversation of D on each vendor's wire, by its model's name alone; H has one vendor",
        "tests/e2e/test_matrix.py: the same booking on each; H's loop is AWS's own",
    ),
    24: (
        "each of G's processes is killed in turn",
        "tests/e2e/test_placed_kills.py: the answer lacks its part and says so",
    ),
}
"""Held by tests that count nothing: what they do, and where they stand."""

UNTESTABLE: Mapping[int, str] = {
    21: "It asks whether a model chooses better among fewer tools: rules choose alike among any "
    "number, and the small model of row 6 books nothing under any style.",
    26: "There is no AWS account here: what scales, and how soon a Bedrock Agent stands, is AWS's.",
}
