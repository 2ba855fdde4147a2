"""A managed agent's actions in a function on Lambda: each is a tool, used under a run of ours.

Source: https://docs.aws.amazon.com/bedrock/latest/userguide/agents-lambda.html, read 2025-11.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, cast

from batuta.core.budget import Account, Budget
from batuta.core.clock import FixedClock
from batuta.core.message import Message
from batuta.core.redaction import redacted_text
from batuta.core.result import error_text, json_text, result_text
from batuta.core.run import Run
from batuta.core.session import Session
from batuta.core.trace import Trace
from batuta.errors import AccessDenied, BatutaError, ToolError
from batuta.remote.signing import Purpose, shared_key, signed, verified

if TYPE_CHECKING:
    from batuta.core.principal import Principal
    from batuta.core.redaction import Secret
    from batuta.core.tool import Hook, Tool
    from batuta.remote.frame import AgentHost

AUDIENCE = "actions"
LARGEST_BODY = 24_000
"""Bytes; AWS takes 25 KB of a response.

Source: https://docs.aws.amazon.com/bedrock/latest/userguide/agents-lambda.html, read 2025-11.
"""
_VALID = timedelta(minutes=15)  # AWS plans in between, for as long as it likes
_TOKEN, _RUN, _SESSION = "batuta_token", "batuta_run", "batuta_session"
_PREFIX, _NOW, _STATE = "batuta_prefix", "batuta_now", "batuta_state"
_DONE = "batuta_done"  # how many actions the run had before this one
State = Literal["", "REPROMPT", "FAILURE"]
_LOG = logging.getLogger(__name__)


def told_to_actions(secret: Secret) -> Callable[[Run], Mapping[str, str]]:
    """Make what tells an agent's actions of a run by session attributes: who asks, signed.

    Raises:
        ConfigError: There is no secret, or it is too short.
    """
    key = shared_key(secret)

    def attributes(run: Run) -> Mapping[str, str]:
        job = run.job
        purpose = Purpose(AUDIENCE, job.run_id, job.session.id)
        made = {
            _TOKEN: signed(job.principal, purpose, key, valid=_VALID),
            _RUN: job.run_id,
            _SESSION: job.session.id,
            _PREFIX: job.idempotency_prefix,
            _DONE: "0",
        }
        if isinstance(job.clock, FixedClock):
            made[_NOW] = job.clock.now().isoformat()
        return made

    return attributes


@dataclass(frozen=True, kw_only=True, slots=True)
class Actions:
    """Does the actions of an agent's action group.

    Args:
        runtime: Its layers stand around every tool.
        read: Reads a parameter, which AWS gives as text, by the name of its type.
        hooks: Asked before every tool call. What they keep in the conversation's state travels in
            its session attributes.
        budget: Limits of one action: AWS's own loop keeps no count of ours.
    """

    tools: Sequence[Tool]
    runtime: AgentHost
    secret: Secret
    read: Callable[[str, str], Any]
    hooks: Sequence[Hook] = ()
    time_zone: str = "UTC"
    budget: Budget = Budget()  # noqa: RUF009 - it never changes

    async def answer(
        self, event: Mapping[str, Any], seconds: float | None = None
    ) -> Mapping[str, Any]:
        """Do one action, and say what came of it as AWS wants it said.

        Args:
            seconds: What the function has left, less its margin; None without an end.
        """
        attributes: dict[str, str] = dict(event.get("sessionAttributes") or {})
        try:
            run = self._run(event, attributes, seconds)
        except AccessDenied as error:
            _LOG.warning("An action was refused: %s", error)
            return _response(event, str(error), "FAILURE")
        text, state = await self._done(event, run, seconds)
        attributes[_DONE] = str(_count(attributes) + 1)
        if run.job.session.state:
            attributes[_STATE] = json_text(run.job.session.state)
        return {**_response(event, text, state), "sessionAttributes": attributes}

    async def _done(
        self, event: Mapping[str, Any], run: Run, seconds: float | None
    ) -> tuple[str, State]:
        known = {tool.name: tool for tool in self.tools}
        tool = known.get(str(event.get("function")))
        if tool is None:
            said = f"There is no {event.get('function')}. There are: {', '.join(known)}."
            return error_text(said, retry=True), "REPROMPT"
        try:
            async with asyncio.timeout(seconds):
                result = await run.use(tool, self._arguments(event), by="aws")
        except TimeoutError:
            return error_text(f"{tool.name} took too long.", retry=False), "FAILURE"
        except ToolError as error:
            text = error_text(error.detail, retry=error.retryable)
            return text, "REPROMPT" if error.retryable else ""
        except AccessDenied as error:
            return error_text(str(error), retry=False), ""
        except BatutaError as error:
            _LOG.warning("Action %s failed: %s", tool.name, redacted_text(error))
            return error_text(str(error), retry=error.retryable), "FAILURE"
        text = result_text(result)
        size = len(text.encode())
        if size > LARGEST_BODY:
            said = f"The result has {size:,} bytes, and AWS takes {LARGEST_BODY:,}: ask for less."
            return error_text(said, retry=True), "REPROMPT"
        return text, ""

    def _run(
        self, event: Mapping[str, Any], attributes: Mapping[str, str], seconds: float | None
    ) -> Run:
        """Make the frame of one action; its place is the same when the request is sent again.

        Not what is wished for makes the place: a try that was lost may have booked a slot, and the
        agent then wishes for another. A tool's author can name fields that tell wishes apart.

        Raises:
            AccessDenied: Nobody vouches for the principal.
        """
        who = self._principal(attributes)
        moment = attributes.get(_NOW)
        clock = self.runtime.clock if not moment else FixedClock(datetime.fromisoformat(moment))
        session = Session(attributes[_SESSION], who.id, state=_state(attributes))
        place = f"action-{_count(attributes)}-{event.get('function')}"
        job = self.runtime.job(
            run_id=attributes[_RUN],
            principal=who,
            session=session,
            account=Account(self.budget, AUDIENCE),
            trace=Trace(clock.monotonic),
            clock=clock,
            hooks=self.hooks,
            time_zone=self.time_zone,
            idempotency_prefix=attributes.get(_PREFIX) or attributes[_RUN],
            deadline=None if seconds is None else clock.monotonic() + seconds,
            question=Message.user(str(event.get("inputText", ""))),
        )
        return Run(job, None, place, depth=1, shares=True)

    def _principal(self, attributes: Mapping[str, str]) -> Principal:
        purpose = Purpose(AUDIENCE, attributes.get(_RUN, ""), attributes.get(_SESSION, ""))
        return verified(attributes.get(_TOKEN, ""), purpose, shared_key(self.secret))

    def _arguments(self, event: Mapping[str, Any]) -> dict[str, Any]:
        given: Sequence[Mapping[str, str]] = event.get("parameters") or ()
        return {
            each["name"]: self.read(each.get("value", ""), each.get("type", "string"))
            for each in given
        }


def _count(attributes: Mapping[str, str]) -> int:
    done = attributes.get(_DONE, "")
    return int(done) if done.isdecimal() else 0


def _state(attributes: Mapping[str, str]) -> dict[str, Any]:
    """Read what an earlier action kept for the hooks."""
    try:
        found: Any = json.loads(attributes.get(_STATE, "{}"))
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _response(event: Mapping[str, Any], text: str, state: State) -> dict[str, Any]:
    body: dict[str, Any] = {"responseBody": {"TEXT": {"body": text}}}
    if state:
        body["responseState"] = state
    return {
        "messageVersion": "1.0",
        "response": {
            "actionGroup": event.get("actionGroup", ""),
            "function": event.get("function", ""),
            "functionResponse": body,
        },
        "promptSessionAttributes": dict(event.get("promptSessionAttributes") or {}),
    }
