"""What must be known before acting, and plain code that asks, offers and takes a choice.

The model only reads the user's words into ``Intake.extraction``; all here is decided by code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

from batuta.core.tool import result_data
from batuta.errors import ConfigError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from batuta.core.tool import Tool

Action = Literal[
    "request", "check", "choose", "confirm", "reject", "restart", "cancel", "other"
]  # fmt: skip
_ACTION = (
    "What the user does in the last message. request: wants it done, or gives or changes details; "
    "check: only wants to know what is available; choose: picks one of the options offered; "
    "confirm: says yes to what was proposed; reject: says no without a new detail; "
    "restart: wants to start over; cancel: never mind, or wants to cancel; other: anything else."
)
_CHOICE = (
    "The option picked: its number as digits (2 for 'the second one'), 'last', its label "
    "('Court B' or 'B'), or 'any' where the user leaves the choice to us; null if none was picked."
)
_SHOWN = 16
_LEAD = "Here is what I have:"


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that can be chosen: an id for the tool, a label for the user."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought.

    Args:
        exact: Whether the options are what was asked for, not the nearest to it.
        note: What to tell the user about them, such as why nothing exact was found.
    """

    options: tuple[Option, ...]
    exact: bool = True
    note: str = ""


@dataclass(slots=True)
class Progress:
    """How far an intake has come: JSON-able, kept in the session between turns."""

    values: dict[str, Any] = field(default_factory=dict[str, Any])
    offered: list[Option] = field(default_factory=list[Option])
    exact: bool = True
    turns: int = 0

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data; ``from_json`` reverses it."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Progress:
        """Read what ``to_json`` wrote; an empty mapping is a fresh start."""
        made = cls(**raw)
        made.offered = [Option(**o) for o in raw.get("offered", ())]
        return made

    def clear(self) -> None:
        """Forget everything: done, given up, or started over."""
        self.values, self.offered, self.exact, self.turns = {}, [], True, 0


@dataclass(frozen=True, slots=True)
class Say:
    """Next: tell the user something and wait."""

    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Search:
    """Next: find options; ``wish`` is what the user already said about the choice."""

    wish: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """Next: do it, with this option."""

    option: Option


@dataclass(frozen=True, kw_only=True)
class Intake:
    """An application's form: typed fields, questions, where options come from, what to do then.

    Args:
        fields: Typed fields with descriptions, all that may be said about the task.
        questions: Required field to question, in the order of asking.
        act: The tool that does it.
        argument: Name of its argument that takes the chosen option's id.
        find: The tool that gives options; its arguments are the fields of the same names.
        options: Reads the tool's JSON-able result.
        done: What to say then: a text with the result's keys in braces, or a function of it.
        offer: Ends a list of options.
        help: Said where the user's words mean nothing here.
        step_names: Names of the five workflow steps: parse, find, choose, act, confirm.
    """

    fields: type[BaseModel]
    questions: Mapping[str, str]
    act: Tool
    argument: str
    find: Tool
    options: Callable[[Any], Found]
    done: str | Callable[[Any], str]
    offer: str = "Which one would you like?"
    help: str = "Tell me what you need."
    step_names: tuple[str, str, str, str, str] = ("parse", "find", "choose", "act", "confirm")

    def __post_init__(self) -> None:
        unknown = [name for name in self.questions if name not in self.fields.model_fields]
        if unknown:
            raise ConfigError(
                f"Intake asks for {', '.join(unknown)}, which are no fields of it",
                f"Fields: {', '.join(self.fields.model_fields)}.",
            )
        clash = [name for name in ("action", "choice") if name in self.fields.model_fields]
        if clash:
            raise ConfigError(
                f"Intake has a field named {clash[0]}", "The extraction uses that name: rename it."
            )

    @cached_property
    def extraction(self) -> type[BaseModel]:
        """The shape that a model fills from one user message: the fields, action and choice."""
        from pydantic import Field, create_model

        made: dict[str, Any] = {
            name: (cast("Any", info.annotation) | None, Field(None, description=info.description))
            for name, info in self.fields.model_fields.items()
        }
        made["action"] = (Action, Field("other", description=_ACTION))
        made["choice"] = (str | None, Field(None, description=_CHOICE))
        doc = (
            f"What the last user message says; null for the rest. The form: {self.act.description}"
        )
        return create_model("extraction", __doc__=doc, **made)

    def search_arguments(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Take the search tool's arguments out of the values."""
        names = self.find.schema.parameters["properties"]
        return {name: values[name] for name in names if name in values}

    def found(self, result: Any) -> Found:
        """Read the search tool's result."""
        return self.options(result_data(result))

    def advance(self, progress: Progress, extraction: BaseModel) -> Say | Search | Act:
        """Merge what was said into the progress and decide, in code, what comes next."""
        dumped = extraction.model_dump(mode="json", exclude_none=True)
        said = {name: value for name, value in dumped.items() if value != ""}  # models say so, too
        action: str = said.pop("action")
        choice: str = said.pop("choice", "")
        if action in ("check", "reject"):  # "is B free?" and "not B" choose nothing
            choice = ""
        news = {k: v for k, v in said.items() if progress.values.get(k) != v}
        progress.turns += 1
        if action in ("restart", "cancel"):
            return self._drop(progress, action)
        if news:
            progress.values.update(news)
        elif progress.offered and (choice or action in ("choose", "confirm")):
            return self._take(progress, choice, action)
        elif action == "reject" and progress.offered:
            progress.offered = []
            return Say("All right. What would you like instead?", "rejected")
        progress.offered = []
        if action == "other" and not said:
            return Say(self._helping(progress), "not understood")
        missing = self.missing(progress)
        if missing and not (action == "check" and self._can_search(progress)):
            return Say(self.questions[missing], f"{missing} missing")
        return Search(choice)

    def missing(self, progress: Progress) -> str:
        """Name the first required field that is not known; empty where all are."""
        return next((name for name in self.questions if name not in progress.values), "")

    def offering(self, progress: Progress, found: Found) -> str:
        """Keep what was found as the offer and say it in words."""
        progress.offered, progress.exact = list(found.options), found.exact
        if not found.options:
            return found.note or "There is nothing available."
        return listed(found.options, self.offer, found.note or _LEAD)

    def _can_search(self, progress: Progress) -> bool:
        needed = self.find.schema.parameters.get("required", ())
        return all(name in progress.values for name in needed)

    def _drop(self, progress: Progress, action: str) -> Say:
        progress.clear()
        if action == "restart":
            return Say(f"Let us start over. {self._first_question()}", "started over")
        return Say("All right, I have not done anything.", "given up")

    def _take(self, progress: Progress, choice: str, action: str) -> Say | Act:
        offered = progress.offered
        if not choice and action == "confirm":
            if progress.exact or len(offered) == 1:
                return Act(offered[0])
            return Say(f"I need to know which. {listed(offered, self.offer)}", "yes to several")
        matches = pick(choice, offered)
        if len(matches) == 1:
            return Act(matches[0])
        progress.offered = matches or offered
        lead = "There are several of those." if matches else "I do not have that one."
        return Say(f"{lead} {listed(progress.offered, self.offer)}", "no single match")

    def _helping(self, progress: Progress) -> str:
        missing = self.missing(progress)
        asked = missing and progress.values
        return f"{self.help} {self.questions[missing]}" if asked else self.help

    def _first_question(self) -> str:
        return next(iter(self.questions.values()), self.help)


def listed(options: Sequence[Option], ending: str, lead: str = _LEAD) -> str:
    """Write options as a numbered list."""
    lines = [f"{n}. {option.label}" for n, option in enumerate(options[:_SHOWN], 1)]
    if len(options) > _SHOWN:
        lines.append(f"… and {len(options) - _SHOWN} more")
    return "\n".join([lead, *lines, ending]).strip()


def pick(choice: str, options: Sequence[Option]) -> list[Option]:
    """Find the options that a choice means: a number, ``last``, ``any``, an id, or label words.

    >>> courts = [Option("a", "Court A, 14:00"), Option("b", "Court B, 14:00")]
    >>> [o.id for o in pick("Court B", courts)], [o.id for o in pick("2", courts)]
    (['b'], ['b'])
    """
    wanted = choice.strip().lower()
    if not wanted or not options:
        return []
    if wanted in ("any", "first"):
        return [options[0]]
    if wanted == "last":
        return [options[-1]]
    if wanted.isdecimal() and len(wanted) < 10 and 1 <= int(wanted) <= len(options):
        return [options[int(wanted) - 1]]
    by_id = [o for o in options if o.id.lower() == wanted]
    if by_id:
        return by_id
    words = _words(wanted)
    return [o for o in options if words <= _words(o.label.lower())] if words else []


def _words(text: str) -> set[str]:
    return set(re.findall(r"[\w:]+", text)) - {"the", "one", "please", "at", "for"}
