"""A request that is sent again: what its earlier tries did is known before anything is planned."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from batuta.core.cancellation import to_end
from batuta.core.clock import Clock, SystemClock
from batuta.core.redaction import redacted_text
from batuta.core.result import json_text, result_data
from batuta.core.slots import new_dict
from batuta.core.tool import Tool
from batuta.core.tool_context import ToolContext
from batuta.errors import AccessDenied, BatutaError, EffectUnknown, ToolFailed, ToolRetry

if TYPE_CHECKING:
    from batuta.core.ask import Ask
    from batuta.core.effect import LoggedEffect
    from batuta.core.request import Request, RequestClaim, RequestLog

_LOOK_S, _BEAT_S = 0.1, 3.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolved:
    """What is known of writes that were begun.

    Args:
        done: Each with its result.
        unknown: Of which nobody can tell.
    """

    done: tuple[LoggedEffect, ...] = ()
    unknown: tuple[LoggedEffect, ...] = ()

    def steps(self) -> str:
        """Give what was done before and between them; those in other processes know their own."""
        texts = [effect.steps for effect in self.done]
        if len(set(texts)) == 1:
            return texts[0]
        made: dict[str, Any] = {}
        for text in texts:
            made |= json.loads(text)
        return json_text(made)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finishing:
    """Where writes that were begun are finished: in the run of whoever asks again."""

    ask: Ask
    clock: Clock
    session_id: str
    time_zone: str


@dataclass(frozen=True, kw_only=True)
class RequestDesk:
    """Gives requests to one process at a time, and finds out what their earlier tries did.

    Args:
        tools: The App's, by name: a write is looked up as its tool says.
    """

    log: RequestLog
    tools: Mapping[str, Tool] = field(default_factory=new_dict)

    @asynccontextmanager
    async def claimed(self, request: Request, *, fenced: bool) -> AsyncGenerator[RequestClaim]:
        """Hold a request while the block lasts, waiting for whichever process has it."""
        clock = SystemClock()
        while not (claim := await self.log.claim(request, fenced=fenced)).mine:
            await clock.sleep(_LOOK_S)
        beating = asyncio.ensure_future(self._beat(claim, clock))
        try:
            yield claim
        finally:
            beating.cancel()
            with suppress(BatutaError):  # then it is free once this process has been silent
                await to_end(self.log.free(claim))

    async def _beat(self, claim: RequestClaim, clock: Clock) -> None:
        while True:
            await clock.sleep(_BEAT_S)
            with suppress(BatutaError):  # the next beat may get through
                await self.log.renew(claim)

    async def resolved(
        self, begun: Sequence[LoggedEffect], finishing: Finishing | None = None
    ) -> Resolved:
        """Find out what became of writes, and finish those that were begun and not done.

        Args:
            finishing: None finishes nothing.

        Raises:
            BatutaError: It cannot be known, or finished, now.
        """
        done: list[LoggedEffect] = []
        unknown: list[LoggedEffect] = []
        for effect in begun:
            if effect.status == "done":
                done.append(effect)
                continue
            tool = self.tools.get(effect.tool)
            if tool is None or tool.outcome is None or tool.outcome.lookup is None:
                unknown.append(effect)
                continue
            found = await tool.outcome.lookup.find_effect(effect.key, effect.principal_id)
            if found is not None:
                made = replace(effect, status="done", result=found.result)
                if finishing is not None:  # else a run that goes on would begin it again
                    await self.log.end(made)
                done.append(made)
            elif finishing is not None:
                made = await to_end(self._finished(effect, tool, finishing))
                done += [] if made is None else [made]
        return Resolved(done=tuple(done), unknown=tuple(unknown))

    async def _finished(
        self, effect: LoggedEffect, tool: Tool, finishing: Finishing
    ) -> LoggedEffect | None:
        """Do a write under its own key; None where it cannot be done any more, and was not."""
        run_id = finishing.ask.run_id or ""
        context = ToolContext(
            finishing.ask.principal, finishing.clock, effect.key,
            run_id, finishing.session_id, finishing.time_zone,
        )  # fmt: skip
        begun = replace(effect, run_id=run_id)
        try:
            arguments = tool.validate(effect.arguments)
            earlier = await self.log.begin(begun)
            if earlier is not None:
                return earlier
            result = result_data(await tool.invoke(arguments, context))
        except (ToolRetry, AccessDenied):
            await self.log.end(replace(begun, status="failed"))
            return None
        except BatutaError:
            raise
        except Exception as error:  # the boundary: a tool's own exception ends here
            raise EffectUnknown(tool.name, redacted_text(error)) from error
        made = replace(begun, status="done", result=result)
        with suppress(BatutaError):  # it is done, and can be looked up
            await self.log.end(made)
        return made

    def sentences(self, effects: Sequence[LoggedEffect]) -> str:
        """Say what stands."""
        return " ".join(self._sentence(effect) for effect in effects)

    def line(self, effect: LoggedEffect) -> str:
        """Say in one line what was done."""
        tool = self.tools.get(effect.tool)
        return effect.tool if tool is None else tool.done_line(effect.result)

    def _sentence(self, effect: LoggedEffect) -> str:
        tool = self.tools.get(effect.tool)
        if tool is None or tool.outcome is None:
            return f"{self.line(effect)}."
        return tool.outcome.sentence(effect.result)


def unknown_text(effects: Sequence[LoggedEffect]) -> str:
    """Say that nobody knows whether these were done."""
    names = ", ".join(effect.tool for effect in effects)
    return (
        f"An earlier try of this request began {names} and was cut short. Whether it was done is "
        "not known, so it is not begun again. Look there, and use a new key to have it done."
    )


def unresolved(effects: Sequence[LoggedEffect]) -> ToolFailed:
    """Make the error of a request of whose earlier writes nobody knows."""
    failure = EffectUnknown(effects[0].tool, "")
    failure.args = (unknown_text(effects),)
    return failure
