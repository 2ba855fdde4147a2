"""What is known of a pattern, whoever's App it runs: its names, what it needs, how it is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.agent import Agent
    from batuta.core.clock import Clock
    from batuta.core.model import Model
    from batuta.runtimes.local import LocalRuntime
    from batuta.settings import Settings

Kind = Literal["control", "composition"]
Runs = Literal["shared", "independent", "managed", "any runtime"]
Options = Mapping[str, Any]
"""Those of a style's own agent, such as ``max_turns`` or ``handoff``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resources:
    """What a process has for agents that are more than an App and its options.

    Args:
        models: Picks a model by name; None is the default.
        runtime: Makes one to act in.
        keeps: Whether conversations stay on disk.
        clock: Dates what a stand-in says; None is the machine's.
    """

    models: Callable[[Any], Model]
    runtime: Callable[[], LocalRuntime]
    keeps: bool = False
    clock: Clock | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Style:
    """One pattern.

    Args:
        key: Letter of a control style, or a composition's name.
        runs: Where it runs: shared, independent or managed.
        page: Its docs page, below ``docs/``.
        extras: What must be installed for it.
        model: The name by which an App's models have that of its own agent; empty for none.
        tools: Whether its models must call tools.
        needs: Says what an App lacks for it; empty, or None, for nothing.
        reads: Parts of an App that it stands on, beside the tools.
        members: Names the agents that its own agent works with; None for nobody.
        build: Makes its agents, the one in charge last; None for what an App declares itself.
        supply: Gives the options that a process has for its agent; None for none.
    """

    key: str
    name: str
    kind: Kind = "control"
    decides: str
    runs: Runs
    when: str
    page: str
    extras: tuple[str, ...] = ()
    model: str = ""
    tools: bool = False
    needs: Callable[[App], str] | None = None
    reads: tuple[str, ...] = ()
    members: Callable[[App], tuple[str, ...]] | None = None
    build: Callable[[App, Options], tuple[Agent, ...]] | None = None
    supply: Callable[[App, Settings, Resources], Options] | None = None

    @property
    def label(self) -> str:
        """The key as people read it."""
        return label_of(self.key)

    @property
    def independent(self) -> bool:
        """Whether its members live in processes of their own."""
        return self.runs == "independent"

    def member_names(self, app: App) -> tuple[str, ...]:
        """Name the agents of an App that its own agent works with."""
        return () if self.members is None else self.members(app)

    def to_json(self) -> dict[str, str]:
        """Turn into JSON-able data: what people read of it."""
        return {
            "key": self.key,
            "name": self.name,
            "kind": self.kind,
            "decides": self.decides,
            "runs": self.runs,
            "when": self.when,
            "page": self.page,
            "extra": ",".join(self.extras),
        }


def label_of(key: str) -> str:
    """Write a key as people read it: a style's letter is a capital, a composition's name is not."""
    return key.upper() if len(key) == 1 else key
