"""Runs that ask their own caller: the stream ends with an interrupt, and an answer resumes it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from batuta.app import App
from batuta.core.tool import AskPerson, ToolUse
from batuta.serve.ag_ui import mount
from tests.patience import scaled
from tests.unit.serve.ag_ui.test_ag_ui import asking, events, of_type
from tests.unit.serve.http.house import House, bearer, keys_file, problem

ANA, BOB = bearer("key-ana"), bearer("key-bob")


class Asking(House):
    """Notes nothing before whoever is named has said yes."""

    whom = "ana"

    def _app(self) -> App:
        async def ask(use: ToolUse) -> AskPerson:
            return AskPerson(self.whom, f"Note {use.arguments['text']}?")

        made = super()._app()
        return App(**{**made.__dict__, "hooks": [ask]})


def house(home: Path, **settings: Any) -> Asking:
    return Asking(home, keys=keys_file(home, ana="key-ana", bob="key-bob"), **settings)


def resuming(interrupt: Mapping[str, Any], payload: object, **more: str) -> dict[str, Any]:
    entry = {"interruptId": interrupt["id"], "status": "resolved", "payload": payload, **more}
    return {"threadId": "t1", "runId": "r2", "messages": [], "resume": [entry]}


def interrupt_of(made: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    outcome = made[-1]["outcome"]
    assert outcome["type"] == "interrupt", outcome
    [interrupt] = outcome["interrupts"]
    return interrupt


@pytest.mark.parametrize(
    ("payload", "status", "noted"),
    [
        ({"approved": True}, "resolved", 1),
        ("yes", "resolved", 1),
        ({"approved": False}, "resolved", 0),
        (None, "cancelled", 0),
    ],
)
async def test_answer_resumes_what_waited_for_it(
    tmp_path: Path, payload: object, status: str, noted: int
) -> None:
    made = house(tmp_path)
    async with made.client(mounts=[mount], headers=ANA) as client:
        first = events(await client.post("/ag-ui/d", json=asking("note it")))
        asked = interrupt_of(first)
        assert not made.notes
        resumed = resuming(asked, payload, status=status)
        second = events(await client.post("/ag-ui/d", json=resumed))
        again = await client.post("/ag-ui/d", json=resumed)

    assert (asked["reason"], asked["message"]) == ("tool_approval", "Note it?")
    assert asked["metadata"] == {"tool": "note", "arguments": {"text": "it"}}
    [call] = of_type(first, "TOOL_CALL_START") or of_type(second, "TOOL_CALL_START")
    assert [each["toolCallId"] for each in of_type(second, "TOOL_CALL_RESULT")] == [
        call["toolCallId"]
    ]
    assert second[0]["runId"] == "r2"
    assert second[-1]["outcome"] == {"type": "success"}
    assert len(made.notes) == noted
    used = [usage["totalTokens"] for each in (first, second) for usage in each[-1]["usage"]]
    assert used == [5, 5], "none is told twice"
    problem(again, 404, "nothing_to_resume")


async def test_answer_is_its_callers_own(tmp_path: Path) -> None:
    made = house(tmp_path)
    async with made.client(mounts=[mount], headers=ANA) as client:
        asked = interrupt_of(events(await client.post("/ag-ui/d", json=asking("note it"))))
        sent = resuming(asked, "yes")
        problem(await client.post("/ag-ui/d", json=sent, headers=BOB), 404, "nothing_to_resume")
        unknown = resuming({"id": "f" * 32}, "yes")
        problem(await client.post("/ag-ui/d", json=unknown), 404, "nothing_to_resume")
        both = {**sent, "resume": [*sent["resume"], *unknown["resume"]]}
        problem(await client.post("/ag-ui/d", json=both), 422, "invalid_input")
        assert not made.notes
        events(await client.post("/ag-ui/d", json=sent))
    assert len(made.notes) == 1


async def test_question_to_somebody_else_is_no_interrupt(tmp_path: Path) -> None:
    made = house(tmp_path)
    made.whom = "bob"
    async with made.client(mounts=[mount], headers=ANA) as client:
        asked = asyncio.create_task(client.post("/ag-ui/d", json=asking("note it")))
        async with asyncio.timeout(scaled(20)):
            while True:
                found = (await client.get("/questions", headers=BOB)).json()["questions"]
                if found:
                    break
                await asyncio.sleep(0.01)
        path = f"/runs/{found[0]['run_id']}/answer"
        await client.post(path, json={"text": "yes"}, headers=BOB)
        told = events(await asked)

    assert told[-1]["outcome"] == {"type": "success"}
    assert len(made.notes) == 1


async def test_durable_run_is_resumed_by_the_next_process(tmp_path: Path) -> None:
    before = house(tmp_path, durable="sqlite", slot="one")
    async with before.client(mounts=[mount], headers=ANA) as client:
        first = events(await client.post("/ag-ui/d", json=asking("note it")))
    assert not before.notes

    after = house(tmp_path, durable="sqlite", slot="one")
    async with after.client(mounts=[mount], headers=ANA) as client:
        await after.web.state.door.take_up()
        sent = resuming(interrupt_of(first), {"approved": True})
        second = events(await client.post("/ag-ui/d", json=sent))

    assert second[-1]["outcome"] == {"type": "success"}
    assert second[-1]["result"]["reply"].startswith("You said: noted")
    assert [text for text, _ in after.notes] == ["it"]
    used = [usage["totalTokens"] for each in (first, second) for usage in each[-1]["usage"]]
    assert used == [5, 5], "none is told twice"
