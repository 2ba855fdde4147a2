"""From a goal to the composition that serves it, with the row that measured its benefit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One way to a goal.

    Args:
        goal: The same word for all ways to one goal.
        benefit: What is said to come of it.
        costs: What it takes.
        row: The row of the evidence that measures the benefit.
    """

    goal: str
    pattern: str
    page: str
    benefit: str
    costs: str
    row: int


GOALS: Sequence[Goal] = (
    Goal(
        goal="cheaper",
        pattern="Router",
        page="compose/router.md",
        benefit="easy requests go to a cheap model, 25 to 50 % cheaper",
        costs="some accuracy, and a classifier to keep",
        row=32,
    ),
    Goal(
        goal="cheaper",
        pattern="RAG",
        page="compose/rag.md",
        benefit="what is found instead of everything, 70 % fewer tokens",
        costs="some answers are not among what was found",
        row=34,
    ),
    Goal(
        goal="faster",
        pattern="Parallel",
        page="compose/parallel.md",
        benefit="independent work at once, 3 to 4 times faster",
        costs="nothing but permits; the longest member decides",
        row=31,
    ),
    Goal(
        goal="right more often",
        pattern="Ensemble",
        page="compose/ensemble.md",
        benefit="a vote, 25 to 50 % fewer errors",
        costs="every voter's tokens; voters that err alike bring little",
        row=37,
    ),
    Goal(
        goal="right more often",
        pattern="Reflection",
        page="compose/reflection.md",
        benefit="critique and rewriting, 20 to 50 % better",
        costs="a critic and further drafts; worth what the critic sees",
        row=35,
    ),
    Goal(
        goal="goes by the conversation",
        pattern="Swarm",
        page="compose/swarm.md",
        benefit="hand-offs follow the talk",
        costs="hand-offs can be wrong or go in circles, up to their limit",
        row=33,
    ),
    Goal(
        goal="goes by the conversation",
        pattern="Router",
        page="compose/router.md",
        benefit="the request picks its agent",
        costs="a wrong label picks the wrong one",
        row=32,
    ),
    Goal(
        goal="large work",
        pattern="Hierarchical",
        page="compose/hierarchical.md",
        benefit="delegation over several levels",
        costs="calls grow with the tree",
        row=36,
    ),
    Goal(
        goal="knowledge",
        pattern="RAG",
        page="compose/rag.md",
        benefit="answers that rest on documents and cite them",
        costs="retrieval must find the place",
        row=34,
    ),
)
