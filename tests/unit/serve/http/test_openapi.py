"""The API's own description says what the API does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from batuta.core.ask import VISIBLE, clean
from batuta.core.model_settings import NAMES
from batuta.errors import InvalidInput
from batuta.serve.http.body import model_settings
from batuta.serve.http.problems import Refused
from tests.unit.serve.http.house import House, bearer, keys_file


async def described(house: House, **headers: str) -> dict[str, Any]:
    async with house.client() as client:
        return (await client.get("/openapi.json", headers=headers)).json()


async def test_every_address_is_described_with_its_problems(tmp_path: Path) -> None:
    made = await described(House(tmp_path))

    assert set(made["paths"]) == {
        "/chat",
        "/styles/{style}/chat",
        "/health",
        "/health/ready",
        "/metrics",
        "/styles",
        "/sessions",
        "/sessions/{session_id}",
        "/costs",
        "/runs",
        "/runs/{run_id}",
        "/runs/{run_id}/events",
        "/runs/{run_id}/answer",
        "/questions",
    }
    operations = [o for path in made["paths"].values() for o in path.values()]
    for operation in operations:
        for status, response in operation["responses"].items():
            if status >= "400":
                assert set(response["content"]) == {"application/problem+json"}
                schema = response["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}
    assert len({o["operationId"] for o in operations}) == len(operations)
    assert "HTTPValidationError" not in made["components"]["schemas"]


async def test_chat_is_described_in_full(tmp_path: Path) -> None:
    chat = (await described(House(tmp_path)))["paths"]["/styles/{style}/chat"]["post"]

    names = {p["name"] for p in chat["parameters"]}
    assert names == {"style", "Idempotency-Key"}
    body = chat["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["message"]
    good = chat["responses"]["200"]["content"]
    assert good["application/json"]["schema"] == {"$ref": "#/components/schemas/Reply"}
    event = good["text/event-stream"]["schema"]
    assert (event["type"], event["required"]) == ("object", ["event", "data"])


SETTINGS: dict[str, list[Any]] = {
    "temperature": [0, 2, 2.5, "1", True, None],
    "top_p": [0.5, 1.1],
    "max_output_tokens": [1, 0, 1.5],
    "reasoning_effort": ["low", "lots"],
    "reasoning_budget": [1, 0],
    "reasoning_summary": ["auto", ""],
    "seed": [0, -1, "7"],
    "stop": [["a"], [], [""], ["a"] * 17, "a"],
    "parallel_tool_calls": [True, 1],
    "tool_choice": ["auto", ""],
    "service_tier": ["flex", 1],
    "caching": [False, "no"],
    "verbosity": ["low", None, "loud"],
    "extra_headers": [{"X-A": "b"}, {"X A": "b"}, {"X-A": 1}, {"": "b"}, {"X-A": "\n"}, []],
    "extra_body": [{"a": [1]}, {"": 1}, "a"],
}


def test_every_setting_is_tried() -> None:
    assert set(SETTINGS) == set(NAMES)


async def test_described_is_what_is_taken(tmp_path: Path) -> None:
    made = await described(House(tmp_path, message_chars=300))
    bodies = [
        made["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        for path in ("/chat", "/styles/{style}/chat")
    ]
    assert [sorted(body["properties"]) for body in bodies] == [
        ["attachments", "message", "reasoning", "session_id", "settings", "stream", "style"],
        ["attachments", "message", "reasoning", "session_id", "settings", "stream"],
    ]
    for body in bodies:
        message = body["properties"]["message"]
        assert (message["minLength"], message["maxLength"]) == (1, 300)
        assert message["pattern"] == VISIBLE


async def test_a_message_is_described_as_a_form_with_files_too(tmp_path: Path) -> None:
    house = House(tmp_path, message_chars=300, client_settings="temperature")
    made = await described(house)
    forms = [
        made["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]
        for path in ("/chat", "/styles/{style}/chat")
    ]
    fields = ["files", "message", "reasoning", "session_id", "settings", "stream"]
    assert [sorted(form["schema"]["properties"]) for form in forms] == [[*fields, "style"], fields]
    for form in forms:
        told = form["schema"]["properties"]
        assert (told["message"]["maxLength"], told["session_id"]["type"]) == (300, "string")
        assert told["files"]["items"] == form["schema"]["additionalProperties"]
        assert told["files"]["items"]["format"] == "binary"
        assert set(form["encoding"]) == {"settings", "stream", "reasoning"}


@pytest.mark.parametrize("settable", [(), NAMES], ids=["none", "all"])
async def test_a_request_may_bring_the_settings_that_are_described_and_no_others(
    tmp_path: Path, settable: tuple[str, ...]
) -> None:
    house = House(tmp_path, client_settings=",".join(settable))
    made = await described(house)
    body = made["paths"]["/chat"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    settings = body["properties"]["settings"]
    described_as = Draft202012Validator(settings)
    assert described_as.is_valid(None)
    assert described_as.is_valid({})
    assert not described_as.is_valid({"odd": 1})
    for name, values in SETTINGS.items():
        for value in values:
            brought = {name: value}
            fits = described_as.is_valid(brought)
            try:
                taken = model_settings(brought, settable) is not None
            except Refused:
                taken = False
            assert fits == taken, brought


@given(st.text(max_size=20))
def test_a_message_is_taken_just_where_its_pattern_fits(text: str) -> None:
    try:
        kept = clean(text, 20)
    except InvalidInput:
        kept = ""
    assert bool(kept) == bool(re.search(VISIBLE, text))
    assert clean(kept, 20) == kept if kept else True


async def test_a_wrong_method_is_told_every_right_one(tmp_path: Path) -> None:
    async with House(tmp_path).client() as client:
        answers = {
            path: await client.put(path)
            for path in ("/sessions/ses_1", "/chat", "/runs/run_1", "/styles/d/chat")
        }
    allowed = {path: answer.headers["allow"] for path, answer in answers.items()}
    assert {answer.status_code for answer in answers.values()} == {405}
    assert allowed == {
        "/sessions/ses_1": "DELETE, GET",
        "/chat": "POST",
        "/runs/run_1": "GET",
        "/styles/d/chat": "POST",
    }


async def test_keys_are_described_where_they_are_asked_for(tmp_path: Path) -> None:
    keyed = await described(House(tmp_path, keys=keys_file(tmp_path, ana="k")), **bearer("k"))

    assert set(keyed["components"]["securitySchemes"]) == {"bearer", "apiKey"}
    for path in ("/health", "/health/ready"):
        assert keyed["paths"][path]["get"]["security"] == []
    assert "security" not in await described(House(tmp_path))


async def test_responses_fit_their_description(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with house.client() as client:
        made = (await client.get("/openapi.json")).json()
        reply = (await client.post("/chat", json={"message": "note it"})).json()
        problem = (await client.post("/chat", json={})).json()
        seen = {
            "Reply": reply,
            "Problem": problem,
            "Health": (await client.get("/health")).json(),
            "Ready": (await client.get("/health/ready")).json(),
            "Styles": (await client.get("/styles")).json(),
            "Sessions": (await client.get("/sessions")).json(),
            "SessionDetail": (await client.get(f"/sessions/{reply['session_id']}")).json(),
            "Runs": (await client.get("/runs")).json(),
            "RunDetail": (await client.get(f"/runs/{reply['run_id']}")).json(),
        }

    for name, body in seen.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": made["components"]}
        Draft202012Validator(schema).validate(body)
