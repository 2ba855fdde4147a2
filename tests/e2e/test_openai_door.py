"""OpenAI's API over a real socket, with OpenAI's own clients, under every style."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI

from tests.e2e.http_server import NOW, Server, bookings, key_of, polled, serving, users_file
from tests.patience import LONG_S, scaled

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

STYLES = ("a", "b", "d", "e", "f", "h", "front-desk")
TOOLS = [
    {"type": "function", "function": {"name": f"tool_{n}", "parameters": {"type": "object"}}}
    for n in range(28)
]
CHAT = "\n### Chat History:\nUSER: Book a court tomorrow at 3pm\nASSISTANT: Which court?"
TASKS = {
    "title": '### Task:\nGenerate a concise title.\nJSON format: { "title": "…" }' + CHAT,
    "tags": '### Task:\nGenerate 1-3 tags.\nJSON format: { "tags": ["tag1"] }' + CHAT,
    "follow_ups": '### Task:\nPredict useful messages.\n{ "follow_ups": ["…"] }' + CHAT,
}


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("club")
    seed = users_file(home, *(f"user-{style}" for style in STYLES), "chain", "agent")
    with serving(home, {"seed": seed, "requests_per_minute": 0}) as one:
        yield one


@asynccontextmanager
async def asking_as(club: Server, who: str) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(
        base_url=f"{club.address}/v1",
        api_key=f"key-{who}",
        max_retries=0,
        default_headers=NOW,
        timeout=scaled(LONG_S),
    ) as client:
        yield client


@pytest.mark.parametrize("style", STYLES)
async def test_front_end_books_once_whatever_its_page_does(club: Server, style: str) -> None:
    """A question, its tasks, the same again, an edit, and the turns that book; 28 tools each."""
    who = f"user-{style}"

    async def turn(client: AsyncOpenAI, *texts: str, stream: bool = False) -> str:
        roles = ("user", "assistant")
        talk: Any = [{"role": roles[at % 2], "content": text} for at, text in enumerate(texts)]
        more: Any = {"model": f"batuta-{style}", "messages": talk, "tools": TOOLS}
        if not stream:
            answer = await client.chat.completions.create(**more)
            return answer.choices[0].message.content or ""
        chunks = await client.chat.completions.create(**more, stream=True)
        return "".join([c.choices[0].delta.content or "" async for c in chunks])

    async with asking_as(club, who) as client:
        hour = f"{9 + STYLES.index(style)}:00"
        asked = f"Is a court free tomorrow at {hour}?"
        await turn(client, asked, stream=True)
        again = await turn(client, asked)
        for name, task in TASKS.items():
            assert name in json.loads(await turn(client, task))
        book = f"Book court B tomorrow at {hour}, please"
        talk = [book, await turn(client, book)]
        if not mine(club, who):
            talk += ["yes, court B", await turn(client, *talk, "yes, court B")]
        last = await turn(client, *talk[:-1])
        async with club.client(headers=key_of(who)) as http:
            listed = (await http.get("/sessions")).json()["sessions"]
            said = [await read(http, each["session_id"]) for each in listed]

    assert again
    if style != "front-desk":
        assert len(mine(club, who)) == 1, talk
        assert last == talk[-1]
    assert all("### Task" not in text for texts in said for text in texts)
    assert talk[0] in said[0]


def mine(club: Server, who: str) -> list[str]:
    return [slot for slot, member in bookings(club.home) if member == who]


async def read(http: Any, session_id: str) -> list[str]:
    found = (await http.get(f"/sessions/{session_id}")).json()
    return [message["text"] for message in found["messages"] if message["role"] == "user"]


async def test_intake_goes_on_over_chained_responses(club: Server) -> None:
    async with asking_as(club, "chain") as client:
        first = await client.responses.create(model="batuta-a", input="Book court C at 11am")
        second = await client.responses.create(
            model="batuta-a", input="tomorrow", previous_response_id=first.id
        )
        third = await client.responses.create(
            model="batuta-a", input="yes", previous_response_id=second.id
        )

    assert mine(club, "chain") == ["2019-03-02T11:00/C"], (
        first.output_text, second.output_text, third.output_text,
    )  # fmt: skip


@pytest.mark.parametrize("api", ["chat", "responses"])
async def test_agents_sdk_has_a_style_as_its_model(club: Server, api: str) -> None:
    from agents import (
        Agent,
        OpenAIChatCompletionsModel,
        OpenAIConversationsSession,
        OpenAIResponsesModel,
        RunConfig,
        Runner,
    )

    kind = OpenAIChatCompletionsModel if api == "chat" else OpenAIResponsesModel
    quiet = RunConfig(tracing_disabled=True)
    async with asking_as(club, "agent") as client:
        session: Any = None
        agent = Agent(name="a", instructions="be kind", model=kind("batuta-d", client))
        if api == "responses":
            session = OpenAIConversationsSession(openai_client=client)
        first = await Runner.run(
            agent, "Is a court free tomorrow at noon?", session=session, run_config=quiet
        )
        streamed = Runner.run_streamed(agent, "and at 1pm?", session=session, run_config=quiet)
        kinds = [event.type async for event in streamed.stream_events()]

    assert "12:00" in first.final_output
    assert "raw_response_event" in kinds
    assert streamed.final_output


@pytest.mark.parametrize("stream", [False, True])
async def test_client_that_leaves_ends_its_run(tmp_path: Path, stream: bool) -> None:
    with serving(tmp_path, {}, app_name="tests.e2e.slow_app:app") as server:
        talk = [{"role": "user", "content": "go"}]
        asked = {"model": "batuta-d", "messages": talk, "stream": stream}
        async with server.client() as http:
            leaving = asyncio.ensure_future(http.post("/v1/chat/completions", json=asked))

            async def on() -> Any:
                runs = (await http.get("/runs")).json()["runs"]
                return runs and runs[0]["status"] == "running" and runs[0]

            run = await polled(on)
            leaving.cancel()

            async def ended() -> Any:
                found = (await http.get(f"/runs/{run['run_id']}")).json()
                return found["status"] == "ended" and found

            record = await polled(ended)
    assert record["stop_reason"] == "cancelled"
    assert not record["effects"]
