"""The decision guide: a few questions, and which styles each answer rules out, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What follows from one answer.

    Args:
        says: The answer in words, as a person would give it.
        because: Why the others are left.
        rules_out: Keys of the styles that it leaves no room for.
        price: What is given up by it.
        rows: Rows of the evidence that measure the reason.
    """

    says: str
    because: str
    rules_out: str = ""
    price: str = ""
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideQuestion:
    """One question and what follows from its answers, by their keys."""

    key: str
    asks: str
    answers: Mapping[str, Ruling]


QUESTIONS: Sequence[GuideQuestion] = (
    GuideQuestion(
        key="ai",
        asks="What must the model do?",
        answers={
            "reads": Ruling(
                says="read words into fields",
                because="Reading needs no loop: your code decides, and a small model does.",
                rules_out="bcdefgh",
                price="What has no field is not understood.",
                rows=(1, 2, 5, 6),
            ),
            "reasons": Ruling(
                says="weigh up and answer",
                because="A form has no place for what must be weighed up.",
                rules_out="a",
                price="More tokens, and answers that differ.",
                rows=(2, 28),
            ),
        },
    ),
    GuideQuestion(
        key="order",
        asks="Is the order of the work known?",
        answers={
            "known": Ruling(
                says="yes, it is always the same",
                because="What is known need not be decided anew by a model each time.",
                rules_out="defgh",
                price="Requests in another order are not followed.",
                rows=(7, 10, 28),
            ),
            "open": Ruling(
                says="no, it depends on the request",
                because="A form and fixed steps know one order.",
                rules_out="abc",
                price="The way of a request is less sure.",
                rows=(10, 14, 16),
            ),
        },
    ),
    GuideQuestion(
        key="control",
        asks="Who must hold the loop?",
        answers={
            "code": Ruling(
                says="my code",
                because="Your code makes every call and can refuse it.",
                rules_out="efgh",
                price="You keep the loop.",
                rows=(15, 17),
            ),
            "agent": Ruling(
                says="an agent may",
                because="A loop of one's own is not wanted.",
                rules_out="d",
                price="The framework's habits become yours.",
                rows=(16, 19, 20),
            ),
        },
    ),
    GuideQuestion(
        key="skills",
        asks="How many domains are there, each with tools of its own?",
        answers={
            "one": Ruling(
                says="one",
                because="Several agents for one domain cost more and bring nothing.",
                rules_out="fg",
                rows=(22, 29),
            ),
            "several": Ruling(
                says="several",
                because="A specialist has few tools and its own instructions.",
                rules_out="adeh",
                price="One request takes several agents or steps.",
                rows=(21, 22),
            ),
        },
    ),
    GuideQuestion(
        key="isolation",
        asks="Must parts ship, scale or fail apart?",
        answers={
            "yes": Ruling(
                says="yes",
                because="In one process a crash takes all, and all is shipped at once.",
                rules_out="abdef",
                price="Calls over the network, and more to run.",
                rows=(11, 12, 13, 23, 24, 25),
            ),
            "no": Ruling(
                says="no",
                because="Services cost set-up and latency that nobody here needs.",
                rules_out="cg",
                rows=(12, 25),
            ),
        },
    ),
    GuideQuestion(
        key="vendors",
        asks="Must one request be worked on by models of several vendors?",
        answers={
            "several": Ruling(
                says="yes",
                because="Steps and specialists have a model each; the others have one in all.",
                rules_out="adeh",
                price="Several keys, prices and habits.",
                rows=(9, 24),
            ),
            "one": Ruling(says="no", because="Any style runs on one model."),
        },
    ),
    GuideQuestion(
        key="audit",
        asks="Must the order of deeds be proven beforehand?",
        answers={
            "yes": Ruling(
                says="yes",
                because="Only where code fixes the order can it be shown before a run.",
                rules_out="defgh",
                price="Freedom of the way.",
                rows=(1, 7, 16),
            ),
            "no": Ruling(
                says="no, the trace afterwards is enough",
                because="Every style leaves a trace that says who decided what.",
            ),
        },
    ),
    GuideQuestion(
        key="budget",
        asks="How tight is the money for one conversation?",
        answers={
            "tight": Ruling(
                says="tight",
                because="A manager pays for itself and for each specialist.",
                rules_out="fg",
                rows=(5, 22, 25),
            ),
            "usual": Ruling(says="not very", because="No style is ruled out by its price."),
        },
    ),
    GuideQuestion(
        key="aws",
        asks="Shall AWS hold the loop and the session?",
        answers={
            "yes": Ruling(
                says="yes",
                because="That is what a Bedrock Agent is.",
                rules_out="abcdefg",
                price="It cannot move to another vendor, and less of it can be set and seen.",
                rows=(18, 26, 27),
            ),
            "no": Ruling(
                says="no",
                because="Loop and session stay with you, on AWS or anywhere.",
                rules_out="h",
                rows=(18, 27),
            ),
        },
    ),
)
