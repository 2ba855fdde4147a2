"""A question back: put to the person by the client where it can, else the answer's own text.

A question ends a turn, and the answer to it is the next one of the same conversation: nothing waits
meanwhile, so any process that shares the sessions can go on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mcp_types import (
    CallToolResult,
    ClientCapabilities,
    ElicitationCapability,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
    TextContent,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from batuta.serve.http.replies import asks_back

if TYPE_CHECKING:
    from batuta.serve.http.problems import Answer

_FIELD = "answer"
_ROUNDS = 6
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {_FIELD: {"type": "string", "title": "Your answer", "minLength": 1}},
    "required": [_FIELD],
}


@dataclass(kw_only=True)
class Dialogue:
    """The questions of one call.

    Args:
        session_id: The conversation that the call goes on with; None begins one.
        text: What the person answered to the last question; None for the call's own message.
        rounds: How many questions were put before.
        over: What the call comes to at once, as the person did not answer.
    """

    context: Any
    session_id: str | None
    text: str | None = None
    rounds: int = 0
    over: CallToolResult | None = field(default=None)

    @classmethod
    def of(cls, params: Any, context: Any, session_id: str | None) -> Dialogue:
        """Read where a call stands: at its begin, or at the answer to a question."""
        if params.request_state is None:
            return cls(context=context, session_id=session_id)
        state = json.loads(params.request_state)  # sealed by us, and opened by the library
        answers: dict[str, Any] = params.input_responses or {}
        made = cls(context=context, session_id=state["session_id"], rounds=state["rounds"])
        made.text = _said(answers.get(_FIELD))
        if made.text is None:
            made.over = _kept(state)
        return made

    def key(self, given: str) -> str:
        """Give the key of the present turn: each is a request of its own."""
        return f"{given}#{self.rounds}" if given and self.rounds else given

    async def asked(self, answer: Answer) -> str | InputRequiredResult | None:
        """Put an answer's question to the person.

        Gives what they said, where the client is asked at once; what tells the client to ask and
        come back; or None, where there is no question, or nobody who could be asked.
        """
        if not asks_back(answer) or self.rounds >= _ROUNDS or not self._can_ask():
            return None
        self.rounds += 1
        reply = answer.body["reply"]
        if self.context.protocol_version in MODERN_PROTOCOL_VERSIONS:
            state = {"session_id": answer.body["session_id"], "rounds": self.rounds}
            state |= {"reply": reply, "body": json.dumps(answer.body, default=str)}
            form = ElicitRequestFormParams(message=reply, requested_schema=_SCHEMA)
            return InputRequiredResult(
                input_requests={_FIELD: ElicitRequest(params=form)},
                request_state=json.dumps(state),
            )
        return _said(await self.context.session.elicit_form(reply, _SCHEMA))

    def _can_ask(self) -> bool:
        session = self.context.session
        wanted = ClientCapabilities(elicitation=ElicitationCapability())
        if not session.check_client_capability(wanted):
            return False
        return self.context.protocol_version in MODERN_PROTOCOL_VERSIONS or session.can_send_request


def _said(result: Any) -> str | None:
    if not isinstance(result, ElicitResult) or result.action != "accept":
        return None
    said = (result.content or {}).get(_FIELD)
    return said if isinstance(said, str) and said.strip() else None


def _kept(state: Any) -> CallToolResult:
    """Give the answer whose question nobody answered."""
    body = json.loads(state["body"])
    return CallToolResult(content=[TextContent(text=state["reply"])], structured_content=body)
