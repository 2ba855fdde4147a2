"""What a request's run did before each of its writes, noted so that a later try goes on from there.

Noted with the beginning of the write, in its own commit; a run whose request has no key notes
nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from batuta.core.effect import CarriedSteps, effects_in
from batuta.core.model import ModelReply, Usage
from batuta.core.price import FREE
from batuta.core.principal import WRITE
from batuta.core.result import json_text, result_data
from batuta.core.run import Handlers, Run
from batuta.errors import AccessDenied, EffectUnknown, ReplayMismatch, ToolError
from batuta.remote.result import Fetched, Fetching, RemoteResult
from batuta.runtimes.exact import (
    NotExactError,
    decode_error,
    encode_error,
    with_bytes,
    without_bytes,
)
from batuta.runtimes.step_values import (
    digest,
    message_json,
    read_reply,
    reply_json,
    typed_result,
)

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.effect import EffectLog, LoggedEffect
    from batuta.core.message import Message
    from batuta.core.model import ModelRequest
    from batuta.core.run import AskOp, CallOp, Op, StepOp, UseOp

_MOST_CHARS = 200_000
_DIFFERS = "asks for something else than it did before it was cut, so it cannot be gone on with."

_GOES_ON = "an earlier try of this request was cut short: what it did is known"


class NotedSteps:
    """Gives one run what an earlier try of its request did, and notes what it does itself.

    It is the run's ``EffectLog``, too: what was done goes along with each write that begins, and
    with each call to an agent elsewhere, which notes in the same way what it does. What such a call
    came to is noted whole.

    Args:
        log: Where writes are noted.
        steps: What came along with a call from elsewhere, where the run itself is here ``{}``, and
            as ``LoggedEffect.steps`` has it what an earlier try did; until all writes of that are
            done again, from the log, nothing may be asked or done that it does not hold.
        find: Gives a registered agent by its name.
    """

    def __init__(self, log: EffectLog, steps: CarriedSteps, find: Callable[[str], Agent]) -> None:
        self._log, self._find = log, find
        self._before: dict[str, Any] = json.loads(steps.noted) if steps.noted else {}
        self._earlier: dict[str, Any] = json.loads(steps.earlier) if steps.earlier else {}
        self._ahead = {place for place, step in self._earlier.items() if step.get("writes")}
        self._asked: dict[str, tuple[ModelRequest, ModelReply]] = {}
        self._steps: dict[str, Any] = {}
        self._whole, self._told = bool(steps.noted), False
        self._real: Handlers | None = None
        self.of_request, self.orphans, self.settle = log.of_request, log.orphans, log.settle
        self.end = log.end

    def around(self, real: Handlers) -> Handlers:
        """Stand around the real calls."""
        self._real = real
        return Handlers(self.ask, self.use, self.call, self.step)

    async def begin(self, effect: LoggedEffect) -> LoggedEffect | None:
        """See ``EffectLog.begin``."""
        return await self._log.begin(replace(effect, steps=self._text()))

    def carried(self, span: str) -> CarriedSteps:
        """See ``NotingLog.carried``."""
        noted = self._text()
        inside = {p: step for p, step in self._earlier.items() if _is_inside(p, span)}
        return CarriedSteps(noted=noted, earlier=json_text(inside) if inside else "")

    async def ask(self, op: AskOp) -> ModelReply:
        """Ask a model, or give what it said when the earlier try asked."""
        place = f"ask {op.span}"
        known = self._known(op, place, lambda: _asked(op.request))
        if known is None:
            reply: ModelReply = await self._of("ask")(op)
        else:  # it was paid for then
            reply = replace(read_reply(known["value"]), usage=Usage(), earlier=())
        self._asked[place] = (op.request, reply)
        return reply

    async def use(self, op: UseOp) -> Any:
        """Use a tool, or give what it gave when the earlier try used it."""
        place, writes = f"use {op.span}", op.tool.effect == WRITE
        asked = digest([op.tool.name, result_data(op.arguments)])
        step: dict[str, Any] = {"asked": asked, "writes": writes}
        known = self._known(op, place, lambda: asked)
        self._ahead.discard(place)
        if known is not None:
            step = known
        if "raised" in step:
            self._steps[place] = step
            raise decode_error(step["raised"])
        if "value" in step:
            self._steps[place] = step
            return typed_result(op.tool, step["value"])
        if writes:
            self._steps[place] = step  # begun
        try:
            result = await self._of("use")(op)
        except (ToolError, AccessDenied) as error:
            self._failed(place, step, error)
            raise
        self._steps[place] = {**step, "value": result_data(with_bytes(result))}
        return result

    async def call(self, op: CallOp) -> Message:
        """Call an agent, or give what one elsewhere brought back in the earlier try."""
        agent = self._find(op.agent) if isinstance(op.agent, str) else op.agent
        if not isinstance(agent, Fetched):
            return await self._of("call")(op)
        place, asked = f"call {op.span}", digest([op.name, message_json(op.message)])
        begun = any(_is_inside(each, op.span) for each in self._earlier)
        known = self._known(op, place, lambda: asked, begun=begun)
        if known is not None:
            self._steps[place] = known
            self._passed(op.span)
            return self._given(op, agent, RemoteResult.from_json(known["value"]))
        fetching = Fetching(agent)
        try:
            return await self._of("call")(replace(op, agent=fetching))
        finally:
            brought = fetching.brought
            if brought is not None and not isinstance(brought.error, ReplayMismatch):
                self._passed(op.span)
                self._steps[place] = {"asked": asked, "value": _paid(brought).to_json()}
                effects = effects_in(brought.events)
                self._whole = self._whole and all(e.status == "done" for e in effects)

    def _given(self, op: CallOp, agent: Agent, brought: RemoteResult) -> Message:
        """Put what an agent elsewhere brought back before into its frame of this run."""
        depth, shares = op.run.depth + 1, op.shares_history
        brought.absorb(Run(op.run.job, agent, op.span, depth=depth, shares=shares))
        return brought.answer()

    def _passed(self, span: str) -> None:
        """Take the writes of an agent elsewhere for done again."""
        self._ahead = {place for place in self._ahead if not _is_inside(place, span)}

    async def step(self, op: StepOp) -> Any:
        """Do a step of plain code, or give what it came to in the earlier try."""
        place = f"step {op.span}"
        known = self._known(op, place, lambda: op.name)
        if known is None:
            value = result_data(with_bytes(await self._of("step")(op)))
            known = {"asked": op.name, "value": value}
        self._steps[place] = known
        return without_bytes(known["value"])[1]

    def _known(
        self, op: Op, place: str, asked: Callable[[], str], *, begun: bool = False
    ) -> dict[str, Any] | None:
        """Give what is known of a place; a run that goes another way than before ends here.

        Args:
            begun: What is known is what was done inside of it.

        Raises:
            ReplayMismatch: It asks for something else now, or for more before it has written again.
        """
        if not self._earlier:
            return None
        known: dict[str, Any] | None = self._earlier.get(place)
        if known is None and self._ahead and not begun:
            raise ReplayMismatch("of an earlier try", f"{place} {_DIFFERS}")
        if known is not None and known["asked"] != asked():
            raise ReplayMismatch("of an earlier try", f"{place} {_DIFFERS}")
        if known is not None and not self._told:
            self._told = True
            where = (f"{op.span}.again", op.run.path, "go on", "code")
            op.run.job.trace.add("decision", "point", where, data={"why": _GOES_ON})
        return known

    def _failed(self, place: str, step: dict[str, Any], error: ToolError | AccessDenied) -> None:
        try:
            self._steps[place] = {**step, "raised": encode_error(error)}
        except NotExactError:
            self._whole = False
        self._whole = self._whole and not isinstance(error, EffectUnknown)

    def _text(self) -> str:
        """Write down what was done so far; empty where that cannot be, or is too long to keep."""
        if not self._whole:
            return ""
        asked = {
            place: {"asked": _asked(request), "value": reply_json(reply)}
            for place, (request, reply) in self._asked.items()
        }
        try:
            text = json_text({**self._before, **asked, **self._steps})
        except (TypeError, ValueError):
            return ""
        return text if len(text) <= _MOST_CHARS else ""

    def _of(self, kind: str) -> Any:
        return getattr(self._real, kind)


def _paid(brought: RemoteResult) -> RemoteResult:
    """Give what was brought back as it is given again: it was paid for."""
    events = [e._replace(usage=e.usage and Usage(), cost=e.cost and FREE) for e in brought.events]
    return replace(
        brought, events=tuple(events), usage=Usage(), cost=FREE, model_calls=0, tool_calls=0
    )


def _is_inside(place: str, span: str) -> bool:
    """Tell whether a place is one of what an agent does."""
    return place.partition(" ")[2].startswith(f"{span}.")


def _asked(request: ModelRequest) -> str:
    """Digest what a model is asked, but for its instructions: the time of day is in them."""
    said = [message_json(m) for m in request.messages if m.role != "system"]
    output = None if request.output is None else request.output.name
    return digest([said, [tool.name for tool in request.tools], output])
