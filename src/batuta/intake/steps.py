"""The five standard steps of an intake, each an Agent, so that each can live where it likes.

A step gets and gives its state as ``Message.data``: ``request`` (the user's words),
``conversation`` (what was said before), ``kept`` (the intake's progress between turns) and what
earlier steps added. A step that ends the workflow early sets ``exit`` to the reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel, Field

from batuta.core.message import Message, question_of
from batuta.core.result import result_data
from batuta.errors import (
    AccessDenied,
    BudgetExceeded,
    ModelError,
    ModelReplyInvalid,
    ToolError,
    ToolRetry,
)
from batuta.intake.callbacks import confirmation
from batuta.intake.doubt import say_not_done
from batuta.intake.extraction import read_into
from batuta.intake.form import NOT, Act, Found, Intake, Option, Progress, Say, listed, pick
from batuta.intake.options import said_whole
from batuta.parts.instructions import system_message

if TYPE_CHECKING:
    from batuta.core.model import Model
    from batuta.core.run import Run
    from batuta.core.trace import Decider

_READ = "Read the last user message into the form. Do not answer it. The assistant it is for:\n\n"
_EAGER = ("request", "confirm", "choose")


class Choice(BaseModel):
    """The option that fits the request best."""

    option_id: str = Field(description="The id of one of the options.")
    reason: str = Field("", description="Why, in a few words.")


@dataclass(frozen=True, kw_only=True)
class IntakeStep:
    """What the five steps share.

    Args:
        model: For the steps that ask one; None takes the run's default.
    """

    name: str
    intake: Intake
    instructions: str = ""
    model: str | Model | None = None
    decides: Decider = "code"

    @property
    def role(self) -> str:
        """What the step is for."""
        return (type(self).__doc__ or self.name).partition("\n")[0]

    async def execute(self, message: Message, run: Run) -> Message:
        """Do the step."""
        raise NotImplementedError(f"{type(self).__name__} is no step by itself")


@dataclass(frozen=True, kw_only=True)
class Parse(IntakeStep):
    """Reads the user's words into the intake; exits where something is missing."""

    async def execute(self, message: Message, run: Run) -> Message:
        """Extract, merge, and decide whether the rest can run."""
        data = _data(message)
        progress = Progress.from_json(data.get("kept", {}))
        named = said_whole(data["request"], progress.offered)
        if len(named) == 1:
            return _on(
                data, progress, values=dict(progress.values), chosen=(named[0].id, named[0].label)
            )
        fresh = not progress.values and not data.get("conversation")
        spoken = [Message(m["role"], m["text"]) for m in data.get("conversation", ())]
        told = system_message(_READ + self.instructions, run)
        asked = [told, *spoken, question_of(message, data["request"])]
        read = await read_into(self.intake.extraction, asked, run, model=self.model)
        said = read.said
        if said.model_dump()["action"] == "confirm" and not progress.offered and progress.further:
            data["request"], fresh = progress.take_further(), True
            further = Message.user(data["request"])
            read = await read_into(self.intake.extraction, [told, further], run, model=self.model)
            said = read.said
        following = self.intake.advance(progress, said, read.misread)
        if isinstance(following, Say):
            return _exit(data, progress, following)
        made: dict[str, Any] = {"values": dict(progress.values)}
        if said_further := said.model_dump()["further"]:  # it is for later, not for this choice
            made["request"] = data["request"].replace(said_further.rstrip(".!"), "")
        if isinstance(following, Act):
            made["chosen"] = following.option.id, following.option.label
        else:
            made["wish"], made["caution"] = following.wish, following.caution
            made["decided"] = following.eager and (
                bool(following.wish) or (fresh and getattr(said, "action", "") in _EAGER)
            )
        return _on(data, progress, **made)


@dataclass(frozen=True, kw_only=True)
class Find(IntakeStep):
    """Searches for options; exits where there are none, or where the user must choose."""

    async def execute(self, message: Message, run: Run) -> Message:
        """Use the search tool with the values gathered."""
        data = _data(message)
        progress = Progress.from_json(data["kept"])
        if "chosen" in data:
            return _on(data, progress)
        try:
            result = await run.use(self.intake.find, self.intake.search_arguments(data["values"]))
        except ToolRetry as error:
            return _exit(data, progress, mend(self.intake, progress, error))
        except AccessDenied as error:
            return _exit(data, progress, Say(str(error), "not allowed"))
        found = self.intake.found(result, data["values"])
        hours = {option.start for option in found.options}
        decided = data["decided"] and (data["wish"] or len(hours) == 1)
        if not found.options or not found.exact or not decided:
            why = "nothing free" if not found.options or not found.exact else "user chooses"
            told = self.intake.offering(progress, found, data["caution"])
            return _exit(data, progress, Say(told, why))
        listed = [(o.id, o.label, o.start) for o in found.options]
        return _on(data, progress, options=listed, note=found.note)


@dataclass(frozen=True, kw_only=True)
class Choose(IntakeStep):
    """Picks the option that fits the user's preferences best."""

    decides: Decider = "model"

    async def execute(self, message: Message, run: Run) -> Message:
        """Ask the model, unless the choice is already made or there is only one."""
        data = _data(message)
        progress = Progress.from_json(data["kept"])
        if "chosen" in data:
            return _on(data, progress)
        options = [Option(*each) for each in data["options"]]
        picked = pick(data["wish"], options) if data["wish"] else options
        asks = len(picked) > 1 and (not data["wish"] or data["wish"].startswith(NOT))
        if asks:
            picked = await self._ask(data, picked, run)
        if len(picked) != 1:
            found = Found(tuple(picked or options), note=data.get("note", ""))
            text = self.intake.offering(progress, found)
            return _exit(data, progress, Say(text, "no single match"))
        chosen = picked[0]
        run.decide(f"choose {chosen.label}", by="model" if asks else "code")
        return _on(data, progress, chosen=(chosen.id, chosen.label))

    async def _ask(self, data: Mapping[str, Any], options: list[Option], run: Run) -> list[Option]:
        listing = json.dumps([{"id": o.id, "label": o.label} for o in options])
        words = f"Request: {data['request']}\nKnown: {json.dumps(data['values'])}"
        try:
            choice = await run.ask_as(
                Choice,
                [
                    system_message(
                        f"{self.instructions}\nPick the option that fits the request best.", run
                    ),
                    Message.user(f"{words}\nOptions: {listing}"),
                ],
                model=self.model,
            )
        except ModelReplyInvalid:  # then the user chooses
            return []
        return [o for o in options if o.id == choice.option_id]


@dataclass(frozen=True, kw_only=True)
class Do(IntakeStep):
    """Acts on the chosen option; exits with a new offer where it is gone."""

    async def execute(self, message: Message, run: Run) -> Message:
        """Use the acting tool."""
        data = _data(message)
        progress = Progress.from_json(data["kept"])
        option = Option(*data["chosen"])
        try:
            result = await run.use(self.intake.act, {self.intake.argument: option.id})
        except ToolError as error:
            progress.offered = [o for o in progress.offered if o.id != option.id]
            others = listed(progress.offered, "") if progress.offered else ""
            told = f"{say_not_done(error)} {others}".strip()
            return _exit(data, progress, Say(told, "could not act"))
        except AccessDenied as error:
            return _exit(data, progress, Say(str(error), "not allowed"))
        progress.clear()
        done = result_data(result)
        progress.done.append(confirmation(self.intake.done, done, run))
        return _on(data, progress, done=done)


@dataclass(frozen=True, kw_only=True)
class Confirm(IntakeStep):
    """Words the confirmation."""

    decides: Decider = "model"

    async def execute(self, message: Message, run: Run) -> Message:
        """Ask the model for a sentence; take the intake's own where that tells no fact."""
        data = _data(message)
        facts = json.dumps(data["done"])
        words = system_message(
            f"{self.instructions}\nWrite a short confirmation of what was done.", run
        )
        try:
            reply = await run.ask([words, Message.user(f"Done: {facts}")], model=self.model)
            text = reply.text.strip() if reply.stop_reason == "end" else ""
        except (ModelError, BudgetExceeded):  # it is done, and must be told whoever words it
            text = ""
        if not _tells(text, data["done"]):
            text = confirmation(self.intake.done, data["done"], run)
        if further := Progress.from_json(data["kept"]).further:
            text = f'{text}\nYou also asked: "{further}" Shall I go on with that?'
        return Message.assistant(text, data)


def standard_steps(
    intake: Intake, instructions: str, models: Mapping[str, str | Model | None]
) -> tuple[IntakeStep, ...]:
    """Make the five steps of an intake under its own step names.

    Args:
        models: Step name to model, for those with one of their own.
    """
    kinds = (Parse, Find, Choose, Do, Confirm)
    return tuple(
        kind(name=name, intake=intake, instructions=instructions, model=models.get(name))
        for kind, name in zip(kinds, intake.step_names, strict=True)
    )


def mend(intake: Intake, progress: Progress, error: ToolRetry) -> Say:
    """Forget the values that a tool refused, and ask for them again."""
    if misfits := intake.misfits(progress):  # what it says of types is for models
        return intake.ask_again(progress, misfits)
    for name in error.arguments:
        progress.values.pop(name, None)
    missing = intake.missing(progress)
    question = f" {intake.questions[missing]}" if missing else ""
    return Say(f"{error.detail}{question}", "tool asks for other values")


def _tells(text: str, done: Any) -> bool:
    """Tell whether a text holds any fact of what was done."""
    facts = cast("Mapping[str, Any]", done).values() if isinstance(done, Mapping) else [done]
    return any(len(fact) > 1 and fact.lower() in text.lower() for fact in map(str, facts))


def _data(message: Message) -> dict[str, Any]:
    return dict(message.data or {"request": message.text})


def _on(data: Mapping[str, Any], progress: Progress, **added: Any) -> Message:
    return Message.assistant("", {**data, "kept": progress.to_json(), **added})


def _exit(data: Mapping[str, Any], progress: Progress, say: Say) -> Message:
    return Message.assistant(say.text, {**data, "kept": progress.to_json(), "exit": say.why})
