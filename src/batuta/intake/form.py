"""What must be known before acting, and plain code that asks, offers and takes a choice.

The model only reads the user's words into ``Intake.extraction``; all here is decided by code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from batuta.core.result import result_data
from batuta.errors import ConfigError, ToolFailed, ToolRetry
from batuta.intake.callbacks import check_callbacks, check_tools
from batuta.intake.doubt import NOTHING_DONE, say_doubt
from batuta.intake.extraction import CONTROL, extraction_shape
from batuta.intake.options import LEAD, NOT, Found, Option, listed, pick

if TYPE_CHECKING:
    from pydantic import BaseModel

    from batuta.core.tool import Tool


_STEPS = 5


@dataclass(slots=True)
class Progress:
    """How far an intake has come: JSON-able, kept in the session between turns.

    Args:
        settled: Whether a plain yes takes what is offered: nothing said since was left unread.
    """

    values: dict[str, Any] = field(default_factory=dict[str, Any])
    offered: list[Option] = field(default_factory=list[Option])
    exact: bool = True
    settled: bool = True
    turns: int = 0
    done: list[str] = field(default_factory=list[str])
    further: str = ""

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
        """Forget the wish: done, given up, or started over. What was done stays known."""
        self.values, self.offered, self.exact, self.settled, self.turns = {}, [], True, True, 0

    def take_further(self) -> str:
        """Take out the wish that was to come after this one."""
        further, self.further = self.further, ""
        return further


@dataclass(frozen=True, slots=True)
class Say:
    """Next: tell the user something and wait."""

    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Search:
    """Next: find options.

    Args:
        wish: What the user already said about the choice.
        caution: Why nothing may be done before the user has chosen: said before the offer.
        eager: Whether the user's words allow to act on what is found.
    """

    wish: str = ""
    caution: str = ""
    eager: bool = True


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
        elsewhere: Where to turn for what cannot be done here, such as a change, a cancellation or
            a price; a sentence.
        windows: Field of a time to the two fields that bound it where a window is said instead.
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
    elsewhere: str = ""
    windows: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, "tuple[str, str]"])
    step_names: tuple[str, str, str, str, str] = ("parse", "find", "choose", "act", "confirm")

    def __post_init__(self) -> None:
        unknown = [name for name in self.questions if name not in self.fields.model_fields]
        if unknown:
            raise ConfigError(
                f"Intake asks for {', '.join(unknown)}, which are no fields of it",
                f"Fields: {', '.join(self.fields.model_fields)}.",
            )
        bounds = [name for pair in self.windows.items() for name in (pair[0], *pair[1])]
        if strange := [name for name in bounds if name not in self.fields.model_fields]:
            raise ConfigError(
                f"Intake has windows of {', '.join(strange)}, which are no fields of it",
                f"Fields: {', '.join(self.fields.model_fields)}.",
            )
        if len(set(self.step_names)) != _STEPS:
            raise ConfigError(
                f"Intake names its steps {', '.join(self.step_names)}",
                "Give five names that differ: parse, find, choose, act, confirm.",
            )
        check_tools(self.act, self.argument, find=self.find, fields=[*self.fields.model_fields])
        check_callbacks(self.options, self.done)
        clash = [name for name in CONTROL if name in self.fields.model_fields]
        if clash:
            raise ConfigError(
                f"Intake has a field named {clash[0]}", "The extraction uses that name: rename it."
            )

    @cached_property
    def extraction(self) -> type[BaseModel]:
        """The shape that a model fills from one user message: the fields, action and choice."""
        return extraction_shape(self.fields, self.act.description)

    def search_arguments(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Take the search tool's arguments out of the values."""
        return {name: values[name] for name in self._searched() if name in values}

    def found(self, result: Any, values: Mapping[str, Any] | None = None) -> Found:
        """Read the search tool's result.

        Args:
            values: What is known; a window among it leaves the options that start within it.

        Raises:
            ToolFailed: It is nothing that ``options`` can read.
        """
        try:
            found = self.options(result_data(result))
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise ToolFailed(self.find.name, "gave what the form cannot read") from error
        told = {k: v for k, v in (values or {}).items() if k not in self._searched()}
        found = found.named(told).thinned()
        first, last = self._window(values or {})
        if not (first or last):
            return found
        within = tuple(
            o for o in found.options if first <= o.start and (not last or o.start < last)
        )
        if within:
            return Found(within, found.exact, found.note)
        span = f"between {first} and {last}" if first and last else f"from {first}" if first else ""
        return Found(
            found.options, exact=False, note=f"Nothing {span or f'before {last}'}. What there is:"
        )

    def _searched(self) -> Mapping[str, Any]:
        return self.find.schema.parameters["properties"]

    def _window(self, values: Mapping[str, Any]) -> tuple[str, str]:
        for name, (start, end) in self.windows.items():
            if name not in values:
                return str(values.get(start, ""))[:5], str(values.get(end, ""))[:5]
        return "", ""

    def advance(
        self, progress: Progress, extraction: BaseModel, misread: Sequence[str] = ()
    ) -> Say | Search | Act:
        """Merge what was said into the progress and decide, in code, what comes next.

        Args:
            misread: Fields of which something was said that could not be read.
        """
        said = _said(extraction)
        action: str = said.pop("action")
        choice: str = said.pop("choice", "")
        doubt, unread = said.pop("doubt", ""), said.pop("unread", "")
        if action == "reject" and progress.offered and choice.lower().startswith(NOT):
            action = "choose"  # of what is left
        if action in ("check", "reject"):  # "is B free?" and "no" choose nothing
            choice = ""
        progress.turns += 1
        progress.further = said.pop("further", progress.further)
        if answer := self._beside(progress, action, doubt):
            return answer
        if misread:
            self._merge(progress, {k: v for k, v in said.items() if k not in misread})
            return self.ask_again(progress, misread)
        if action == "reject":
            progress.offered = []
            return Say(f"All right. {NOTHING_DONE} What would you like instead?", "rejected")
        news = self._news(progress, said)
        if news:
            self._merge(progress, news)
        elif progress.offered and (choice or action in ("choose", "confirm")) and not doubt:
            return self._take(progress, choice, action)
        elif action == "other" or doubt:
            return self._puzzled(progress, say_doubt(doubt, unread))
        progress.offered = []
        return self._ahead(progress, action, choice, doubt=doubt, caution=say_doubt(doubt, unread))

    def ask_again(self, progress: Progress, misread: Sequence[str]) -> Say:
        """Forget what could not be read, and ask for it in words of this form alone."""
        progress.offered = []
        bounds = {bound: name for name, each in self.windows.items() for bound in each}
        asked = dict.fromkeys(bounds.get(name, name) for name in misread if name not in CONTROL)
        if not asked:
            return Say(f"I did not understand that. {self._helping(progress)}", "not understood")
        for name in asked:
            for each in (name, *self.windows.get(name, ())):
                progress.values.pop(each, None)
        told = " and ".join(f"the {name.replace('_', ' ')}" for name in asked)
        question = self.questions.get(next(iter(asked)), "Please say it another way.")
        return Say(f"{NOTHING_DONE} I did not understand {told}. {question}", "misread")

    def misfits(self, progress: Progress) -> tuple[str, ...]:
        """Name the values that the search tool's own types do not take."""
        try:
            self.find.validate(self.search_arguments(progress.values))
        except ToolRetry as error:
            return error.arguments
        return ()

    def _beside(self, progress: Progress, action: str, doubt: str) -> Say | None:
        """Answer what changes nothing in the form; a yes then takes no offer made before."""
        progress.settled = progress.settled and action not in ("change", "recall") and not doubt
        if action in ("restart", "cancel"):
            return self._drop(progress, action)
        if action == "change":
            told = "I cannot change what is already done. Nothing new has been done."
            return Say(f"{told} {self.elsewhere}".strip(), "asked for a change")
        if action == "recall":
            return Say(self._recall(progress), "asked what was done")
        if doubt in ("negation", "language"):
            return Say(say_doubt(doubt), doubt)
        return None

    def _news(self, progress: Progress, said: Mapping[str, Any]) -> dict[str, Any]:
        """Give what was not known yet; both ends of a window where one of them is new."""
        news = {k: v for k, v in said.items() if progress.values.get(k) != v}
        for bounds in self.windows.values():
            if any(bound in news for bound in bounds):
                news |= {bound: said[bound] for bound in bounds if bound in said}
        return news

    def _merge(self, progress: Progress, news: Mapping[str, Any]) -> None:
        """Take in new values; a time said drops an earlier window, and a window a time."""
        for name, bounds in self.windows.items():
            if name in news:
                for bound in bounds:
                    progress.values.pop(bound, None)
            elif any(bound in news for bound in bounds):
                for each in (name, *bounds):
                    progress.values.pop(each, None)
        progress.values.update(news)

    def _ahead(
        self, progress: Progress, action: str, choice: str, *, doubt: str, caution: str
    ) -> Say | Search:
        """Ask for what is missing, else search; a doubt keeps what is found from being done."""
        missing = self.missing(progress)
        if missing and not (action == "check" and self._can_search(progress)):
            return Say(f"{caution} {self.questions[missing]}".strip(), f"{missing} missing")
        return Search("" if doubt else choice, caution, eager=not doubt)

    def _puzzled(self, progress: Progress, caution: str) -> Say:
        """Say that nothing was done, and put what stands open once more.

        Where something was left unread, a plain yes takes none of it any more.
        """
        progress.settled = progress.settled and not caution
        if progress.offered:
            return Say(
                listed(progress.offered, self.offer, caution or NOTHING_DONE), "no plain choice"
            )
        return Say(f"{caution} {self._helping(progress)}".strip(), "not understood")

    def _recall(self, progress: Progress) -> str:
        if progress.done:
            return "\n".join(["This is what I have done here:", *(f"- {d}" for d in progress.done)])
        return f"{NOTHING_DONE} I cannot see earlier conversations. {self.elsewhere}".strip()

    def missing(self, progress: Progress) -> str:
        """Name the first required field that is not known; empty where all are."""
        return next((name for name in self.questions if not self._is_known(name, progress)), "")

    def _is_known(self, name: str, progress: Progress) -> bool:
        bounds = self.windows.get(name, ())
        return any(each in progress.values for each in (name, *bounds))

    def offering(self, progress: Progress, found: Found, caution: str = "") -> str:
        """Keep what was found as the offer and say it in words, with a word of caution before."""
        progress.offered, progress.exact = list(found.options), found.exact
        progress.settled = not caution
        if not found.options:
            return f"{caution} {found.note or 'There is nothing available.'}".strip()
        return listed(found.options, self.offer, f"{caution}\n{found.note or LEAD}".strip())

    def _can_search(self, progress: Progress) -> bool:
        needed = self.find.schema.parameters.get("required", ())
        return all(name in progress.values for name in needed)

    def _drop(self, progress: Progress, action: str) -> Say:
        progress.clear()
        progress.further = ""
        if action == "restart":
            return Say(f"Let us start over. {self._first_question()}", "started over")
        return Say(f"All right, I have not done anything. {self.elsewhere}".strip(), "given up")

    def _take(self, progress: Progress, choice: str, action: str) -> Say | Act:
        offered = progress.offered
        if not choice and action == "confirm":
            alike = progress.exact and len({option.start for option in offered}) == 1
            if progress.settled and (alike or len(offered) == 1):
                return Act(offered[0])
            return Say(f"I need to know which. {listed(offered, self.offer)}", "yes to several")
        matches = pick(choice, offered)
        ruled_out = choice.lower().startswith(NOT)
        if len(matches) == 1 and not ruled_out:
            return Act(matches[0])
        progress.offered = matches or offered
        several = "That leaves:" if ruled_out else "There are several of those."
        lead = several if matches else "I do not have that one."
        return Say(listed(progress.offered, self.offer, lead), "no single match")

    def _helping(self, progress: Progress) -> str:
        missing = self.missing(progress)
        asked = missing and progress.values
        told = f"{self.help} {self.elsewhere}".strip()
        return f"{told} {self.questions[missing]}" if asked else told

    def _first_question(self) -> str:
        return next(iter(self.questions.values()), self.help)


def _said(extraction: BaseModel) -> dict[str, Any]:
    dumped = extraction.model_dump(mode="json", exclude_none=True)
    return {name: value for name, value in dumped.items() if value != ""}  # models say so, too
