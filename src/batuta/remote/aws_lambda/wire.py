"""What a caller and a function say to each other: JSON in JSON.

The inner text is plain ASCII, and may hold what Lambda's own readers of JSON refuse, such as a
limit that is infinite.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from batuta.core.ledger import Counts
from batuta.core.result import json_text
from batuta.core.trace import Event
from batuta.errors import BatutaError, RuntimeFailure
from batuta.remote.call import RemoteCall
from batuta.remote.result import RemoteResult, error_from_json, error_to_json
from batuta.remote.signing import Purpose, UsedTokens, digest_of, signed, verified

VERSION = 2
KIND = "batuta"
AGENT = "agent"
_MOST_DATA = 256 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class LambdaRequest:
    """A message for an agent in a function.

    Args:
        call_id: By what the caller says that it gave up.
    """

    call: RemoteCall
    call_id: str

    def event(self, key: str) -> bytes:
        """Write it as the function's event."""
        call, errand = self.call, _text(self.call.to_json())
        digest = digest_of(f"{self.call_id} {errand}".encode())
        purpose = Purpose(call.agent, call.run_id, call.session_id, digest)
        told = {
            KIND: AGENT,
            "version": VERSION,
            "call": self.call_id,
            "token": signed(call.principal, purpose, key),
            "errand": errand,
        }
        return _text(told).encode()

    @classmethod
    def of(cls, event: Mapping[str, Any], key: str, used: UsedTokens) -> LambdaRequest:
        """Read a function's event, check who is asking, and use the token up.

        Raises:
            AccessDenied: Nobody vouches for the principal, or not for this once more.
            AgentUnreachable: Too many tokens are remembered.
            RuntimeFailure: It is of another version.
        """
        version = event.get("version")
        if version != VERSION:
            raise RuntimeFailure(
                "of no name",
                f"the caller speaks version {version} and the function {VERSION}. "
                "Deploy the same version of batuta to both.",
            )
        try:
            raw, call_id = json.loads(event["errand"]), str(event["call"])
            digest = digest_of(f"{call_id} {event['errand']}".encode())
            purpose = Purpose(raw["agent"], raw["run_id"], raw["session_id"], digest)
            who = verified(str(event.get("token", "")), purpose, key, used=used)
            return cls(call=RemoteCall.from_json(raw, who), call_id=call_id)
        except (KeyError, TypeError, ValueError) as error:
            raise RuntimeFailure("of no name", f"its call cannot be read: {error}") from error


@dataclass(frozen=True, kw_only=True, slots=True)
class LambdaReply:
    """What a function answers.

    Args:
        brought: What the agent brought; its events are those in ``events`` that are no text.
        events: All of them, streamed text too, in order.
        seen: What the ledger knew at the end.
        refused: Why the call was not taken; nothing was done then.
    """

    brought: RemoteResult = field(default_factory=RemoteResult)
    events: tuple[Event, ...] = ()
    seen: Counts = field(default_factory=Counts)
    refused: BatutaError | None = None

    def answer(self) -> dict[str, Any]:
        """Write it.

        Raises:
            TypeError: Something in the answer is not JSON-able.
            ValueError: It holds itself.
        """
        if self.refused is not None:
            return {KIND: "refused", "error": _text(error_to_json(self.refused))}
        raw = self.brought.to_json() | {"events": [_event(event) for event in self.events]}
        return {KIND: "brought", "seen": list(self.seen), "brought": _text(raw)}

    @classmethod
    def read(cls, body: bytes) -> LambdaReply:
        """Read an answer.

        Raises:
            ValueError: It is something else.
        """
        try:
            raw = json.loads(body)
            if raw[KIND] == "refused":
                return cls(refused=error_from_json(json.loads(raw["error"])))
            inner = json.loads(raw["brought"])
            events = tuple(Event.from_json(event) for event in inner["events"])
            inner["events"] = []
            return cls(
                brought=RemoteResult.from_json(inner), events=events, seen=Counts(*raw["seen"])
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no answer of an agent's: {error}") from error


def _event(event: Event) -> dict[str, Any]:
    """Write an event; very long data is not told."""
    if event.data is not None:
        text = json_text(event.data)
        left_out = f"{len(text)} bytes, too many to be sent" if len(text) > _MOST_DATA else ""
        event = event._replace(data={"left_out": left_out} if left_out else json.loads(text))
    return event.to_json()


def _text(value: Any) -> str:
    return json_text(value, compact=True)
