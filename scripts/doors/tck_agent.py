"""The agent that A2A's TCK asks for, as an App of ours behind the A2A door: tck_agent.py PORT.

The TCK says by the id of a message what the agent shall do; so here, and only here, the id is what
the App is told. All else is the door as it is.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from batuta import App, FunctionAgent, Message, Run
from batuta.core.replacement import replace
from batuta.errors import InvalidInput
from batuta.serve.a2a import agent as door_agent
from batuta.serve.a2a.executor import StyleExecutor
from batuta.serve.doors import mounts_of
from batuta.serve.http.app import create_app
from batuta.settings import Settings
from batuta.wiring import Assistants

if TYPE_CHECKING:
    from a2a.server.agent_execution import RequestContext

    from batuta.assistant import Ask

_TEXTS = {
    "tck-artifact-text": "Generated text content",
    "tck-message-response": "Direct message response",
    "tck-input-required": "What shall be done?",
    "tck-stream-artifact-text": "Streamed text content",
    "tck-stream-artifact-chunked": "chunk-1 chunk-2",
    "tck-stream-ordering-001": "Ordered output",
    "tck-stream-001": "Stream hello from TCK",
    "tck-stream-003": "Stream task lifecycle",
    "tck-complete-task": "Hello from TCK",
}
_FILES = {  # the longer names first: one begins with the other
    "tck-artifact-file-url": {"url": "https://example.com/output.txt"},
    "tck-artifact-file": {"raw": "dGNr"},
    "tck-stream-artifact-file": {"raw": "dGNr"},
}
_RESUBSCRIBED = "test-resubscribe-message-id"
_LONG_S = 4.0


class ById(StyleExecutor):
    """Lets the App hear the id of a message in the place of its words."""

    async def _ask(self, text: str, shown: object, context: RequestContext) -> Ask:
        asked = await super()._ask(text, shown, context)  # pyright: ignore[reportArgumentType]
        return replace(asked, text=context.message.message_id if context.message else text)


async def behave(message: Message, _: Run) -> Message:
    """Do what the id wants."""
    wanted = message.text
    if wanted.startswith("tck-reject-task"):
        raise InvalidInput("rejected", "Send something else.")
    if wanted.startswith(_RESUBSCRIBED):
        await asyncio.sleep(_LONG_S)
    if wanted.startswith("tck-artifact-data"):
        return Message.assistant("", {"key": "value", "count": 42})
    for start, file in _FILES.items():
        if wanted.startswith(start):
            parts = [{**file, "filename": "output.txt", "mediaType": "text/plain"}]
            return replace(Message.assistant(""), metadata={"a2a_parts": parts})
    said = next((text for start, text in _TEXTS.items() if wanted.startswith(start)), "Done.")
    return Message.assistant(said)


TCK = App(
    name="tck",
    instructions="Do what the TCK asks for.",
    tools=[],
    compositions={"tck": [FunctionAgent(name="tck", answer=behave)]},
)


async def main(port: int) -> None:
    """Serve until told to stop; gRPC is at the port after."""
    door_agent.StyleExecutor = ById
    with tempfile.TemporaryDirectory() as home:
        grpc_at = f"127.0.0.1:{port + 1}"
        settings = Settings(home=Path(home), a2a_grpc=grpc_at, requests_per_minute=0)
        app = create_app(Assistants(TCK, settings), style="tck", mounts=mounts_of("a2a"))
        config = uvicorn.Config(app, port=port, log_level="warning", access_log=False)
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
