from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitResult

from batuta import McpServer
from batuta.app import App
from batuta.core.model import ModelReply
from batuta.core.tool import tool
from batuta.errors import ConfigError, ModelRefused
from batuta.serve.doors import mounts_of
from batuta.settings import Settings
from batuta.testing.scripted import ScriptedModel
from batuta.wiring import Assistants
from tests.patience import LONG_S, scaled
from tests.unit.serve.http.house import House
from tests.unit.serve.mcp.house import MODES, client, code_of, keys_file, served, text_of

each_revision = pytest.mark.parametrize("mode", MODES)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path, keys=keys_file(tmp_path, "ana", "bob"))


@pytest.fixture
async def address(house: House) -> AsyncIterator[str]:
    async with served(house.assistants) as where:
        yield where


@each_revision
async def test_styles_and_tools_are_offered_with_their_shapes_and_effects(
    address: str, mode: str
) -> None:
    async with client(address, mode, "ana") as one:
        listed = {each.name: each for each in (await one.list_tools()).tools}
        assert one.protocol_version == {"auto": "2026-07-28", "legacy": "2025-11-25"}[mode]

    assert [*listed] == ["ask_d", "ask_e", "ask_h", "note"]
    ask, note = listed["ask_d"], listed["note"]
    assert {*ask.input_schema["properties"]} == {"message", "session_id"}
    assert ask.output_schema is not None
    assert {"reply", "session_id", "run_id", "usage"} <= {*ask.output_schema["properties"]}
    assert [*note.input_schema["properties"]] == ["text"]
    for each in (ask, note):
        assert each.annotations is not None
        assert each.annotations.read_only_hint is False
        assert each.annotations.destructive_hint is True


@each_revision
async def test_a_conversation_goes_on_by_its_id_and_is_nobody_elses(
    address: str, mode: str, house: House
) -> None:
    told: list[str | None] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append(message)

    async with client(address, mode, "ana") as ana:
        first = await ana.call_tool("ask_d", {"message": "hello"}, progress_callback=hear)
        body = first.structured_content
        assert text_of(first) == body["reply"] == "You said: hello"
        assert body["session_id"] in text_of(first, 1)
        again = {"message": "more", "session_id": body["session_id"]}
        assert not (await ana.call_tool("ask_d", again)).is_error
        assert told == ["agent function_calling", "model parrot:1"]
    async with client(address, mode, "bob") as bob:
        assert code_of(await bob.call_tool("ask_d", again)) == "session_not_found"

    said = [message.text for message in house.parrot.asked[1].messages]
    assert said[-3:] == ["hello", "You said: hello", "more"]


@each_revision
async def test_a_tool_acts_for_whoever_asks_and_once_for_a_key(
    address: str, mode: str, house: House
) -> None:
    meta: Any = {"batuta/idempotencyKey": "k1"}
    async with client(address, mode, "ana") as ana, client(address, mode, "bob") as bob:
        for _ in range(2):
            assert text_of(await ana.call_tool("note", {"text": "hi"}, meta=meta)) == "noted hi"
        await bob.call_tool("note", {"text": "hi"}, meta=meta)
        records = await house.assistants.records.list("ana")
        wrong = await ana.call_tool("note", {"text": 3})
        other = await ana.call_tool("note", {"text": "x", "principal": "bob"})

    assert len(house.notes) == 2
    assert len({key for _, key in house.notes}) == 2
    assert [(r.style, r.effects[0].tool) for r in records] == [("tools", "note")] * 2
    assert code_of(wrong) == code_of(other) == "tool_retry"


@each_revision
async def test_runs_go_on_with_the_trace_of_their_call(
    address: str, mode: str, house: House
) -> None:
    came = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    meta: Any = {"traceparent": came}
    async with client(address, mode, "ana") as ana:
        await ana.call_tool("ask_d", {"message": "hello"}, meta=meta)
        await ana.call_tool("note", {"text": "hi"}, meta=meta)
        await ana.call_tool("note", {"text": "hi"}, meta={"traceparent": "nonsense"})
        records = await house.assistants.records.list("ana")

    assert [record.traceparent for record in records] == ["", came, came]


@each_revision
async def test_the_same_key_gives_the_same_answer_without_running_again(
    address: str, mode: str, house: House
) -> None:
    meta: Any = {"batuta/idempotencyKey": "k1"}
    async with client(address, mode, "ana") as ana:
        first, second = [
            await ana.call_tool("ask_d", {"message": "note tea"}, meta=meta) for _ in range(2)
        ]
        other = await ana.call_tool("ask_d", {"message": "note milk"}, meta=meta)
        odd: Any = {"batuta/idempotencyKey": 3}
        bad = await ana.call_tool("ask_d", {"message": "x"}, meta=odd)

    assert first.structured_content["run_id"] == second.structured_content["run_id"]
    assert [effect["tool"] for effect in first.structured_content["effects"]] == ["note"]
    assert code_of(other) == "idempotency_key_reused"
    assert code_of(bad) == "invalid_input"
    assert len(house.notes) == 1


@each_revision
async def test_what_goes_wrong_is_an_error_with_its_code(
    address: str, mode: str, house: House
) -> None:
    async with client(address, mode, "ana") as ana:
        assert code_of(await ana.call_tool("ask_d", {"message": " "})) == "invalid_input"
        strange = await ana.call_tool("ask_d", {"message": "x", "user": "bob"})
        assert strange.is_error
        assert "user: " in text_of(strange)
        unknown = await ana.call_tool("ask_z", {"message": "x"})
        assert unknown.is_error
        assert text_of(unknown) == "There is no tool ask_z. See tools/list."
        with pytest.raises(MCPError, match="no such page"):
            await ana.read_resource("batuta://styles/z")
        house.parrot.failing = ModelRefused("parrot:1")
        failed = await ana.call_tool("ask_d", {"message": "x"})

    assert code_of(failed) == "model_refused"
    assert failed.meta is not None
    assert failed.meta["batuta/problem"]["session_id"] in text_of(failed, 1)


@each_revision
async def test_pages_on_the_styles_are_resources(address: str, mode: str) -> None:
    async with client(address, mode, "ana") as ana:
        uris = [str(each.uri) for each in (await ana.list_resources()).resources]
        page: Any = (await ana.read_resource("batuta://styles/d")).contents[0]

    assert uris == ["batuta://styles", *(f"batuta://styles/{key}" for key in "deh")]
    assert "**Decides:** the model suggests, your code runs the loop." in page.text


async def test_who_asks_must_say_so_and_may_not_ask_without_end(tmp_path: Path) -> None:
    house = House(tmp_path, keys=keys_file(tmp_path, "ana"), requests_per_minute=4)
    async with served(house.assistants) as address, httpx2.AsyncClient(base_url=address) as web:
        nobody = await web.post("/mcp", json={})
        wrong = await web.post("/mcp", json={}, headers={"authorization": "Bearer x"})
        web.headers["authorization"] = "Bearer key-ana"
        stream, large = await web.get("/mcp"), await web.post("/mcp", content=b"x" * 70_000)
        for _ in range(2):
            await web.post("/mcp", json={})
        late = await web.post("/mcp", json={})

    assert (nobody.status_code, wrong.status_code) == (401, 401)
    assert nobody.headers["www-authenticate"].startswith("Bearer")
    assert (stream.status_code, stream.headers["allow"]) == (405, "POST")
    assert large.status_code == 413
    assert (late.status_code, late.json()["code"]) == (429, "limit_reached")


async def test_pages_of_other_sites_are_kept_out_where_there_are_no_keys(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with served(house.assistants) as address, httpx2.AsyncClient(base_url=address) as web:
        for header in ({"host": "evil.example"}, {"origin": "http://evil.example"}):
            assert (await web.post("/mcp", json={}, headers=header)).status_code == 403


@each_revision
@pytest.mark.parametrize("rule", ["cancel", "detach"])
async def test_a_client_that_leaves_ends_its_run_where_the_setting_says_so(
    tmp_path: Path, mode: str, rule: str
) -> None:
    house = House(tmp_path, keys=keys_file(tmp_path, "ana"), on_disconnect=rule)
    house.parrot.go_on.clear()
    kept = house.assistants.records
    async with served(house.assistants) as address:
        async with client(address, mode, "ana") as ana:
            asking = asyncio.create_task(ana.call_tool("ask_d", {"message": "note tea"}))
            async with asyncio.timeout(scaled(LONG_S)):
                while not house.parrot.asked:  # noqa: ASYNC110 - the door works in this loop
                    await asyncio.sleep(0.01)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
        if rule == "detach":
            house.parrot.go_on.set()
        async with asyncio.timeout(scaled(LONG_S)):
            while not (records := await kept.list("ana")):  # noqa: ASYNC110 - it is being kept
                await asyncio.sleep(0.01)
        house.parrot.go_on.set()

    assert records[0].stop_reason == ("done" if rule == "detach" else "cancelled")
    assert len(house.notes) == (rule == "detach")


@each_revision
async def test_a_tool_that_is_cut_leaves_its_record(tmp_path: Path, mode: str) -> None:
    begun = asyncio.Event()

    @tool
    async def wait() -> str:
        """Wait without end."""
        begun.set()
        await asyncio.Event().wait()
        return ""

    made = App(name="slow", instructions="", tools=[wait], models={"default": ScriptedModel([])})
    house = Assistants(made, Settings(home=tmp_path))
    async with served(house) as address:
        async with client(address, mode) as one:
            asking = asyncio.create_task(one.call_tool("wait", {}))
            await asyncio.wait_for(begun.wait(), scaled(LONG_S))
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
        async with asyncio.timeout(scaled(LONG_S)):
            while not (records := await house.records.list("local")):  # noqa: ASYNC110 - kept soon
                await asyncio.sleep(0.01)

    assert [(each.style, each.stop_reason) for each in records] == [("tools", "cancelled")]


async def test_a_tool_server_that_is_gone_takes_no_other_tool_with_it(tmp_path: Path) -> None:
    @tool
    def here() -> str:
        """Say where."""
        return "here"

    gone: Any = McpServer(name="gone", command="/no/such/program")
    made = App(name="mixed", instructions="", tools=[here, gone])
    async with (
        served(Assistants(made, Settings(home=tmp_path))) as address,
        client(address, "auto") as one,
    ):
        assert "here" in [each.name for each in (await one.list_tools()).tools]
        assert text_of(await one.call_tool("here", {})) == "here"


async def test_no_more_runs_are_begun_than_may_be_on(tmp_path: Path) -> None:
    house = House(tmp_path, concurrent_runs=1, caller_share=1.0)
    house.parrot.go_on.clear()
    async with served(house.assistants) as address, client(address, "auto") as one:
        asking = asyncio.create_task(one.call_tool("ask_d", {"message": "x"}))
        async with asyncio.timeout(scaled(LONG_S)):
            while not house.parrot.asked:  # noqa: ASYNC110 - the door works in this loop
                await asyncio.sleep(0.01)
        refused = await one.call_tool("ask_d", {"message": "y"})
        tool_refused = await one.call_tool("note", {"text": "z"})
        house.parrot.go_on.set()
        assert not (await asking).is_error

    assert code_of(refused) == code_of(tool_refused) == "limit_reached"


class Guide:
    """Asks for the day until it is told one."""

    name = "guide:1"

    async def reply(self, request: Any, emit: Any = None) -> ModelReply:
        said = [m.text for m in request.messages if m.role == "user"]
        text = "Which day?" if len(said) < 2 else f"Booked for {said[-1]}."
        return ModelReply(text, model=self.name)


def guided(home: Path, **settings: Any) -> Assistants:
    made = App(name="guide", instructions="", tools=[], models={"default": Guide()})
    return Assistants(made, Settings(home=home, **settings))


async def test_a_question_back_is_answered_through_the_client_at_whichever_server(
    tmp_path: Path,
) -> None:
    asked: list[str] = []

    async def answer(_: Any, params: Any) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="accept", content={"answer": "Monday"})

    options: Any = {"keys": keys_file(tmp_path, "ana", "bob"), "secret": _secret()}
    one, two = guided(tmp_path, **options), guided(tmp_path, **options)
    async with (
        served(one) as first,
        served(two) as second,
        _balanced(first, second, "ana", answer) as ana,
    ):
        result = await ana.call_tool("ask_d", {"message": "Book."})
        declined = await _declined(first, "ana")

    assert text_of(result) == "Booked for Monday."
    assert asked == ["Which day?"]
    assert text_of(declined) == "Which day?"
    assert declined.structured_content["session_id"]


@each_revision
async def test_a_client_that_cannot_ask_its_person_reads_the_question(
    tmp_path: Path, mode: str
) -> None:
    options: Any = {"keys": keys_file(tmp_path, "ana"), "secret": _secret()}
    one, two = guided(tmp_path, **options), guided(tmp_path, **options)
    async with (
        served(one) as first,
        served(two) as second,
        client(first, mode, "ana") as here,
        client(second, mode, "ana") as there,
    ):
        question = await here.call_tool("ask_d", {"message": "Book."})
        where = question.structured_content["session_id"]
        answered = await there.call_tool("ask_d", {"message": "Monday", "session_id": where})

    assert text_of(question) == "Which day?"
    assert text_of(answered) == "Booked for Monday."


async def test_the_state_of_a_question_is_its_askers_alone(tmp_path: Path) -> None:
    options: Any = {"keys": keys_file(tmp_path, "ana", "bob"), "secret": _secret()}
    async with served(guided(tmp_path, **options)) as address:
        async with client(address, "auto", "ana", elicitation_callback=_nobody) as ana:
            wanted: Any = await ana.session.call_tool(
                "ask_d", {"message": "Book."}, allow_input_required=True
            )
        said: Any = {"answer": ElicitResult(action="accept", content={"answer": "Monday"})}
        for state in (wanted.request_state, wanted.request_state[:-4] + "AAAA", "none"):
            async with client(address, "auto", "bob", elicitation_callback=_nobody) as bob:
                with pytest.raises(MCPError, match="requestState"):
                    await bob.call_tool(
                        "ask_d", {"message": "Book."}, input_responses=said, request_state=state
                    )


async def _nobody(_: Any, __: Any) -> ElicitResult:
    return ElicitResult(action="decline")


async def _declined(address: str, user: str) -> Any:
    async with client(address, "auto", user, elicitation_callback=_nobody) as one:
        return await one.call_tool("ask_d", {"message": "Book."})


def _secret() -> Any:
    from batuta.core.redaction import Secret

    return Secret("a secret that both of them have, long enough")


def _balanced(first: str, second: str, user: str, answer: Any) -> Any:
    """Connect by way of a balancer that sends each request to the next server."""
    from contextlib import asynccontextmanager

    from mcp.client.streamable_http import streamable_http_client

    class Next(httpx2.AsyncHTTPTransport):
        count = 0

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            at = httpx2.URL((first, second)[self.count % 2])
            Next.count += 1
            request.url = request.url.copy_with(port=at.port)
            return await super().handle_async_request(request)

    @asynccontextmanager
    async def connected() -> AsyncIterator[Client]:
        headers = {"authorization": f"Bearer key-{user}"}
        async with (
            httpx2.AsyncClient(headers=headers, transport=Next(), timeout=scaled(LONG_S)) as http,
            Client(
                streamable_http_client(f"{first}/mcp", http_client=http),
                elicitation_callback=answer,
            ) as made,
        ):
            yield made

    return connected()


async def test_a_tool_that_gives_nothing_says_so(tmp_path: Path) -> None:
    @tool
    def silent() -> str:
        """Say nothing."""
        return ""

    made = App(name="quiet", instructions="", tools=[silent], models={"default": ScriptedModel([])})
    async with (
        served(Assistants(made, Settings(home=tmp_path))) as address,
        client(address, "auto") as one,
    ):
        assert text_of(await one.call_tool("silent", {})) == "Done; there is no result."


async def test_one_style_alone_offers_nothing_else(tmp_path: Path) -> None:
    async with (
        served(House(tmp_path).assistants, style="d") as address,
        client(address, "auto") as one,
    ):
        assert [each.name for each in (await one.list_tools()).tools] == ["ask_d"]


async def test_the_door_is_there_where_the_setting_wants_it(tmp_path: Path) -> None:
    house = House(tmp_path, doors="")
    async with served(house.assistants) as address, httpx2.AsyncClient(base_url=address) as web:
        assert (await web.post("/mcp", json={})).status_code == 404
    with pytest.raises(ConfigError, match="no door gopher"):
        mounts_of("mcp,gopher")


def test_a_door_that_nobody_comes_to_loads_no_library(tmp_path: Path) -> None:
    program = f"""
import asyncio, sys
from pathlib import Path
from batuta.settings import Settings
from batuta.tennis.app import tennis_app
from batuta.wiring import Assistants, open_tennis
from batuta.serve.doors import mounts_of
from batuta.serve.http.app import create_app

async def main():
    settings = Settings(home=Path({str(tmp_path)!r}))
    house = Assistants(tennis_app(await open_tennis(settings)), settings)
    create_app(house, mounts=mounts_of("all"))
    await house.close()

asyncio.run(main())
assert "fastapi" in sys.modules
loaded = sorted({{"mcp", "mcp_types", "httpx2", "a2a", "openai", "agents"}} & set(sys.modules))
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_door_on_stdio_loads_no_other_doors_library() -> None:
    program = """
import sys
import batuta.serve.mcp.server, batuta.serve.mcp.stdio
loaded = sorted({"fastapi", "mangum", "grpc", "a2a", "openai", "agents"} & set(sys.modules))
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", program], check=True)
