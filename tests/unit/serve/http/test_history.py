"""Sessions and runs: one's own, and nobody else's."""

from __future__ import annotations

from pathlib import Path

from tests.unit.serve.http.house import House, bearer, keys_file, problem

ANA, BOB = bearer("k-ana"), bearer("k-bob")


def house_of_two(tmp_path: Path) -> House:
    return House(tmp_path, keys=keys_file(tmp_path, ana="k-ana", bob="k-bob"))


async def test_session_is_listed_read_and_deleted(tmp_path: Path) -> None:
    async with House(tmp_path).client() as client:
        first = (await client.post("/chat", json={"message": "note it"})).json()["session_id"]
        second = (await client.post("/chat", json={"message": "hello"})).json()["session_id"]
        listed = (await client.get("/sessions")).json()["sessions"]
        newest = (await client.get("/sessions?limit=1")).json()["sessions"]
        read = (await client.get(f"/sessions/{first}")).json()
        gone = await client.delete(f"/sessions/{first}")
        problem(await client.get(f"/sessions/{first}"), 404, "session_not_found")
        problem(await client.delete(f"/sessions/{first}"), 404, "session_not_found")
        runs = (await client.get("/runs")).json()["runs"]

    assert [s["session_id"] for s in listed] == [second, first]
    assert [s["session_id"] for s in newest] == [second]
    assert [m["role"] for m in read["messages"]] == ["user", "assistant", "tool", "assistant"]
    assert read["messages"][1]["tool_calls"][0]["name"] == "note"
    assert (gone.status_code, gone.content) == (204, b"")
    assert len(runs) == 2, "the records of a deleted session stay"


async def test_other_peoples_session_is_as_one_that_never_was(tmp_path: Path) -> None:
    house = house_of_two(tmp_path)
    async with house.client() as client:
        sent = {"message": "my secret"}
        hers = (await client.post("/chat", json=sent, headers=ANA)).json()["session_id"]
        none = hers[:-1] + ("0" if hers[-1] != "0" else "1")
        for method, path in (
            ("GET", "/sessions/{}"),
            ("DELETE", "/sessions/{}"),
            ("POST", "/chat"),
            ("POST", "/styles/e/chat"),
        ):
            answers = []
            for session_id in (hers, none):
                body = {"message": "hello", "session_id": session_id} if method == "POST" else None
                response = await client.request(
                    method, path.format(session_id), json=body, headers=BOB
                )
                made = dict(problem(response, 404, "session_not_found"))
                answers.append(str(made).replace(session_id, "…"))
            assert answers[0] == answers[1]
        listed = await client.get("/sessions", headers=BOB)
        kept = await client.get(f"/sessions/{hers}", headers=ANA)

    assert listed.json()["sessions"] == []
    assert kept.json()["messages"][0]["text"] == "my secret"
    assert all("my secret" not in m.text for r in house.parrot.asked[1:] for m in r.messages)


async def test_other_peoples_run_is_as_one_that_never_was(tmp_path: Path) -> None:
    async with house_of_two(tmp_path).client() as client:
        sent = {"message": "my secret"}
        hers = (await client.post("/chat", json=sent, headers=ANA)).json()["run_id"]
        for path in ("/runs/{}", "/runs/{}/events"):
            problem(await client.get(path.format(hers), headers=BOB), 404, "run_not_found")
            assert (await client.get(path.format(hers), headers=ANA)).status_code == 200
        assert (await client.get("/runs", headers=BOB)).json()["runs"] == []


async def test_same_request_key_of_two_people_is_two_requests(tmp_path: Path) -> None:
    house = house_of_two(tmp_path)
    async with house.client() as client:
        for who in (ANA, BOB):
            headers = {**who, "Idempotency-Key": "k"}
            await client.post("/chat", json={"message": "note it"}, headers=headers)

    assert len(house.notes) == 2


async def test_run_shows_what_happened_and_who_decided(tmp_path: Path) -> None:
    async with House(tmp_path).client() as client:
        reply = (await client.post("/chat", json={"message": "note it"})).json()
        run = (await client.get(f"/runs/{reply['run_id']}")).json()

    assert run["status"] == "ended"
    assert run["question"] == "note it"
    assert run["reply"] == reply["reply"]
    assert run["usage"] == reply["usage"]
    assert run["session_id"] == reply["session_id"]
    tools = [e for e in run["events"] if e["kind"] == "tool"]
    assert [(e["phase"], e["by"]) for e in tools] == [("start", "model"), ("end", "model")]
    assert [e["seq"] for e in run["events"]] == list(range(len(run["events"])))


async def test_costs_are_ones_own_as_json_and_as_csv(tmp_path: Path) -> None:
    async with house_of_two(tmp_path).client() as client:
        await client.post("/chat", json={"message": "hello"}, headers=ANA)
        hers = (await client.get("/costs?by=style&days=7", headers=ANA)).json()
        table = await client.get("/costs?format=csv", headers=ANA)
        his = (await client.get("/costs", headers=BOB)).json()
        problem(await client.get("/costs?by=principal", headers=ANA), 422, "invalid_input")
        problem(await client.get("/costs"), 401, "unauthenticated")

    (line,) = hers["costs"]
    assert (line["runs"], line["model_calls"], line["cost_usd"]) == (1, 1, None)
    assert line["unpriced_calls"] == 1
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.text.splitlines()[0].startswith("model,runs,model_calls")
    assert his == {"by": "model", "costs": []}
