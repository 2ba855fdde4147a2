"""What the page is told: what can be chosen, and why something cannot."""

from __future__ import annotations

from pathlib import Path

from batuta.serve.playground.ground import Lab
from tests.unit.serve.http.house import bearer, problem
from tests.unit.serve.playground.grounds import club, two_people


async def test_without_a_key_only_the_name_is_told(tmp_path: Path) -> None:
    async with club(tmp_path, keys=two_people(tmp_path)) as client:
        about = (await client.get("/playground/about")).json()
        for path in ("setup", "store", "sessions/ses_1", "reports"):
            problem(await client.get(f"/playground/{path}"), 401, "unauthenticated")
        sent = await client.post("/playground/chat", json={"message": "hi"})
        problem(sent, 401, "unauthenticated")
        known = await client.get("/playground/setup", headers=bearer("k-ana"))

    assert about["sign_in"] is True
    assert set(about) == {"name", "title", "version", "sign_in", "lab"}
    assert known.json()["person"] == {"id": "ana", "name": "ana"}


async def test_setup_says_what_can_be_chosen(tmp_path: Path) -> None:
    async with club(tmp_path, run_cost_usd=0.5, models={"parse": "openai:gpt-5-mini"}) as client:
        told = (await client.get("/playground/setup")).json()

    styles = {each["key"]: each for each in told["styles"]}
    assert styles["front-desk"]["kind"] == "composition"
    assert styles["d"]["default"]
    assert not styles["d"]["frameworks"]
    assert styles["e"]["frameworks"]
    assert not styles["g"]["available"]
    assert "batuta up g" in styles["g"]["missing"]
    assert (styles["g"]["models"], styles["g"]["frameworks"], styles["g"]["copies"]) == (
        True,
        True,
        False,
    )
    assert "its specialists run apart" in styles["g"]["elsewhere"]
    assert not styles["c"]["models"], "its models are its services'"
    assert "its agents run apart" in styles["c"]["elsewhere"]
    assert not styles["h"]["models"]
    assert "AWS" in styles["h"]["elsewhere"]
    assert styles["d"]["elsewhere"] is None
    models = {each["name"]: each for each in told["models"]}
    assert models["offline:rules"]["default"]
    assert models["offline:rules"]["stand_in"]
    assert not models["openai:gpt-5-mini"]["available"]
    assert models["openai:gpt-5-mini"]["missing"] == "It is not set up on this server."
    frameworks = {each["name"]: each for each in told["frameworks"]}
    assert frameworks["openai-agents"]["default"]
    assert "strands" in (frameworks["strands"]["missing"] or "")
    assert told["budget"]["cost_usd"] == 0.5
    assert told["app"]["suggestions"]
    assert told["now"].startswith("2026-11-30T09:00")
    assert (told["lab"], told["services"], told["reports"]) == (False, [], False)


class Kept:
    """A process that somebody keeps."""

    def __init__(self, name: str) -> None:
        self.name, self.ready, self.starts = name, True, 1

    def kill(self) -> None:
        self.ready = False


async def test_lab_ends_a_service_and_nobody_else_does(tmp_path: Path) -> None:
    booking = Kept("booking")
    lab = Lab(on=True, services=lambda: {"g": [booking]})
    async with club(tmp_path, given={"lab": lab}) as client:
        before = (await client.get("/playground/setup")).json()["services"]
        problem(await client.post("/playground/services/g/none/kill"), 404, "not_found")
        problem(await client.post("/playground/services/c/booking/kill"), 404, "not_found")
        assert booking.ready
        gone = await client.post("/playground/services/g/booking/kill")
        after = (await client.get("/playground/setup")).json()["services"]
    booking.ready = True
    async with club(tmp_path, given={"lab": Lab(services=lambda: {"g": [booking]})}) as client:
        problem(await client.post("/playground/services/g/booking/kill"), 403, "lab_off")

    assert gone.status_code == 204
    assert before == [{"name": "booking", "style": "g", "up": True, "starts": 1}]
    assert [each["up"] for each in after] == [False]
    assert booking.ready
