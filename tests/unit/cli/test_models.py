"""``batuta models``, and what the doctor says of models."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from batuta.core.model import ModelReply
from batuta.models.vendors import VendorModel
from batuta.offline import OfflineModel
from batuta.standin import serve_standin
from tests.patience import scaled
from tests.unit.cli.conftest import Batuta

KEY = "key-for-tests-5d41402abc"


@pytest.fixture
def standin() -> Iterator[Any]:
    """The stand-in in a thread of its own, since a command has a loop of its own."""
    started: list[Any] = []
    ready, done = threading.Event(), threading.Event()

    async def serve() -> None:
        async with serve_standin(OfflineModel()) as server:
            started.append(server)
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(scaled(60))
    yield started[0]
    done.set()
    thread.join(scaled(60))


def listed(batuta: Batuta, *words: str, code: int = 0) -> dict[str, Any]:
    done = batuta("models", "--json", *words)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def test_without_settings_there_is_the_stand_in_and_what_vendors_lack(batuta: Batuta) -> None:
    shown = listed(batuta)
    (model,) = shown["models"]
    assert (model["name"], model["used_for"]) == ("offline:rules", ["default"])
    assert model["price"]["input_usd"] == 0
    lacks = {p["name"]: p["missing"] + p["mend"] for p in shown["providers"]}
    assert "OPENAI_API_KEY" in lacks["openai"]
    assert "ANTHROPIC_API_KEY" in lacks["anthropic"]
    assert "BATUTA_COMPATIBLE_BASE_URL" in lacks["compatible"]
    text = batuta("models").stdout
    assert "offline:rules" in text
    assert "ANTHROPIC_API_KEY" in text


def test_what_is_set_is_listed_with_its_price_and_source(
    batuta: Batuta, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    (tmp_path / "batuta.toml").write_text(
        '[models]\ndefault = "openai:gpt-5-mini"\nparse = "openai:mine"\nconfirm = "openai:mine"\n'
        '[prices."openai:mine"]\ninput_usd = 3\noutput_usd = 4\nsource = "contract"'
    )
    by_name = {m["name"]: m for m in listed(batuta, "openai:gpt-5.6-sol")["models"]}
    assert list(by_name) == ["openai:gpt-5-mini", "openai:mine", "openai:gpt-5.6-sol"]
    assert by_name["openai:mine"]["used_for"] == ["parse", "confirm"]
    assert by_name["openai:mine"]["price"]["source"] == "contract"
    assert "genai-prices" in by_name["openai:gpt-5-mini"]["price"]["source"]
    assert by_name["openai:gpt-5.6-sol"]["price"]["above"]
    assert by_name["openai:mine"]["answered"] is None
    done = batuta("models")
    assert "contract" in done.stdout
    assert KEY not in done.output


def test_check_asks_each_one(batuta: Batuta, standin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", standin.openai_url)
    monkeypatch.setenv("BATUTA_MODEL", "openai:offline:rules")
    (model,) = listed(batuta, "--check")["models"]
    assert model["answered"].startswith("openai:")
    assert model["seconds"] >= 0
    assert not model["error"]
    assert "answered in" in batuta("models", "--check").stdout.replace("\n", " ")


def test_check_does_not_count_what_loading_an_sdk_takes(
    batuta: Batuta, standin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected: list[bool] = []
    reply = VendorModel.reply

    async def noted(model: VendorModel, *words: Any) -> ModelReply:
        connected.append(model._line is not None)
        return await reply(model, *words)

    monkeypatch.setattr(VendorModel, "reply", noted)
    monkeypatch.setenv("OPENAI_BASE_URL", standin.openai_url)
    listed(batuta, "openai:offline:rules", "--check")
    assert connected == [True]


def test_check_tells_of_one_that_does_not_answer(
    batuta: Batuta, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    shown = listed(batuta, "openai:gpt-5-mini", "odd:x", "--check", code=8)
    assert [bool(m["error"]) for m in shown["models"]] == [False, True, True]
    assert "127.0.0.1:9" in shown["models"][1]["error"]


def test_an_unknown_price_is_told_as_such(batuta: Batuta, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATUTA_COMPATIBLE_BASE_URL", "http://127.0.0.1:9/v1")
    assert listed(batuta, "compatible:llama3.2")["models"][1]["price"] is None
    assert "not known to any list" in batuta("models", "compatible:llama3.2").stdout


def test_the_doctor_says_what_each_provider_lacks(
    batuta: Batuta, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    done = batuta("doctor", "--json")
    checks = {c["name"]: c for c in json.loads(done.stdout)["checks"]}
    assert checks["models openai:…"]["state"] == "ok"
    assert checks["models anthropic:…"]["state"] == "note"
    assert "ANTHROPIC_API_KEY" in checks["models anthropic:…"]["found"]
    assert checks["models bedrock:…"]["mend"]
    assert KEY not in done.output


def test_the_model_of_a_command_goes_before_that_of_the_settings(
    batuta: Batuta, standin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", standin.openai_url)
    monkeypatch.setenv("BATUTA_MODEL", "anthropic:nobody")
    words = ("chat", "--style", "d", "--json", "--message", "Hello")
    assert batuta(*words).exit_code == 3
    done = batuta(*words, "--model", "openai:offline:rules")
    assert done.exit_code == 0, done.output
    assert batuta(*words, "--model", "offline:rules").exit_code == 0
    chain = "openai:offline:rules|anthropic:claude-haiku-4-5"
    assert "ANTHROPIC_API_KEY" in batuta(*words, "--model", chain).output
