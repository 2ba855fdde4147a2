"""The ways to combine agents, and an App's own compositions as styles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batuta.core.agent import decider
from batuta.errors import ConfigError
from batuta.parts.typed_answer import TypedAgent
from batuta.styles.style import Style

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.agent import Agent


_DECLARE = "a way to combine agents; declare one of your own: App(compositions=…)"


def _composition(key: str, name: str, *, decides: str, when: str) -> Style:
    return Style(
        key=key,
        name=name,
        kind="composition",
        decides=decides,
        runs="any runtime",
        when=when,
        page=f"compose/{key}.md",
        needs=lambda _: _DECLARE,
    )


COMPOSITIONS: tuple[Style, ...] = (
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

_DECIDES = {"code": "your code", "aws": "AWS", "nobody yet": "nobody yet"}


def composed(app: App, name: str) -> Style:
    """Make a composition of an App, described by what its outermost agent says of itself.

    One that cannot be made says why among its needs.
    """
    try:
        agents = app.compose(name)
    except ConfigError as error:
        why = str(error)
        return _own(name, who="nobody yet", when="cannot be made", why=why)
    who, when = decider(agents[-1]), agents[-1].role
    return _own(name, who=who, when=when, agents=_typed(app, agents))


def _typed(app: App, agents: tuple[Agent, ...]) -> tuple[Agent, ...]:
    """Put in charge who gives the answer the shape that the App wants, where it wants one."""
    if app.output_type is None:
        return agents
    last = agents[-1].name
    return (*agents, TypedAgent(agent=last, output_type=app.output_type, name=f"{last}_typed"))


def _own(name: str, *, who: str, when: str, why: str = "", agents: tuple[Agent, ...] = ()) -> Style:
    return Style(
        key=name,
        name=name.replace("_", " ").replace("-", " ").capitalize(),
        kind="composition",
        decides=_DECIDES.get(who, f"the {who}"),
        runs="shared",
        when=when,
        page="compose/README.md",
        needs=lambda _: why,
        build=lambda _app, _options: agents,
    )
