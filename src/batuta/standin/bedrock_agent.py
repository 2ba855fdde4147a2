"""Bedrock Agents' InvokeAgent on loopback; the planning is the served model's, and that is said.

Keeps conversations as AWS does, in memory. Does actions in both ways: gives control back to the
caller, or calls what stands for a function on Lambda, with AWS's own event.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_InvokeAgent.html,
.../userguide/agents-lambda.html and agents-returncontrol.html, read 2025-11, and botocore's own
description of the service.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from batuta.core.clock import Clock, SystemClock
from batuta.core.ids import new_id
from batuta.core.message import Message, ToolCall
from batuta.core.model import STAND_IN_SUFFIX, Model, ModelReply, ModelRequest
from batuta.errors import BatutaError
from batuta.models.bedrock_agent.definition import ACTION_GROUP, AgentDefinition
from batuta.standin.bedrock_converse import fail
from batuta.standin.conversations import KeptConversation, KeptConversations
from batuta.standin.delivery import Delivery, DeliveryCut
from batuta.standin.disconnection import until_left
from batuta.standin.failures import Rejected, WireFailure, failure_of, invalid
from batuta.standin.formats import ClientRequest
from batuta.standin.frames import event_stream, json_bytes
from batuta.standin.json_node import JsonNode, parsed
from batuta.standin.served_agent import (
    ServedAgent,
    Side,
    guardrail_trace,
    lookup_input,
    lookup_output,
    lookups_in,
    served,
    wire_parameters,
)
from batuta.standin.speech import spoken
from batuta.standin.wire import Exchange, Wire

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

PATH = "/agents/{agent}/agentAliases/{alias}/sessions/{session}/text"
STREAM = "application/vnd.amazon.eventstream"
Act = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""A function on Lambda: takes the event of an action group, gives its response."""

_SESSION = re.compile(r"[0-9a-zA-Z._:-]{2,100}")
_MOST_STEPS = 10
_EXCEPTIONS = {
    "auth": "accessDeniedException",
    "permission": "accessDeniedException",
    "rate_limited": "throttlingException",
    "bad_reply": "dependencyFailedException",
}
_MODEL = "batuta-stand-in"  # in the place of a foundation model


class AgentStandIn:
    """Answers InvokeAgent; an ASGI application.

    Args:
        model: Plans, in the place of the agent's foundation model.
        agents: ``agent/alias`` to its definition, or ``agent`` where every alias leads to it.
        act: Does the actions of agents whose execution is ``lambda``.
        wire: Faults.
        talks: Keeps the conversations; None keeps them in memory.
    """

    def __init__(
        self,
        model: Model,
        agents: Mapping[str, AgentDefinition | ServedAgent],
        *,
        act: Act | None = None,
        wire: Wire | None = None,
        clock: Clock | None = None,
        talks: KeptConversations | None = None,
    ) -> None:
        self._model, self._act = model, act
        self._agents = {name: served(agent) for name, agent in agents.items()}
        self._wire, self._clock = wire or Wire(), clock or SystemClock()
        self._talks = talks or KeptConversations()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        exchange = Exchange(method="POST", path=scope["path"], headers={})
        line = Delivery(send, exchange, wire=self._wire, clock=self._clock)
        try:
            turn = self._turn(JsonNode(parsed(await request.body())), request.path_params, line)
            try:
                await until_left(_answer(turn), receive)
            finally:
                turn.keep()
        except DeliveryCut:
            return
        except (Rejected, BatutaError) as error:
            failure = error.failure if isinstance(error, Rejected) else failure_of(error)
            await _fail(line, failure)

    def _turn(self, body: JsonNode, path: Mapping[str, str], line: Delivery) -> _Turn:
        name = path["agent"]
        agent = self._agents.get(f"{name}/{path['alias']}") or self._agents.get(name)
        if agent is None:
            said = f"Could not find agent alias {path['alias']} for agent {path['agent']}."
            raise Rejected(WireFailure("not_found", said))
        if not _SESSION.fullmatch(path["session"]):
            raise invalid(f"Value '{path['session']}' at 'sessionId' failed to satisfy constraint.")
        talk = self._talks.load(_name(path))
        state = body["sessionState"]
        state = state if state.there else JsonNode({})
        talk.attributes |= state.fields().get("sessionAttributes") or {}
        turn = _Turn(
            self._model,
            self._act,
            agent,
            path,
            talk,
            self._talks,
            state.fields(),
            line,
            self._clock,
        )
        if state["returnControlInvocationResults"].there:
            turn.resume(state)
        else:
            turn.begin(body["inputText"].text(""))
        turn.traced = body["enableTrace"].flag()
        return turn


@dataclass(slots=True)
class _Turn:
    """One request on its way to an answer, or to a wish that control be given back."""

    model: Model
    act: Act | None
    agent: ServedAgent
    path: Mapping[str, str]
    talk: KeptConversation
    talks: KeptConversations
    state: Mapping[str, Any]
    line: Delivery
    clock: Clock
    traced: bool = False
    kept: bool = False
    messages: list[Message] = field(default_factory=list[Message])

    def begin(self, text: str) -> None:
        """Take the user's words."""
        if not text.strip():
            raise invalid("The input text is empty.")
        self.talk.wished = None
        self.messages = [*self.talk.history, Message.user(text)]

    def resume(self, state: JsonNode) -> None:
        """Take the results of the actions that were wished for."""
        wished, self.talk.wished = self.talk.wished, None
        if wished is None or state["invocationId"].text("") != self.talk.invocation:
            raise invalid("The invocationId does not match the latest one of this session.")
        results = state["returnControlInvocationResults"].each()
        if len(results) != len(wished.tool_calls):
            raise invalid("There must be one result for each of the invocation inputs.")
        made = [
            Message.tool(call, _body_of(result["functionResult"]))
            for call, result in zip(wished.tool_calls, results, strict=True)
        ]
        self.messages = [*self.talk.history, wished, *made]

    def keep(self) -> None:
        """Write the conversation down, once; the client's next request may come at once."""
        if not self.kept:
            self.kept = True
            self.talks.keep(_name(self.path), self.talk)

    async def run(self) -> None:
        """Let the model plan until there is an answer, or the caller must act."""
        await self.line.open(
            {
                "content-type": STREAM,
                "x-amzn-bedrock-agent-content-type": "application/json",
                "x-amz-bedrock-agent-session-id": self.path["session"],
            }
        )
        try:
            await self._plan()
        except (Rejected, BatutaError) as error:
            failure = error.failure if isinstance(error, Rejected) else failure_of(error)
            name = _EXCEPTIONS.get(failure.kind, "badGatewayException")
            await self.line.event(event_stream(name, {"message": failure.message}, exception=True))
        self.keep()
        await self.line.close(b"")

    async def _plan(self) -> None:
        said = self.messages[-1]
        if said.role == "user" and await self._passed("input", said.text) != said.text:
            return  # what a guardrail stops is no part of the conversation
        for _ in range(_MOST_STEPS):
            reply = await self._asked()
            if not reply.tool_calls:
                text = await self._passed("output", reply.text)
                await self._note(observation={"type": "FINISH", "finalResponse": {"text": text}})
                self.talk.history = [*self.messages, Message.assistant(text)]
                return
            wish = reply.message()
            if lookups := lookups_in(reply.tool_calls):
                await self._look_up(lookups)
                continue
            if self.agent.definition.execution == "return_control":
                await self._give_back(wish)
                return
            self.messages = [*self.messages, wish]
            for call in reply.tool_calls:
                self.messages.append(Message.tool(call, await self._acted(call)))
        await self._chunk("I could not finish this in the steps that I have.")

    async def _passed(self, side: Side, text: str) -> str:
        """Give a text as the guardrail leaves it, which it says itself where it checks at all."""
        if not self.agent.guarded:
            return text
        did = self.agent.checked(side, text)
        await self._tell({"guardrailTrace": guardrail_trace(side, did)})
        left = text if did is None else did.text
        if side == "output" or did is not None:
            await self._chunk(left)
        return left

    async def _look_up(self, calls: tuple[ToolCall, ...]) -> None:
        """Ask knowledge bases, and nothing else in the same step."""
        self.messages.append(Message("assistant", tool_calls=calls))
        for call in calls:
            await self._note(invocationInput=lookup_input(call))
            found = self.agent.found(call)
            await self._note(observation=lookup_output(found))
            texts = json_bytes([each._asdict() for each in found]).decode()
            self.messages.append(Message.tool(call, texts))

    async def _asked(self) -> ModelReply:
        request = ModelRequest([self._system(), *self.messages], self.agent.tools())
        # Who really plans, so that what it costs is known.
        plans = f"{self.model.name}{STAND_IN_SUFFIX}"
        await self._note(modelInvocationInput={"type": "ORCHESTRATION", "foundationModel": plans})
        reply, told, guarded = ModelReply(), False, self.agent.guarded
        asked = ClientRequest(model=_MODEL, request=request, raw={}, streamed=True)
        async with aclosing(spoken(self.model, asked)) as said:
            async for each in said:
                if isinstance(each, ModelReply):
                    reply = each
                else:
                    told = True
                    if not guarded:  # a guardrail reads the whole before anybody else
                        await self._chunk(each)
        if reply.stop_reason == "refused" and not told and not guarded:
            await self._chunk(reply.text)  # an agent says so in words
        usage = {
            "inputTokens": reply.usage.input_tokens, "outputTokens": reply.usage.output_tokens
        }  # fmt: skip
        await self._note(modelInvocationOutput={"metadata": {"usage": usage}})
        return reply

    def _system(self) -> Message:
        told: Mapping[str, str] = self.state.get("promptSessionAttributes") or {}
        lines = [f"{name.capitalize()}: {value}" for name, value in told.items()]
        return Message.system("\n\n".join([self.agent.definition.instruction, *lines]))

    async def _give_back(self, wish: Message) -> None:
        self.talk.wished, self.talk.invocation = wish, new_id("inv")
        self.talk.history = self.messages
        inputs = [
            {
                "functionInvocationInput": {
                    "actionGroup": ACTION_GROUP,
                    "actionInvocationType": "RESULT",
                    "agentId": self.path["agent"],
                    "function": call.name,
                    "parameters": wire_parameters(self.agent.definition, call),
                }
            }
            for call in wish.tool_calls
        ]
        told = {"invocationId": self.talk.invocation, "invocationInputs": inputs}
        self.keep()
        await self.line.event(event_stream("returnControl", told))

    async def _acted(self, call: ToolCall) -> str:
        """Have the function on Lambda do an action.

        Raises:
            Rejected: There is none, or its response is not for this action.
        """
        action = {
            "actionGroupName": ACTION_GROUP, "function": call.name, "executionType": "LAMBDA",
            "parameters": wire_parameters(self.agent.definition, call),
        }  # fmt: skip
        await self._note(
            invocationInput={
                "invocationType": "ACTION_GROUP",
                "actionGroupInvocationInput": action,
            }
        )
        if self.act is None:
            raise Rejected(WireFailure("internal", "The action group's function does not exist."))
        answer = await self.act(self._event(call))
        response = answer.get("response", {})
        if (response.get("actionGroup"), response.get("function")) != (ACTION_GROUP, call.name):
            raise Rejected(
                WireFailure("bad_reply", "The response is not for the action asked for.")
            )
        text = _body_of(JsonNode(response["functionResponse"], "functionResponse"))
        if response["functionResponse"].get("responseState") == "FAILURE":
            raise Rejected(WireFailure("bad_reply", f"The action group's function failed: {text}"))
        self.talk.attributes |= answer.get("sessionAttributes") or {}
        await self._note(
            observation={"type": "ACTION_GROUP", "actionGroupInvocationOutput": {"text": text}}
        )
        return text

    def _event(self, call: ToolCall) -> dict[str, Any]:
        said = next((m.text for m in reversed(self.messages) if m.role == "user"), "")
        return {
            "messageVersion": "1.0",
            "agent": {
                "name": self.agent.definition.name,
                "id": self.path["agent"],
                "alias": self.path["alias"],
                "version": "1",
            },
            "inputText": said,
            "sessionId": self.path["session"],
            "actionGroup": ACTION_GROUP,
            "function": call.name,
            "parameters": wire_parameters(self.agent.definition, call),
            "sessionAttributes": dict(self.talk.attributes),
            "promptSessionAttributes": self.state.get("promptSessionAttributes") or {},
        }

    async def _chunk(self, piece: str) -> None:
        told = {"bytes": base64.b64encode(piece.encode("utf-8", "replace")).decode()}
        await self.line.event(event_stream("chunk", told))

    async def _note(self, **step: Mapping[str, Any]) -> None:
        """Send a part of the agent's own trace, where it was asked for."""
        named = {kind: {"traceId": new_id("trace"), **told} for kind, told in step.items()}
        await self._tell({"orchestrationTrace": named})

    async def _tell(self, trace: Mapping[str, Any]) -> None:
        if not self.traced:
            return
        told = {
            "agentId": self.path["agent"],
            "agentAliasId": self.path["alias"],
            "sessionId": self.path["session"],
            "eventTime": self.clock.now().isoformat().replace("+00:00", "Z"),
            "trace": trace,
        }
        await self.line.event(event_stream("trace", told))


def _name(path: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(path[part] for part in ("agent", "alias", "session"))


async def _answer(turn: _Turn) -> None:
    await turn.line.hang()
    await turn.run()


def _body_of(result: JsonNode) -> str:
    """Read the text of an action's result."""
    body = result["responseBody"]
    return body[next(iter(body.fields()), "TEXT")]["body"].text("")


async def _fail(line: Delivery, failure: WireFailure) -> None:
    status, headers, body = fail(failure)
    try:
        await line.whole(status, {"content-type": "application/json", **headers}, json_bytes(body))
    except DeliveryCut:
        return
