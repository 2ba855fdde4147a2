"""The model reads the user's words into a form; plain code does everything else.

**Decides:** your code.
**Model calls:** 1 a turn (2 where the first reply does not fit the form).
**Fails when:** the conversation leaves the form: every flow must be coded.
**Source:** pattern A of the eight orchestration patterns (M. Gu, 2025).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batuta.core.message import Message
from batuta.core.result import result_data
from batuta.errors import AccessDenied, ToolError, ToolRetry
from batuta.intake.callbacks import confirmation
from batuta.intake.doubt import say_not_done
from batuta.intake.extraction import read_into
from batuta.intake.form import Act, Found, Intake, Option, Progress, Say, Search, pick
from batuta.intake.options import said_whole
from batuta.intake.steps import mend
from batuta.parts.instructions import system_message, talk

if TYPE_CHECKING:
    from batuta.core.model import Model
    from batuta.core.run import Run
    from batuta.core.trace import Decider


@dataclass(frozen=True, kw_only=True)
class AIService:
    """An intake in code, with a model as its reader.

    Args:
        instructions: For the reader, beside what the form is for.
        model: The reader; None takes the run's default.
    """

    intake: Intake
    name: str = "ai_service"
    role: str = "fills a form from the user's words, then acts"
    instructions: str = ""
    model: str | Model | None = None
    decides: Decider = "code"

    async def execute(self, message: Message, run: Run) -> Message:
        """Read one message, merge it into what is known, and do what comes next."""
        state = run.state()
        progress = Progress.from_json(state.get(self.name, {}))
        following = await self._next(message, progress, run)
        if further := following.why == "done" and progress.take_further():
            after = await self._next(Message.user(further), progress, run)
            following = Say(f"{following.text}\n{after.text}", after.why)
        state[self.name] = progress.to_json()
        return Message.assistant(following.text)

    async def _next(self, message: Message, progress: Progress, run: Run) -> Say:
        """Read one wish and take it as far as it goes; an option's own words need no reading."""
        named = said_whole(message.text, progress.offered)
        if len(named) == 1:
            taken = await self._act(named[0], progress, run)
            run.decide(taken.why)
            return taken
        told = system_message(f"{_READ}{self.instructions}\n{self.intake.act.description}", run)
        asked = [told, *talk(run.history()), message]
        read = await read_into(self.intake.extraction, asked, run, model=self.model)
        following = self.intake.advance(progress, read.said, read.misread)
        if isinstance(following, Search):
            following = await self._search(following, progress, run)
        if isinstance(following, Act):
            following = await self._act(following.option, progress, run)
        run.decide(following.why)
        return following

    async def _search(self, wish: Search, progress: Progress, run: Run) -> Say | Act:
        try:
            result = await run.use(self.intake.find, self.intake.search_arguments(progress.values))
        except ToolRetry as error:
            return mend(self.intake, progress, error)
        except AccessDenied as error:
            return Say(str(error), "not allowed")
        found = self.intake.found(result, progress.values)
        matches = pick(wish.wish, found.options) if found.exact else []
        if len(matches) == 1:
            return Act(matches[0])
        if matches:
            found = Found(tuple(matches), found.exact, found.note)
        told = self.intake.offering(progress, found, wish.caution)
        return Say(told, "offer what there is")

    async def _act(self, option: Option, progress: Progress, run: Run) -> Say:
        try:
            done = await run.use(self.intake.act, {self.intake.argument: option.id})
        except ToolError as error:
            progress.offered = []
            if self.intake.missing(progress):
                return Say(say_not_done(error), "could not act")
            again = await self._search(Search(), progress, run)
            more = again.text if isinstance(again, Say) else ""
            return Say(f"{say_not_done(error)} {more}".strip(), "could not act, offer others")
        except AccessDenied as error:
            return Say(str(error), "not allowed")
        progress.clear()
        progress.done.append(confirmation(self.intake.done, result_data(done), run))
        return Say(progress.done[-1], "done")


_READ = """\
You read messages for a form. Fill the form from the last user message alone: what it says, nothing
more. Resolve relative dates and times by the present time. The earlier messages only help you to
understand short answers. Do not answer the user. What the form is for: """
