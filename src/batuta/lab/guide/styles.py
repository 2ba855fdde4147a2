"""The control styles: what speaks for and against each, and how neighbours differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trait:
    """One thing that is said of a style.

    Args:
        rows: Numbers of the rows of the evidence that measure it; none where it is no question of
            measurement.
    """

    words: str
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleGuide:
    """What is said of one style.

    Args:
        need: What it answers, for the quick reference.
        from_simple: Its place in the order of growing effort; take the first that fits.
    """

    need: str
    good: Sequence[Trait]
    bad: Sequence[Trait]
    when: Sequence[str]
    from_simple: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """How two styles that stand side by side differ."""

    first: str
    second: str
    differences: Sequence[tuple[str, str, str]]


STYLE_GUIDES: Mapping[str, StyleGuide] = {
    "a": StyleGuide(
        need="your code decides everything, the model reads words into fields",
        good=(
            Trait("Nothing happens that you did not write.", (1,)),
            Trait("The same request takes the same way every time.", (1,)),
            Trait("A fault is found where your code stands.", (4,)),
            Trait("It takes the fewest tokens, and a small model does.", (5, 6)),
        ),
        bad=(
            Trait("What has no field is not understood.", (2,)),
            Trait("Several turns need a form and its state, which you keep.", (3,)),
            Trait("The model weighs nothing up.", (2,)),
        ),
        when=(
            "the flow is known and stays as it is",
            "the model is weak, or must be cheap",
            "every deed must be explained by code",
        ),
        from_simple=1,
    ),
    "b": StyleGuide(
        need="fixed steps, a model inside each, one process",
        good=(
            Trait("The steps run in their order, always.", (7,)),
            Trait("Each step can be tried alone, and have a model of its own.", (9,)),
            Trait("Your code stands between the steps.", (7, 9)),
            Trait("It is as sure of its order as A, and reasons within a step as E.", (28,)),
        ),
        bad=(
            Trait("It cannot skip a step, or take another order.", (10,)),
            Trait("A plain question pays for steps that it does not need.", (8,)),
        ),
        when=(
            "the steps are known and each has a clear result",
            "somebody must be able to say afterwards what was done in which order",
            "steps want models of different vendors",
        ),
        from_simple=2,
    ),
    "c": StyleGuide(
        need="fixed steps, each a service of its own",
        good=(
            Trait("A step that dies takes no other with it, and is named.", (11,)),
            Trait("Steps ship and grow one by one.", (13,)),
            Trait("Each step has its own vendor, team and machine.", (9, 13)),
        ),
        bad=(
            Trait("Each step costs a call over the network, and its data travels.", (12,)),
            Trait("There is more to deploy and to watch.", (25,)),
        ),
        when=(
            "steps have loads or owners of their own",
            "a step must run apart for the sake of compliance",
        ),
        from_simple=6,
    ),
    "d": StyleGuide(
        need="the model suggests calls, your loop makes them",
        good=(
            Trait("It follows requests in any order.", (14,)),
            Trait("Your hook sees every call before it is made.", (15,)),
            Trait("It moves between vendors.", (18,)),
        ),
        bad=(
            Trait("Its way is less sure than that of steps.", (16,)),
            Trait("The loop is yours to keep.", (17,)),
        ),
        when=(
            "requests differ, and you want the last word on each call",
            "the vendor may change",
        ),
        from_simple=3,
    ),
    "e": StyleGuide(
        need="one agent that holds its own loop, little code",
        good=(
            Trait("It is little code.", (17, 19)),
            Trait("It handles several turns by itself.", (19,)),
        ),
        bad=(
            Trait("Its way is its own, and less sure than D's.", (16,)),
            Trait("What its framework does, it does.", (20,)),
        ),
        when=(
            "one set of skills answers all requests",
            "a first version must be there soon",
        ),
        from_simple=4,
    ),
    "f": StyleGuide(
        need="a manager and specialists in one process",
        good=(
            Trait("Each specialist has few tools and its own instructions.", (21,)),
            Trait("The manager goes by what was asked.", (21,)),
        ),
        bad=(
            Trait("One request costs several agents.", (22,)),
            Trait("Its way is the least sure.", (16,)),
            Trait("One crash takes all of them.", (23,)),
            Trait("It pays only where one agent has too much to do.", (29,)),
        ),
        when=(
            "there are several domains, each with its own tools",
            "one agent confuses its tools",
        ),
        from_simple=5,
    ),
    "g": StyleGuide(
        need="a manager, and specialists that are services",
        good=(
            Trait("A specialist that dies costs its part of the answer alone.", (24,)),
            Trait("Each specialist has its own vendor, checks and machine.", (24,)),
        ),
        bad=(
            Trait("It is the dearest to set up and to run.", (25,)),
            Trait("Each delegation goes over the network.", (12, 25)),
            Trait("Its way is the least sure.", (16,)),
        ),
        when=(
            "specialists belong to different teams or vendors",
            "they must not fall together",
        ),
        from_simple=7,
    ),
    "h": StyleGuide(
        need="AWS holds the loop and the session",
        good=(
            Trait("Loop, session and scaling are AWS's work.", (26,)),
            Trait("It fits what else is on AWS: rights, logs, guardrails.", ()),
        ),
        bad=(
            Trait("It cannot move to another vendor.", (18,)),
            Trait("Less of the loop can be set, and less of it is seen.", (27,)),
        ),
        when=("all else is on AWS, and nobody wants to keep a loop",),
        from_simple=8,
    ),
}
"""By the styles' keys."""

NEIGHBOURS: Sequence[Neighbours] = (
    Neighbours(
        first="a",
        second="b",
        differences=(
            ("calls of a model", "one, to read", "one in each step that needs one"),
            ("what is coded", "a form and its state", "steps with typed results"),
            ("tried alone", "the whole", "each step"),
        ),
    ),
    Neighbours(
        first="b",
        second="c",
        differences=(
            ("where steps run", "one process", "a process each"),
            ("data between them", "in memory", "over gRPC or Lambda"),
            ("a step dies", "the process dies", "it is named, the others live"),
            ("shipped", "together", "one by one"),
        ),
    ),
    Neighbours(
        first="b",
        second="d",
        differences=(
            ("order", "yours", "the model's suggestion, call by call"),
            ("ends", "after the last step", "when the model has no more calls, or at the limit"),
        ),
    ),
    Neighbours(
        first="d",
        second="e",
        differences=(
            ("loop", "yours", "the framework's"),
            ("ends", "at your limit", "when the agent is done, within the same limits"),
        ),
    ),
    Neighbours(
        first="e",
        second="f",
        differences=(
            ("who has the tools", "one agent, all", "specialists, a few each"),
            ("a request takes", "one conversation", "one for the manager and one a specialist"),
        ),
    ),
    Neighbours(
        first="f",
        second="g",
        differences=(
            ("where specialists run", "one process", "a process each"),
            ("one dies", "all die", "the answer lacks its part, and says so"),
        ),
    ),
    Neighbours(
        first="e",
        second="h",
        differences=(
            ("loop and session", "in your process", "with AWS"),
            ("vendors", "any", "those of Bedrock"),
            ("what is seen", "every event", "what the trace of AWS tells"),
        ),
    ),
)
