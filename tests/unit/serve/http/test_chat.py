"""What a message gets: a reply with its figures, or a problem that says which run and session."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from batuta.core.budget import Budget
from batuta.errors import ConfigError, ModelTimeout, install_command, missing_extra
from batuta.parts.earlier import NOTHING_ELSE
from batuta.serve.http.app import create_app
from tests.unit.serve.http.house import House, problem, until


async def test_reply_carries_ids_figures_and_that_a_stand_in_answered(tmp_path: Path) -> None:
    async with House(tmp_path).client() as client:
        response = await client.post("/chat", json={"message": "hello"})

    body = response.json()
    assert response.status_code == 200
    assert body["reply"] == "You said: hello"
    assert body["style"] == "d"
    assert body["session_id"].startswith("ses_")
    assert body["run_id"].startswith("run_")
    assert body["stop_reason"] == "done"
    assert body["stand_in"] is True
    assert "not a real model" in body["note"]
    assert body["data"] is None
    assert body["usage"]["total_tokens"] == 5
    assert body["usage"]["model_calls"] == 1
    assert body["usage"]["tool_calls"] == 0
    assert body["cost"] == {"usd": None, "known_usd": 0.0, "reason": "no price known for parrot:1"}


async def test_conversation_goes_on_under_another_style(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with house.client() as client:
        first = (await client.post("/chat", json={"message": "hello"})).json()
        second = await client.post(
            "/styles/E/chat", json={"message": "again", "session_id": first["session_id"]}
        )

    assert second.json()["session_id"] == first["session_id"]
    assert second.json()["style"] == "e"
    assert [m.text for m in house.parrot.asked[-1].messages][-3:] == [
        "hello",
        "You said: hello",
        "again",
    ]


async def test_style_may_stand_in_the_body(tmp_path: Path) -> None:
    async with House(tmp_path).client() as client:
        same = await client.post("/styles/d/chat", json={"message": "hello", "style": "D"})
        other = await client.post("/styles/d/chat", json={"message": "hello", "style": "e"})
        body = await client.post("/chat", json={"message": "hello", "style": "e"})

    assert same.status_code == 200
    problem(other, 422, "invalid_input")
    assert body.json()["style"] == "e"


@pytest.mark.parametrize("style", ["z", "parallel", "d" * 39, "é"])
async def test_unknown_style_is_not_found(tmp_path: Path, style: str) -> None:
    async with House(tmp_path).client() as client:
        in_path = await client.post(f"/styles/{style}/chat", json={"message": "hello"})
        in_body = await client.post("/chat", json={"message": "hello", "style": style})

    assert "d" in problem(in_path, 404, "unknown_style")["styles"]
    problem(in_body, 404, "unknown_style")


@pytest.mark.parametrize(("style", "missing"), [("f", "no specialists"), ("a", "no intake")])
async def test_style_that_cannot_run_says_what_is_missing(
    tmp_path: Path, style: str, missing: str
) -> None:
    async with House(tmp_path).client() as client:
        response = await client.post(f"/styles/{style}/chat", json={"message": "hello"})

    body = problem(response, 503, "style_unavailable")
    assert missing in body["missing"]
    assert missing in body["detail"]


async def test_what_is_not_installed_is_said_without_a_path_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("batuta.styles.extras.find_spec", lambda module: None)
    command = install_command("agents")
    house = House(tmp_path)
    async with house.client() as client:
        refused = await client.post("/styles/e/chat", json={"message": "hello"})
        listed = await client.get("/styles")
        house.parrot.failing = missing_extra("The model needs more", "agents")
        failed = await client.post("/chat", json={"message": "hello"})
        kept = await client.get(f"/runs/{failed.json()['run_id']}")

    assert problem(refused, 503, "style_unavailable")["missing"] == "it needs the extra agents"
    assert "it needs the extra agents" in [each["missing"] for each in listed.json()["styles"]]
    detail = "This service is set up wrongly. Whoever runs it finds the reason in its log."
    assert problem(failed, 500, "config")["detail"] == detail
    assert kept.json()["error"]["message"] == detail
    for response in (refused, listed, failed, kept):
        assert command not in response.text
        assert "Run:" not in response.text


async def test_failed_run_is_a_problem_with_run_and_a_session_to_try_again_in(
    tmp_path: Path,
) -> None:
    house = House(tmp_path)
    house.parrot.failing = ModelTimeout("parrot:1", 3)
    async with house.client() as client:
        failed = await client.post("/chat", json={"message": "hello"})
        body = problem(failed, 504, "model_timeout")
        house.parrot.failing = None
        again = await client.post(
            "/chat", json={"message": "hello", "session_id": body["session_id"]}
        )
        record = (await client.get(f"/runs/{body['run_id']}")).json()

    assert body["model"] == "parrot:1"
    assert body["timeout_s"] == 3
    assert body["retryable"] is True
    assert body["style"] == "d"
    assert again.status_code == 200
    assert again.json()["session_id"] == body["session_id"]
    assert record["error"]["code"] == "model_timeout"
    assert record["stop_reason"] == "error"


async def test_model_that_raises_what_nobody_foresaw_is_a_problem_without_its_cause_lost(
    tmp_path: Path,
) -> None:
    house = House(tmp_path)
    house.parrot.failing = ZeroDivisionError("division by zero")
    async with house.client() as client:
        body = problem(await client.post("/chat", json={"message": "x"}), 500, "agent_failed")

    assert "ZeroDivisionError" in body["detail"]


async def test_used_up_budget_says_which(tmp_path: Path) -> None:
    house = House(tmp_path)
    object.__setattr__(house.assistants.app, "budget", Budget(model_calls=1))
    async with house.client() as client:
        body = problem(
            await client.post("/chat", json={"message": "note x"}), 402, "budget_exceeded"
        )

    assert (body["kind"], body["limit"], body["stop_reason"]) == ("model_calls", 1, "budget")
    assert house.notes, "what was done before stays done, and is on record"


async def test_same_key_gives_the_same_reply_without_running_again(tmp_path: Path) -> None:
    house = House(tmp_path)
    headers = {"Idempotency-Key": "once"}
    async with house.client() as client:
        first, second = await asyncio.gather(
            *(client.post("/chat", json={"message": "note it"}, headers=headers) for _ in range(2))
        )
        streamed = await client.post(
            "/chat", json={"message": "note it", "stream": True}, headers=headers
        )
        other = await client.post("/chat", json={"message": "note more"}, headers=headers)
        fresh = await client.post("/chat", json={"message": "note it"})

    assert first.json() == second.json()
    assert first.json()["run_id"] in streamed.text
    problem(other, 422, "idempotency_key_reused")
    assert fresh.json()["run_id"] != first.json()["run_id"]
    assert [text for text, _ in house.notes] == ["it", "it"]


async def test_failed_request_that_is_sent_again_is_answered_with_what_it_did(
    tmp_path: Path,
) -> None:
    house = House(tmp_path)
    object.__setattr__(house.assistants.app, "budget", Budget(model_calls=1))
    headers = {"Idempotency-Key": "once"}
    async with house.client() as client:
        failed = await client.post("/chat", json={"message": "note it"}, headers=headers)
        again = await client.post("/chat", json={"message": "note it"}, headers=headers)
        await client.post("/chat", json={"message": "note it"})

    effect = {"tool": "note", "status": "done", "text": "note (noted it)", "result": "noted it"}
    assert problem(failed, 402, "budget_exceeded")["effects"] == [effect]
    said = f"Done: note (noted it). {NOTHING_ELSE}"
    assert (again.status_code, again.json()["reply"]) == (200, said)
    assert again.json()["effects"] == [effect]
    first, other = (key for _, key in house.notes)
    assert first != other


@pytest.mark.parametrize("key", ["", "k" * 201, "a\tb"])
async def test_key_that_is_none_is_refused(tmp_path: Path, key: str) -> None:
    async with House(tmp_path).client() as client:
        headers = {"Idempotency-Key": key}
        response = await client.post("/chat", json={"message": "hello"}, headers=headers)

    problem(response, 400, "invalid_idempotency_key")


async def test_clock_is_set_by_a_header_in_test_mode_alone(tmp_path: Path) -> None:
    headers = {"X-Batuta-Now": "2020-02-29T12:00"}
    async with House(tmp_path / "a").client(test_mode=True) as client:
        set_ = await client.post("/chat", json={"message": "hello"}, headers=headers)
        run = (await client.get(f"/runs/{set_.json()['run_id']}")).json()
        health = (await client.get("/health")).json()
    async with House(tmp_path / "b").client() as client:
        refused = await client.post("/chat", json={"message": "hello"}, headers=headers)

    assert run["started_at"] == "2020-02-29T11:00:00+00:00", "in the App's zone"
    assert health["test_mode"] is True
    problem(refused, 400, "test_mode_off")


@pytest.mark.parametrize(
    "moment", ["", "now", "2019-02-30T06:00", "0001-01-01T00:00", "9" * 5000, "2019-03-01T06:00Zx"]
)
async def test_clock_that_cannot_be_read_is_refused(tmp_path: Path, moment: str) -> None:
    async with House(tmp_path).client(test_mode=True) as client:
        response = await client.post(
            "/chat", json={"message": "hello"}, headers={"X-Batuta-Now": moment}
        )

    problem(response, 400, "invalid_time")


async def test_one_style_has_its_addresses_alone(tmp_path: Path) -> None:
    house = House(tmp_path, doors="")
    app = create_app(house.assistants, style="D")
    paths = sorted(getattr(route, "path", "") for route in app.routes)
    assert paths == ["/chat", "/health", "/health/ready", "/metrics"]

    async with house.client(style="D") as client:
        health = await client.get("/health")
        reply = await client.post("/chat", json={"message": "hello", "style": "d"})
        other = await client.post("/chat", json={"message": "hello", "style": "e"})
        for path in ("/styles", "/runs", "/sessions", "/docs", "/openapi.json", "/chat/"):
            problem(await client.get(path), 404, "not_found")

    assert health.json()["style"] == "d"
    assert health.json()["name"] == "Function calling"
    assert reply.status_code == 200
    problem(other, 404, "unknown_style")


@pytest.mark.parametrize("style", ["a", "f", "zz"])
async def test_one_style_that_cannot_run_is_refused_at_once(tmp_path: Path, style: str) -> None:
    house = House(tmp_path)
    with pytest.raises(ConfigError):
        create_app(house.assistants, style=style)
    await house.assistants.close()


async def test_run_is_cancelled_and_kept_when_the_server_stops(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.parrot.go_on.clear()
    async with house.client() as client:
        asking = asyncio.create_task(client.post("/chat", json={"message": "hello"}))
        await until(lambda: bool(house.parrot.asked))
        on = (await client.get("/runs")).json()["runs"][0]
        for live in house.web.state.door.runs.of("local"):
            live.task.cancel()
        body = problem(await asking, 503, "cancelled")
        record = (await client.get(f"/runs/{on['run_id']}")).json()

    assert on["status"] == "running"
    assert body["run_id"] == on["run_id"]
    assert record["stop_reason"] == "cancelled"
