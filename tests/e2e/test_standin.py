"""The vendors' own SDKs, unmodified, talk to the stand-in over real sockets."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anthropic
import botocore.exceptions
import httpx
import httpx2
import openai
import pytest
import urllib3.exceptions
from pydantic import BaseModel

from batuta.core.model import Emit, ModelReply, ModelRequest, ignore
from batuta.errors import (
    ConfigError,
    ModelError,
    ModelRateLimited,
    ModelRefused,
    ModelReplyInvalid,
    ModelTimeout,
)
from batuta.offline import OfflineModel
from batuta.standin import StandIn, Wire, serve_standin, standin_in_thread
from batuta.testing.scripted import ScriptedModel, calls
from tests.contract.vendor_wire import check_openai_schema
from tests.e2e.vendor_clients import (
    BEDROCK,
    CLAUDE,
    GPT,
    INSTRUCTIONS,
    SLOT,
    TALKS,
    Desk,
    Talk,
    bedrock_client,
    claude_client,
    openai_client,
)
from tests.patience import client, scaled

pytestmark = pytest.mark.e2e
EVERY = pytest.mark.parametrize("talk", TALKS.values(), ids=TALKS)
BOTH = pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
HI: Any = [{"role": "user", "content": "hello there"}]
HI_BEDROCK: Any = [{"role": "user", "content": [{"text": "hello there"}]}]


@pytest.fixture
async def offline() -> AsyncIterator[StandIn]:
    async with serve_standin(OfflineModel()) as server:
        yield server


@BOTH
@EVERY
async def test_offline_model_books_through_the_vendors_client(
    talk: Talk, streamed: bool, offline: StandIn
) -> None:
    desk = Desk()
    said = await talk(offline, desk, streamed)

    assert desk.booked == [SLOT]
    assert [name for name, _ in desk.asked] == ["find_slots", "book_slot"]
    assert "BK0001" in said
    assert [seen.status for seen in offline.requests] == [200] * 3
    assert all(seen.ended == "whole" for seen in offline.requests)


@BOTH
@EVERY
async def test_two_calls_in_one_turn_come_back_in_order(talk: Talk, streamed: bool) -> None:
    days = [{"date": "2025-11-21"}, {"date": "2025-11-22"}]
    wish = calls(*(("find_slots", day) for day in days), text="One moment.")
    model = ScriptedModel([wish, "Both days are free."])
    desk = Desk()
    async with serve_standin(model) as server:
        said = await talk(server, desk, streamed)

    assert said == "Both days are free."
    assert desk.asked == [("find_slots", day) for day in days]
    *_, wished, first, second = model.requests[-1].messages
    assert wished.text == "One moment."
    assert [call.arguments for call in wished.tool_calls] == days
    assert [first.call_id, second.call_id] == [call.id for call in wished.tool_calls]
    assert "A-2025-11-21-15" in first.text
    assert "A-2025-11-22-15" in second.text


@BOTH
@EVERY
async def test_every_letter_survives_the_wire(talk: Talk, streamed: bool) -> None:
    odd = 'Zoë said "🎾 \u2028 \\n"\n\ttwice.'
    async with serve_standin(ScriptedModel([odd])) as server:
        assert await talk(server, Desk(), streamed) == odd


class Day(BaseModel):
    """What was said of the day."""

    date: str


ASK_DAY: Any = [
    {"role": "system", "content": f"{INSTRUCTIONS}\nExtract what the user said."},
    {"role": "user", "content": "a court on 21 November 2025"},
]


async def test_openai_parses_structured_output(offline: StandIn) -> None:
    async with openai_client(offline) as client:
        chat = await client.chat.completions.parse(model=GPT, messages=ASK_DAY, response_format=Day)
        made = await client.responses.parse(model=GPT, input=ASK_DAY, text_format=Day)
    assert chat.choices[0].message.parsed == Day(date="2025-11-21")
    assert made.output_parsed == Day(date="2025-11-21")


async def test_anthropic_parses_structured_output(offline: StandIn) -> None:
    async with claude_client(offline) as client:
        made = await client.messages.parse(
            model=CLAUDE,
            max_tokens=100,
            system=INSTRUCTIONS,
            messages=ASK_DAY[1:],
            output_format=Day,
        )
    assert made.parsed_output == Day(date="2025-11-21")


async def test_streams_of_the_sdks_own_helpers_are_whole() -> None:
    async with serve_standin(ScriptedModel(["Hello there."], repeat=True)) as server:
        async with openai_client(server) as client:
            chat = await client.chat.completions.create(
                model=GPT, messages=HI, stream=True, stream_options={"include_usage": True}
            )
            chunks = [chunk async for chunk in chat]
            events = [
                event async for event in await client.responses.create(
                    model=GPT, input="hi", stream=True
                )
            ]  # fmt: skip
        async with (
            claude_client(server) as claude,
            claude.messages.stream(model=CLAUDE, max_tokens=9, messages=HI) as stream,
        ):
            text = "".join([piece async for piece in stream.text_stream])
    assert chunks[-1].usage is not None
    assert events[-1].type == "response.completed"
    assert text == "Hello there."


@pytest.mark.parametrize(
    ("error", "openais", "anthropics", "bedrocks"),
    [
        (ModelRateLimited("m", 0.01), openai.RateLimitError, anthropic.RateLimitError,
         "ThrottlingException"),
        (ModelTimeout("m", 1), openai.APIStatusError, anthropic.APIStatusError,
         "ModelTimeoutException"),
        (ModelError("m", "is down"), openai.InternalServerError, anthropic.APIStatusError,
         "ServiceUnavailableException"),
        (ModelReplyInvalid("m", "is odd"), openai.InternalServerError,
         anthropic.InternalServerError, "ModelErrorException"),
        (ConfigError("No key", "Set it"), openai.AuthenticationError,
         anthropic.AuthenticationError, "UnrecognizedClientException"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)  # fmt: skip
async def test_errors_arrive_as_the_sdks_own(
    error: Exception, openais: Any, anthropics: Any, bedrocks: str
) -> None:
    async with serve_standin(ScriptedModel([error], repeat=True)) as server:
        async with openai_client(server, max_retries=0) as client:
            with pytest.raises(openais) as chat:
                await client.chat.completions.create(model=GPT, messages=HI)
            with pytest.raises(openais):
                await client.responses.create(model=GPT, input="hi", stream=True)
        async with claude_client(server, max_retries=0) as claude:
            with pytest.raises(anthropics) as message:
                await claude.messages.create(model=CLAUDE, max_tokens=9, messages=HI)
        bedrock = bedrock_client(server)
        with pytest.raises(botocore.exceptions.ClientError) as converse:
            await asyncio.to_thread(bedrock.converse, modelId=BEDROCK, messages=HI_BEDROCK)
        bedrock.close()
    assert str(error) in str(chat.value)
    assert str(error) in str(message.value)
    assert converse.value.response["Error"] == {"Code": bedrocks, "Message": str(error)}


async def test_a_refusal_arrives_in_the_vendors_own_words() -> None:
    model = ScriptedModel([ModelRefused("m", "I may not.")], repeat=True)
    async with serve_standin(model) as server:
        async with openai_client(server) as client:
            chat = await client.chat.completions.create(model=GPT, messages=HI)
            made: Any = await client.responses.create(model=GPT, input="hi")
        async with claude_client(server) as claude:
            message = await claude.messages.create(model=CLAUDE, max_tokens=9, messages=HI)
        bedrock = bedrock_client(server)
        converse = await asyncio.to_thread(bedrock.converse, modelId=BEDROCK, messages=HI_BEDROCK)
        bedrock.close()
    assert chat.choices[0].message.refusal == "I may not."
    assert made.output[0].content[0].refusal == "I may not."
    assert message.stop_reason == "refusal"
    assert converse["stopReason"] == "content_filtered"


async def test_sdks_retry_what_the_vendors_say_to_retry() -> None:
    lines = [ModelRateLimited("m", 0.01), ModelError("m", "is down"), "Hello."]
    async with serve_standin(ScriptedModel(lines, repeat=True)) as server:
        async with openai_client(server, max_retries=2) as client:
            chat = await client.chat.completions.create(model=GPT, messages=HI)
        async with claude_client(server, max_retries=2) as claude:
            message: Any = await claude.messages.create(model=CLAUDE, max_tokens=9, messages=HI)
    assert chat.choices[0].message.content == message.content[0].text == "Hello."
    assert [seen.status for seen in server.requests] == [429, 503, 200, 429, 529, 200]


async def test_a_line_cut_in_a_stream_raises_in_every_sdk() -> None:
    async with serve_standin(OfflineModel(), Wire(cut_after_events=3)) as server:
        async with openai_client(server, max_retries=0) as client:
            with pytest.raises(openai.APIConnectionError):
                async for _ in await client.chat.completions.create(
                    model=GPT, messages=HI, stream=True
                ):
                    pass
        async with claude_client(server, max_retries=0) as claude:
            with pytest.raises(httpx2.RemoteProtocolError):
                async with claude.messages.stream(
                    model=CLAUDE, max_tokens=9, messages=HI
                ) as stream:
                    await stream.get_final_message()
        bedrock = bedrock_client(server)
        reply = await asyncio.to_thread(
            bedrock.converse_stream, modelId=BEDROCK, messages=HI_BEDROCK
        )
        with pytest.raises(urllib3.exceptions.ProtocolError):
            await asyncio.to_thread(list, reply["stream"])
        reply["stream"].close()
        bedrock.close()


def test_an_exception_in_bedrocks_stream_is_raised_while_reading() -> None:
    class Breaking:
        name = "scripted:breaking"

        async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
            emit("One ")
            await asyncio.sleep(0)
            raise ModelRateLimited("m")

    with standin_in_thread(Breaking()) as server:
        client = bedrock_client(server)
        stream = client.converse_stream(modelId=BEDROCK, messages=HI_BEDROCK)["stream"]
        events = iter(stream)
        assert "messageStart" in next(events)
        with pytest.raises(botocore.exceptions.EventStreamError, match="throttlingException"):
            list(events)
        stream.close()
        client.close()


async def test_models_are_listed_for_both_vendors(offline: StandIn) -> None:
    async with openai_client(offline) as client, claude_client(offline) as claude:
        ours = [model.id async for model in client.models.list()]
        theirs = [model.id async for model in claude.models.list()]
        one = await client.models.retrieve(GPT)
        other = await claude.models.retrieve(CLAUDE)
    assert ours == theirs == ["offline:rules"]
    assert (one.id, other.id) == (GPT, CLAUDE)
    assert "stand-in" in one.owned_by
    assert "stand-in" in other.display_name


async def test_bytes_of_openais_formats_fit_the_published_schemas(offline: StandIn) -> None:
    body = {"model": GPT, "messages": HI}
    path = f"{offline.openai_url}/chat/completions"
    async with client() as http:
        whole = await http.post(path, json=body)
        counted = {"stream": True, "stream_options": {"include_usage": True}}
        streamed = await http.post(path, json={**body, **counted})
        models = await http.get(f"{offline.openai_url}/models")
        wrong = await http.post(path, json={})
    lines = [line.removeprefix("data: ") for line in streamed.text.split("\n\n")]
    assert lines[-2:] == ["[DONE]", ""]
    for line in lines[:-2]:
        check_openai_schema(
            "CreateChatCompletionStreamResponse", httpx.Response(200, text=line).json()
        )
    check_openai_schema("CreateChatCompletionResponse", whole.json())
    check_openai_schema("ListModelsResponse", models.json())
    check_openai_schema("ErrorResponse", wrong.json())


async def test_a_key_of_a_real_looking_client_is_checked() -> None:
    async with serve_standin(OfflineModel(), Wire(key="right")) as server:
        async with openai_client(server, max_retries=0) as client:
            with pytest.raises(openai.AuthenticationError):
                await client.chat.completions.create(model=GPT, messages=HI)
            right = client.with_options(api_key="right")
            assert (await right.chat.completions.create(model=GPT, messages=HI)).choices
        async with claude_client(server, max_retries=0) as claude:
            with pytest.raises(anthropic.AuthenticationError):
                await claude.messages.create(model=CLAUDE, max_tokens=9, messages=HI)


STANDIN = "from batuta.cli import main; main()"
MINE = """
from batuta import ScriptedModel
from batuta.testing.faulty import Fault, FaultyModel, Inject

once = Inject(fault=Fault.REFUSAL, calls=(1,))
mine = FaultyModel(ScriptedModel(["Hello there."], repeat=True), [once])
odd = 3
"""


@pytest.mark.parametrize(
    ("words", "name", "said_first"),
    [
        ((), "offline:rules", ""),
        (("--object", "mine:mine"), "scripted:lines", "I am sorry, I cannot help with that."),
    ],
)
def test_command_serves_until_told_to_stop(
    tmp_path: Path, words: tuple[str, ...], name: str, said_first: str
) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    command = [sys.executable, "-c", STANDIN, "standin", "--port", "0", *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        first = process.stdout.readline()
        assert f"Stand-in, no real vendor: {name}" in first
        url = next(word for word in first.split() if word.startswith("http://"))
        with openai.OpenAI(base_url=f"{url}/v1", api_key="made-up") as client:
            made = client.chat.completions.create(model=GPT, messages=HI)
        said = made.choices[0].message
        assert said_first in (said.content or said.refusal or "")
        assert said.content or said.refusal
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=scaled(30))
    assert (process.returncode, said) == (0, "")


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("mine:odd", "is int, not a Model"),
        ("mine:none", "There is no model object"),
        ("nowhere:x", "There is no model object"),
        (":x", "There is no model object"),
    ],
)
def test_an_object_that_is_no_model_is_refused(tmp_path: Path, named: str, why: str) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    command = [sys.executable, "-c", STANDIN, "standin", "--port", "0", "--object", named]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=scaled(60)
    )
    assert done.returncode == 3
    assert why in done.stderr
