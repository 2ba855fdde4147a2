"""Somebody else's A2A agent as an agent here: a member of any composition, its failures ours.

Source: A2A protocol 1.0, https://a2a-protocol.org, read 2026-11.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batuta.core.message import Message
from batuta.core.replacement import replace
from batuta.errors import AgentFailed, AgentUnreachable, EmptyAnswer, missing_extra

if TYPE_CHECKING:
    from a2a.client import Client
    from a2a.types.a2a_pb2 import Part, StreamResponse

    from batuta.core.run import Run

_CANCEL_S = 2.0
_HASHED = 32
_PARTS = "a2a_parts"
_MOST_BESIDE = 48_000
"""What is longer would be cut where it is kept."""


@dataclass(frozen=True, kw_only=True)
class A2AAgent:
    """An agent that is called by A2A.

    A conversation here is one context there; a question back is answered in the task that asked it.
    What it used and cost there is not known here.

    Args:
        url: Where its card is, without the well-known path.
        headers: Sent with each request, such as a key.
        timeout_s: Longest silence.
    """

    name: str
    url: str
    role: str = "answers from elsewhere, by A2A"
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    timeout_s: float = 60.0

    async def execute(self, message: Message, run: Run) -> Message:
        """Send the message, and wait for the task to end or to ask back.

        Raises:
            AgentUnreachable: It does not answer.
            AgentFailed: Its task failed, or was rejected or cancelled there.
            EmptyAnswer: Its task has no text.
        """
        _check_library()
        job = run.job
        open_task = f"a2a.{self.name}"
        place = job.idempotency_prefix or job.run_id
        sent = _Sent(
            message_id=_hashed(place, run.path),
            context_id=_hashed(job.session.id, self.name),
            task_id=str(run.state().get(open_task, "")),
            text=message.text,
        )
        made = await self._asked(sent)
        if made.asks:
            run.state()[open_task] = made.task_id
        else:
            run.state().pop(open_task, None)
        if not made.text.strip() and not made.beside:
            raise EmptyAnswer(self.name)
        said = Message.assistant(made.text)
        return replace(said, metadata={_PARTS: made.beside}) if made.beside else said

    async def _asked(self, sent: _Sent) -> _Task:
        import httpx
        from a2a.utils.errors import A2AError

        made = _Task(agent=self.name)
        try:
            async with self._client() as client:
                try:
                    async for event in client.send_message(sent.request()):
                        made.take(event)
                except asyncio.CancelledError:
                    await made.cancel(client)
                    raise
        except (A2AError, httpx.HTTPError, OSError) as error:
            raise AgentUnreachable(self.name, f"did not answer by A2A: {error}") from error
        return made.ended()

    @asynccontextmanager
    async def _client(self) -> AsyncGenerator[Client]:
        import httpx
        from a2a.client import ClientConfig, create_client

        limits = httpx.Timeout(self.timeout_s)
        async with httpx.AsyncClient(timeout=limits, headers=dict(self.headers)) as http:
            config = ClientConfig(
                httpx_client=http, supported_protocol_bindings=["JSONRPC", "HTTP+JSON"]
            )
            client = await create_client(self.url, config)
            try:
                yield client
            finally:
                await client.close()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sent:
    message_id: str
    context_id: str
    task_id: str
    text: str

    def request(self) -> Any:
        from a2a.types.a2a_pb2 import Message as Said
        from a2a.types.a2a_pb2 import Part, Role, SendMessageRequest

        said = Said(
            message_id=self.message_id,
            context_id=self.context_id,
            task_id=self.task_id,
            role=Role.ROLE_USER,
            parts=[Part(text=self.text)],
        )
        return SendMessageRequest(message=said)


@dataclass(kw_only=True, slots=True)
class _Task:
    """What the events of a task come to."""

    agent: str
    task_id: str = ""
    state: str = ""
    told: str = ""
    artifacts: list[str] = field(default_factory=list[str])
    beside: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    asks: bool = False

    def take(self, event: StreamResponse) -> None:
        from a2a.types.a2a_pb2 import TaskState

        kind = event.WhichOneof("payload")
        if kind == "message":
            self.state, self.told = "TASK_STATE_COMPLETED", _texts(event.message.parts)
            return
        if kind == "artifact_update":
            parts = event.artifact_update.artifact.parts
            self.artifacts.append(_texts(parts))
            self.beside += _others(parts)
            return
        if kind == "task":
            self.task_id, status = event.task.id, event.task.status
            self.artifacts = [_texts(each.parts) for each in event.task.artifacts]
            self.beside = [part for each in event.task.artifacts for part in _others(each.parts)]
        else:
            self.task_id, status = event.status_update.task_id, event.status_update.status
        self.state = TaskState.Name(status.state)
        self.told = _texts(status.message.parts)

    def ended(self) -> _Task:
        """Give it once it has ended or asks back; its text is that of its artifacts, if any.

        Raises:
            AgentFailed: It ended otherwise.
            AgentUnreachable: Its events broke off.
        """
        state = self.state.removeprefix("TASK_STATE_").lower()
        if state == "completed":
            self.told = "\n".join(filter(None, self.artifacts)) or self.told
        elif state in ("input_required", "auth_required"):
            self.asks = True
        elif state in ("failed", "rejected", "canceled"):
            raise AgentFailed(self.agent, f"its task was {state} there: {self.told}".rstrip(": "))
        else:
            raise AgentUnreachable(self.agent, "its task broke off before it had ended")
        return self

    @property
    def text(self) -> str:
        return self.told

    async def cancel(self, client: Client) -> None:
        """Let it be cancelled there too, as far as it hears of that in time."""
        from a2a.types.a2a_pb2 import CancelTaskRequest
        from a2a.utils.errors import A2AError

        if not self.task_id:
            return
        with suppress(A2AError, TimeoutError, OSError):
            async with asyncio.timeout(_CANCEL_S):
                await client.cancel_task(CancelTaskRequest(id=self.task_id))


def _texts(parts: Any) -> str:
    return "\n".join(part.text for part in parts if part.HasField("text"))


def _others(parts: Any) -> list[dict[str, Any]]:
    """Give the files of an artifact, as the protocol's JSON, but for those that are large."""
    from google.protobuf.json_format import MessageToDict

    files = [part for part in parts if part.HasField("url") or part.HasField("raw")]
    return [MessageToDict(part) for part in files if part.ByteSize() <= _MOST_BESIDE]


def parts_of(reply: Message) -> list[Part]:
    """Give the files beside a reply, which another A2A agent gave or an App put there.

    Their JSON stands in its metadata under ``a2a_parts``; what is no part is left out.
    """
    from a2a.types.a2a_pb2 import Part
    from google.protobuf.json_format import ParseDict, ParseError

    made: list[Part] = []
    for each in reply.metadata.get(_PARTS, ()):
        with suppress(ParseError):
            made.append(ParseDict(each, Part()))
    return made


def _hashed(*told: str) -> str:
    return hashlib.sha256("\x1f".join(told).encode("utf-8", "replace")).hexdigest()[:_HASHED]


def _check_library() -> None:
    from importlib.util import find_spec

    if find_spec("a2a") is None:
        raise missing_extra("Agents elsewhere by A2A need a2a-sdk", "a2a")
