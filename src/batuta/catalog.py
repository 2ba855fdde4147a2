"""The seventeen patterns: what each is called, who decides in it, where it runs, when to use it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from batuta.errors import ConfigError

Kind = Literal["control", "composition"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """One pattern.

    Args:
        key: Letter of a control style, or the composition's module name.
        runs: Where it runs: shared, independent or managed.
        page: Its docs page, below ``docs/``.
        extra: The extras that it needs installed, joined by commas; empty for none.
    """

    key: str
    name: str
    kind: Kind
    decides: str
    runs: str
    when: str
    page: str
    extra: str = ""

    @property
    def label(self) -> str:
        """The key as people read it."""
        return label_of(self.key)


def _control(key: str, name: str, page: str, **more: str) -> Pattern:
    return Pattern(key=key, name=name, kind="control", page=f"control/{page}.md", **more)


def _composition(key: str, name: str, *, decides: str, when: str) -> Pattern:
    return Pattern(
        key=key,
        name=name,
        kind="composition",
        decides=decides,
        runs="any runtime",
        when=when,
        page=f"compose/{key}.md",
    )


CONTROL: tuple[Pattern, ...] = (
    _control(
        "a", "AI as a service", "ai_service", decides="your code", runs="shared",
        when="a fixed flow; AI only reads the words",
    ),
    _control(
        "b", "Workflow", "workflow", decides="you, in fixed steps", runs="shared",
        when="a known order; audits; a model of its own for each step",
    ),
    _control(
        "c", "Workflow, services", "workflow", decides="you, in fixed steps", runs="independent",
        extra="grpc", when="B, with steps that scale, fail and ship apart",
    ),
    _control(
        "d", "Function calling", "function_calling", decides="the model suggests, your code loops",
        runs="shared", when="the order depends on the request, and you keep the loop",
    ),
    _control(
        "e", "Single agent", "single_agent", decides="the agent", runs="shared", extra="agents",
        when="an open request, one set of skills, little code",
    ),
    _control(
        "f", "Manager", "manager", decides="the manager", runs="shared", extra="agents",
        when="requests that need different specialists",
    ),
    _control(
        "g", "Manager, services", "manager", decides="the manager", runs="independent",
        extra="agents,grpc", when="F, with specialists apart: other vendors, teams, risks",
    ),
    _control(
        "h", "Managed agent", "managed_agent", decides="AWS", runs="managed",
        when="you are on AWS and want it to keep the loop",
    ),
)  # fmt: skip

COMPOSITION: tuple[Pattern, ...] = (
    _composition("parallel", "Parallel", decides="your code", when="independent parts of one task"),
    _composition(
        "router", "Router", decides="a classifier", when="requests of different kind or price"
    ),
    _composition(
        "swarm", "Swarm", decides="the agent that has the word", when="skills that change mid-talk"
    ),
    _composition(
        "rag", "RAG", decides="the workflow", when="answers from documents, with citations"
    ),
    _composition(
        "reflection", "Reflection", decides="a critic", when="quality counts more than time"
    ),
    _composition(
        "hierarchical", "Hierarchical", decides="managers, level by level", when="large tasks"
    ),
    _composition("ensemble", "Ensemble", decides="the vote", when="a wrong answer is dear"),
    _composition(
        "map_reduce", "Map-reduce", decides="your code", when="one task in many like parts"
    ),
    _composition("debate", "Debate", decides="a judge", when="a question with two sides"),
)

PATTERNS: tuple[Pattern, ...] = CONTROL + COMPOSITION


def label_of(key: str) -> str:
    """Write a key as people read it: a style's letter is a capital, a composition's name is not."""
    return key.upper() if len(key) == 1 else key


def pattern(key: str) -> Pattern:
    """Give a pattern by its key, in any case.

    Raises:
        ConfigError: There is none of that key.
    """
    found = next((p for p in PATTERNS if p.key == key.strip().lower()), None)
    if found is None:
        styles = ", ".join(p.key for p in CONTROL)
        others = ", ".join(p.key for p in COMPOSITION)
        raise ConfigError(
            f"There is no pattern {key!r}", f"Styles: {styles}. Compositions: {others}."
        )
    return found
