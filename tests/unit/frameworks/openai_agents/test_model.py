"""The SDK's model interface, used as somebody's own SDK agent would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from agents import Agent as SdkAgent
from agents import ModelSettings, RunConfig, Runner
from pydantic import BaseModel

from batuta.core.agent import FunctionAgent
from batuta.core.message import Message
from batuta.core.model import ModelReply
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.trace import Event
from batuta.errors import ConfigError, install_command
from batuta.frameworks.driving import Driving
from batuta.frameworks.openai_agents.loop import OpenAIAgentsLoop
from batuta.frameworks.openai_agents.model import RunModel
from batuta.parts.loop import LoopSpec
from tests.contract.loops import USED, Driven, Scripted, ask, text
from tests.patience import scaled

UNTRACED = RunConfig(tracing_disabled=True)


class Court(BaseModel):
    name: str


async def through_sdk(model: Scripted, work: Any) -> Message:
    async def answer(message: Message, run: Run) -> Message:
        spec = LoopSpec(name="own", instructions=Message.system(""), model=model)
        return Message.assistant(str(await work(RunModel(Driving(spec, [message], run)))))

    record = await ask(FunctionAgent(name="own", answer=answer))  # type: ignore[arg-type]
    assert record.raised().reply is not None
    return record.reply  # type: ignore[return-value]


async def test_a_structured_output_is_asked_for_and_read():
    model = Scripted([ModelReply(output={"name": "A"}, usage=USED)])

    async def work(made: RunModel) -> str:
        settings = ModelSettings(max_tokens=7, temperature=0.5)
        own = SdkAgent(name="own", model=made, model_settings=settings, output_type=Court)
        ended = await Runner.run(own, "Which?", run_config=UNTRACED)
        return ended.final_output.name

    assert (await through_sdk(model, work)).text == "A"
    request = model.requests[0]
    assert request.output is not None
    assert request.output.schema["properties"]["name"]["type"] == "string"
    assert (request.max_output_tokens, request.temperature) == (7, 0.5)
    assert [(m.role, m.text) for m in request.messages] == [("user", "Which?")]


async def test_the_sdks_stream_ends_with_the_same_reply():
    async def work(made: RunModel) -> str:
        own = SdkAgent(name="own", model=made)
        streamed = Runner.run_streamed(own, "Hi.", run_config=UNTRACED)
        async for _ in streamed.stream_events():
            pass
        used = streamed.context_wrapper.usage
        assert (used.total_tokens, used.input_tokens_details.cached_tokens) == (15, 4)
        assert used.input_tokens_details.cache_write_tokens == 3
        assert used.output_tokens_details.reasoning_tokens == 2
        return streamed.final_output

    assert (await through_sdk(Scripted([text("Hello.")]), work)).text == "Hello."


async def test_text_is_streamed_to_the_runs_listener():
    heard: list[Event] = []
    await ask(Driven(model=Scripted([text("Hello.")])), options=RunOptions(listener=heard.append))
    assert [e.data for e in heard if e.kind == "text"] == [{"text": "Hello."}]


async def test_without_the_sdk_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    for name in [n for n in sys.modules if n.startswith("batuta.frameworks.openai_agents.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "agents", None)
    with pytest.raises(ConfigError, match=re.escape(install_command("agents"))):
        await OpenAIAgentsLoop().drive(None, [], None)  # type: ignore[arg-type]


ALONE = """
import asyncio, sys, threading
import batuta.frameworks.openai_agents
assert "agents" not in sys.modules, "imported too early"
from tests.contract.loops import Driven, Scripted, ask, call, text, wish
agent = Driven(model=Scripted([wish(call("fly")), text("Done.")]))
print(asyncio.run(ask(agent)).raised().text)
from agents.tracing import get_current_trace, get_trace_provider
assert get_current_trace() is None
assert not get_trace_provider()._disabled, "tracing was switched off for the whole process"
print([t.name for t in threading.enumerate()])
"""


def test_alone_it_needs_no_key_warns_of_nothing_and_leaves_the_sdk_as_it_was():
    names = ("OPENAI_API_KEY", "OPENAI_AGENTS_DISABLE_TRACING")
    bare = {k: v for k, v in os.environ.items() if k not in names}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE],
        capture_output=True,
        text=True,
        env=bare,
        check=False,
        timeout=scaled(100),
        cwd=Path(__file__).parents[4],
    )
    assert (done.stdout, done.stderr, done.returncode) == ("Done.\n['MainThread']\n", "", 0)
