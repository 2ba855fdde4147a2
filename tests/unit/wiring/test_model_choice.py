"""How the composition root picks models by name and by setting."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.price import Price
from batuta.core.redaction import Secret
from batuta.errors import ConfigError, ModelUnavailable, install_command
from batuta.models.fallback import FallbackModel
from batuta.models.limited import LimitedModel
from batuta.models.vendors import VendorModel
from batuta.offline import OfflineModel
from batuta.settings import Settings, VendorSettings
from batuta.standin import serve_standin
from batuta.tennis.app import tennis_app
from batuta.testing.scripted import ScriptedModel
from batuta.wiring import (
    Assistants,
    access_of,
    assistant,
    local_runtime,
    models,
    open_tennis,
    with_models,
)

OPENAI = VendorSettings(key=Secret("k"), base_url="http://127.0.0.1:9/v1")
SET = Settings(vendors={"openai": OPENAI}, model_seconds=3.0, reply_bytes=99)


def test_nothing_named_is_the_stand_in() -> None:
    assert isinstance(models()(), OfflineModel)
    assert isinstance(models()("offline:rules"), OfflineModel)


def test_a_model_is_made_once_and_limited() -> None:
    picks = models(settings=SET)
    made = picks("openai:gpt-5-mini")
    assert isinstance(made, LimitedModel)
    assert isinstance(made.inner, VendorModel)
    assert picks("openai:gpt-5-mini") is made
    assert made.name == "openai:gpt-5-mini"


def test_a_chain_shares_its_models() -> None:
    picks = models(settings=SET)
    chain = picks("openai:gpt-5-mini | offline:rules")
    assert isinstance(chain, FallbackModel)
    assert chain.name == "openai:gpt-5-mini|offline:rules"
    assert picks("openai:gpt-5-mini") in chain._models


def test_a_chain_says_at_once_what_all_its_models_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batuta.models.vendors.access.find_spec", lambda name: None)
    command = install_command("openai", "anthropic")
    with pytest.raises(ConfigError, match=re.escape(f"Run: {command}")):
        models(settings=SET)("openai:x | anthropic:y | compatible:z | offline:rules")


def test_a_model_object_is_itself() -> None:
    mine = ScriptedModel([])
    assert models(mine)() is mine
    assert models()(mine) is mine


@pytest.mark.parametrize("name", ["mistral:x", "gpt-5", "", "offline:other", "openai:x|", "|"])
def test_an_unknown_name_says_what_there_is(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        models(settings=SET)(name)
    assert "openai" in caught.value.mend


def test_access_takes_the_settings_limits_and_one_vendor_has_two_apis() -> None:
    for provider in ("openai", "openai-chat"):
        access = access_of(provider, SET)
        assert (access.key, access.base_url) == (OPENAI.key, OPENAI.base_url)
        assert (access.timeout_s, access.reply_bytes) == (3.0, 99)
    assert not access_of("anthropic", SET).key


async def test_a_missing_key_is_told_before_the_first_run(tmp_path: Path) -> None:
    app = tennis_app(await open_tennis(Settings(home=tmp_path)))
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        assistant(app, "d", model="openai:gpt-5-mini", settings=Settings())
    assert app.close is not None
    await app.close()


async def test_the_library_reads_the_settings_of_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "batuta.toml").write_text('[models]\ndefault = "anthropic:claude-haiku-4-5"')
    app = tennis_app(await open_tennis(Settings(home=tmp_path)))
    with pytest.raises(ConfigError, match="ANTHROPIC_API_KEY"):
        assistant(app, "d")
    async with assistant(app, "d", model="offline:rules") as club:
        assert (await club.chat("Hello")).raised().stand_in
    assert app.close is not None
    await app.close()


async def test_steps_have_models_of_their_own_by_setting(tmp_path: Path) -> None:
    async with serve_standin(OfflineModel()) as standin:
        vendor = VendorSettings(key=Secret("k"), base_url=standin.openai_url)
        settings = Settings(
            home=tmp_path,
            vendors={"openai": vendor},
            models={"parse": "openai:offline:rules", "confirm": "openai-chat:offline:rules"},
            now="2026-03-02T09:00",
        )
        app = tennis_app(await open_tennis(settings))
        async with Assistants(app, settings) as assistants:
            club = await assistants.style("b")
            record = (await club.chat("Book a court tomorrow at 3pm")).raised()
    asked = {e.name for e in record.events if (e.kind, e.phase) == ("model", "end")}
    assert "openai:offline:rules" in asked


async def test_all_styles_of_one_app_share_their_models(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, vendors=SET.vendors, model="openai:gpt-5-mini")
    app = tennis_app(await open_tennis(settings))
    async with Assistants(app, settings) as assistants:
        made = [await assistants.style(key) for key in "ade"]
        picked = {id(club.runtime._models()) for club in made}  # type: ignore[attr-defined]
        model: Any = assistants._models()
        assert model.inner._line is not None, "the SDK is loaded before the first run"
    assert len(picked) == 1


async def test_the_apps_own_default_yields_to_the_settings(tmp_path: Path) -> None:
    plain = tennis_app(await open_tennis(Settings(home=tmp_path)))
    app = with_models(plain, {"default": "anthropic:claude-haiku-4-5"})
    with pytest.raises(ConfigError, match="ANTHROPIC_API_KEY"):
        assistant(app, "d", settings=Settings())
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        assistant(app, "d", settings=Settings(model="openai:gpt-5-mini"))
    assert plain.close is not None
    await plain.close()


async def test_prices_of_the_settings_are_those_of_the_run(tmp_path: Path) -> None:
    from batuta.core.agent import FunctionAgent
    from batuta.core.run import Run
    from batuta.core.runtime import RunOptions

    async def ask(message: Message, run: Run) -> Message:
        return Message.assistant((await run.ask([message])).text)

    async with serve_standin(OfflineModel()) as standin:
        vendor = VendorSettings(key=Secret("k"), base_url=standin.openai_url)
        mine = Price(1_000_000.0, 0.0, "our contract of 2026-11-01")
        settings = Settings(vendors={"openai": vendor}, prices={"openai:offline:rules": mine})
        runtime = local_runtime(model="openai:offline:rules", settings=settings)
        agent = FunctionAgent(name="a", answer=ask)
        options = RunOptions(budget=Budget(cost_usd=None))
        record = await runtime.run(agent, Message.user("Hello"), options)
        await runtime.stop()
    assert record.cost.usd == record.usage.input_tokens
    assert record.cost.reason == "our contract of 2026-11-01"


async def test_stopping_a_runtime_closes_its_models_and_it_can_go_on() -> None:
    from batuta.core.agent import FunctionAgent
    from batuta.core.run import Run

    async def ask(message: Message, run: Run) -> Message:
        return Message.assistant((await run.ask([message])).text)

    runtime = local_runtime(model="openai:gpt-5-mini", settings=SET)
    agent = FunctionAgent(name="a", answer=ask)
    for _ in range(2):
        record = await runtime.run(agent, Message.user("Hello"))
        assert isinstance(record.failure, ModelUnavailable)
        await runtime.stop()


@pytest.mark.parametrize(
    "name", ["default", "a", "d", "e", "f", "parse", "confirm", "availability", "booking"]
)
async def test_what_an_app_has_can_have_a_model(tmp_path: Path, name: str) -> None:
    desk = await open_tennis(Settings(home=tmp_path))
    app = with_models(tennis_app(desk), {name: "offline:rules"})
    await desk.store.aclose()

    assert app.models[name] == "offline:rules"


@pytest.mark.parametrize("name", ["prase", "b", "c", "workflow", "bookings", ""])
async def test_a_name_that_the_app_has_not_is_refused_with_those_it_has(
    tmp_path: Path, name: str
) -> None:
    settings = Settings(home=tmp_path, models={name: "offline:rules"})
    desk = await open_tennis(settings)
    app = tennis_app(desk)

    with pytest.raises(ConfigError, match=r"\[models\]") as caught:
        Assistants(app, settings)
    with pytest.raises(ConfigError, match=r"\[models\]"):
        assistant(app, "b", settings=settings)
    await desk.store.aclose()
    assert "parse, availability, choose, book, confirm" in caught.value.mend
