"""Chat completions: plain, in pieces, with what is not honoured told or refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from batuta.errors import ModelTimeout
from tests.contract.vendor_wire import check_openai_schema
from tests.unit.serve.openai_api.door import asking, content, error, opened, sdk

TOOLS = [{"type": "function", "function": {"name": f"t{n}", "parameters": {}}} for n in range(28)]
SLOT = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}


def in_form(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "slot", "schema": schema}}


async def test_models_are_the_styles_that_can_run_here(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, _):
        listed = (await client.get("/v1/models")).json()
        one = (await client.get("/v1/models/batuta-d")).json()
        again = (await client.get("/v1/models/batuta-d")).json()
        missing = await client.get("/v1/models/batuta-f")

    check_openai_schema("ListModelsResponse", listed)
    assert [each["id"] for each in listed["data"]][:2] == ["batuta-d", "batuta-e"]
    assert one["name"] == "D · Function calling"
    assert one == again
    assert "batuta-d" in error(missing, 404, "model_not_found")["message"]


async def test_answer_fits_openais_own_description_and_names_its_run(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, house):
        answer = await client.post("/v1/chat/completions", json=asking("note it"))
        body = answer.json()
        run = (await client.get(f"/runs/{answer.headers['x-request-id']}")).json()

    check_openai_schema("CreateChatCompletionResponse", body)
    assert content(body) == "You said: noted it"
    assert len(house.notes) == 1
    assert body["usage"]["total_tokens"] == run["usage"]["total_tokens"] == 10
    assert [each["tool"] for each in body["batuta"]["effects"]] == ["note"]
    assert body["batuta"]["stand_in"] is True


async def test_stream_fits_too_and_reads_as_the_plain_answer(tmp_path: Path) -> None:
    counted = {"stream": True, "stream_options": {"include_usage": True}}
    async with opened(tmp_path) as (client, _):
        streamed = await client.post("/v1/chat/completions", json=asking("hi", **counted))
        bare = await client.post("/v1/chat/completions", json=asking("ho", stream=True))

    lines = [line for line in streamed.text.split("\n\n") if line]
    assert lines.pop() == "data: [DONE]"
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines]
    for chunk in chunks:
        check_openai_schema("CreateChatCompletionStreamResponse", chunk)
    pieces = [c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"]]
    assert "".join(pieces).endswith("You said: hi")
    assert chunks[-1]["usage"]["total_tokens"] == 5
    assert chunks[-1]["choices"] == []
    assert streamed.headers["x-request-id"].startswith("run_")
    assert '"usage"' not in bare.text


async def test_tools_of_a_client_are_taken_told_and_never_called(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, house):
        asked = asking("hi", tools=TOOLS, temperature=0.2, user="bob")
        answer = await client.post("/v1/chat/completions", json=asked)

    assert answer.headers["x-batuta-ignored"] == "tools, temperature, user"
    assert "tool_calls" not in answer.json()["choices"][0]["message"]
    assert [tool.name for tool in house.parrot.asked[0].tools] == ["note"]


async def test_settings_that_the_server_allows_are_honoured(tmp_path: Path) -> None:
    async with opened(tmp_path, client_settings="temperature,max_output_tokens") as (client, house):
        asked = asking("hi", temperature=0.2, max_completion_tokens=50, top_p=0.5)
        answer = await client.post("/v1/chat/completions", json=asked)
        wrong = await client.post("/v1/chat/completions", json=asking("hi", temperature="hot"))

    assert answer.headers["x-batuta-ignored"] == "top_p"
    assert house.parrot.asked[0].settings.temperature == 0.2
    assert house.parrot.asked[0].settings.max_output_tokens == 50
    error(wrong, 422, "invalid_input")


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"tools": TOOLS, "tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": {"type": "function", "function": {"name": "t1"}}}, "tool_choice"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"stream": "yes"}, "stream"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"response_format": in_form({"type": "string"})}, "response_format.schema"),
        ({"messages": []}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"messages": ["hi"]}, "messages[0]"),
        ({"messages": [{"role": "wizard", "content": "hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "assistant", "content": "hi"}]}, "messages"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
            "messages[0].content[0]",
        ),
        ({"model": ""}, "model"),
        ({"model": 7}, "model"),
    ],
)
async def test_what_cannot_be_honoured_is_refused_with_its_field(
    tmp_path: Path, more: dict[str, Any], param: str
) -> None:
    async with opened(tmp_path) as (client, house):
        answer = await client.post("/v1/chat/completions", json={**asking("hi"), **more})

    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param
    assert not house.parrot.asked


@pytest.mark.parametrize(
    ("raw", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "invalid_json"),
        (b"[]", "application/json", 400, "invalid_type"),
        (b"{}", "text/plain", 415, "unsupported_media_type"),
        (b'{"a": "' + b"x" * 1_100_000 + b'"}', "application/json", 413, "body_too_large"),
    ],
)
async def test_body_that_is_none_is_an_error_of_the_same_shape(
    tmp_path: Path, raw: bytes, kind: str, status: int, code: str
) -> None:
    async with opened(tmp_path) as (client, _):
        headers = {"content-type": kind}
        answer = await client.post("/v1/chat/completions", content=raw, headers=headers)
        nowhere = await client.post("/v1/completions", json={})
        unknown = await client.post("/v1/chat/completions", json={**asking("hi"), "model": "gpt-5"})

    error(answer, status, code)
    error(nowhere, 404, "unknown_url")
    assert "batuta-d" in error(unknown, 404, "model_not_found")["message"]


async def test_long_history_is_taken_and_a_long_question_is_not(tmp_path: Path) -> None:
    talk = [word for turn in range(100) for word in (f"ask {turn}", "x" * 9_000)]
    async with opened(tmp_path) as (client, house):
        answer = await client.post("/v1/chat/completions", json=asking(*talk, "and now?"))
        long = await client.post("/v1/chat/completions", json=asking("x" * 5_000))

    assert content(answer.json()) == "You said: and now?"
    assert len(house.parrot.asked[0].messages) <= 42
    error(long, 422, "invalid_input")


@pytest.mark.parametrize("stream", [False, True])
async def test_failed_run_is_an_error_that_names_it(tmp_path: Path, stream: bool) -> None:
    async with opened(tmp_path) as (client, house):
        house.parrot.failing = ModelTimeout("parrot:1", 60.0)
        answer = await client.post("/v1/chat/completions", json=asking("hi", stream=stream))

    assert answer.headers["x-request-id"].startswith("run_")
    if not stream:
        told = error(answer, 504, "model_timeout")
        assert told["type"] == "server_error"
        assert "x-should-retry" not in answer.headers
        return
    lines = [line for line in answer.text.split("\n\n") if line]
    assert json.loads(lines[-2].removeprefix("data: "))["error"]["code"] == "model_timeout"
    assert "finish_reason" not in lines[-2]


async def test_failed_run_that_did_something_is_not_to_be_sent_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, house):

        async def fail_after_the_note(request: Any, emit: Any) -> Any:
            if request.messages[-1].role == "tool":
                raise ModelTimeout("parrot:1", 60.0)
            return await parrot(request, emit)

        parrot = house.parrot.reply
        house.parrot.reply = fail_after_the_note  # pyright: ignore[reportAttributeAccessIssue]
        first = await client.post("/v1/chat/completions", json=asking("note it"))
        again = await client.post("/v1/chat/completions", json=asking("note it"))

    assert error(first, 504, "model_timeout")["batuta"]["effects"][0]["tool"] == "note"
    assert first.headers["x-should-retry"] == "false"
    assert again.headers["x-batuta-repeated"] == first.headers["x-request-id"]
    assert len(house.notes) == 1


@pytest.mark.parametrize("stream", [False, True])
async def test_answer_in_a_form_fits_it(tmp_path: Path, stream: bool) -> None:
    form = in_form(SLOT)
    async with opened(tmp_path) as (client, house):
        parrot, tries = house.parrot.reply, iter(["no JSON", '{"word": "hi"}'])

        async def fill(request: Any, emit: Any) -> Any:
            made = await parrot(request, emit)
            return made if request.output is None else type(made)(next(tries), model=made.model)

        house.parrot.reply = fill  # pyright: ignore[reportAttributeAccessIssue]
        asked = asking("hi", response_format=form, stream=stream)
        answer = await client.post("/v1/chat/completions", json=asked)
        runs = (await client.get("/runs")).json()["runs"]

    if stream:
        assert r"{\"word\": \"hi\"}" in answer.text
        assert "You said" not in answer.text
    else:
        assert json.loads(content(answer.json())) == {"word": "hi"}
    assert [run["style"] for run in runs] == ["form", "d"]


async def test_answer_that_never_fits_its_form_is_an_error(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, _):
        asked = asking("hi", response_format=in_form(SLOT))
        answer = await client.post("/v1/chat/completions", json=asked)

    error(answer, 502, "model_reply_invalid")


async def test_who_decided_is_told_where_it_is_asked_for(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, _):
        plain = await client.post("/v1/chat/completions", json=asking("hi"))
        told = await client.post("/v1/chat/completions", json=asking("ho", include_reasoning=True))

    assert "reasoning_content" not in plain.json()["choices"][0]["message"]
    assert "reasoning_content" in told.json()["choices"][0]["message"]


async def test_openais_client_reads_answers_streams_and_errors(tmp_path: Path) -> None:
    import openai

    async with sdk(tmp_path) as (client, _):
        answer = await client.chat.completions.create(**asking("hi"))
        async with client.chat.completions.stream(**asking("hi")) as stream:
            final = await stream.get_final_completion()
        with pytest.raises(openai.NotFoundError) as raised:
            await client.models.retrieve("gpt-5")

    assert answer.choices[0].message.content == "You said: hi"
    assert (final.choices[0].message.content or "").endswith("You said: hi")
    assert raised.value.code == "model_not_found"


PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAA"
    "AABJRU5ErkJggg=="
)


async def test_image_beside_the_question_reaches_the_model(tmp_path: Path) -> None:
    image = {"type": "image_url", "image_url": {"url": PIXEL}}
    talk = [{"role": "user", "content": [{"type": "text", "text": "look"}, image]}]
    async with opened(tmp_path) as (client, house):
        answer = await client.post("/v1/chat/completions", json={**asking("x"), "messages": talk})
        talk += [{"role": "assistant", "content": "I see."}, {"role": "user", "content": "and?"}]
        later = await client.post("/v1/chat/completions", json={**asking("x"), "messages": talk})

    assert answer.status_code == later.status_code == 200, answer.text
    assert [each.media_type for each in house.parrot.asked[0].messages[-1].attachments] == [
        "image/png"
    ]
    assert later.headers["x-batuta-ignored"] == "images"
