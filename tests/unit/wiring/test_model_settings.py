"""Settings from the App, the file and a message: what wins, and what is refused at opening."""

from __future__ import annotations

from pathlib import Path

import pytest

from batuta import App, ModelSettings, ScriptedModel
from batuta.core.ask import Ask
from batuta.errors import ConfigError, InvalidInput
from batuta.settings import Settings, VendorSettings, read_settings


def club(**more: object) -> App:
    return App(name="club", instructions="Be brief.", tools=[], **more)  # type: ignore[arg-type]


async def asked(app: App, settings: Settings, own: ModelSettings | None = None) -> ModelSettings:
    model = ScriptedModel(["ok"])
    async with app.assistant("d", model=model, settings=settings) as assistant:
        (await assistant.answer(Ask(text="Hello", settings=own))).raised()
    return model.requests[0].settings


async def test_style_before_message_before_default_and_the_file_before_the_app() -> None:
    app = club(
        model_settings={
            "d": ModelSettings(temperature=0.1, top_p=0.1),
            "default": ModelSettings(seed=1, verbosity="low"),
        }
    )
    file = Settings(model_settings={"d": ModelSettings(top_p=0.2)})
    made = await asked(app, file, ModelSettings(temperature=0.9, seed=9))
    assert (made.temperature, made.top_p, made.seed, made.verbosity) == (0.1, 0.2, 9, "low")


def test_the_file_is_read_and_a_wrong_value_is_named(tmp_path: Path) -> None:
    (tmp_path / "batuta.toml").write_text(
        '[model_settings.default]\nreasoning_effort = "low"\nstop = ["END"]\n'
    )
    made = read_settings({}, tmp_path).model_settings["default"]
    assert made == ModelSettings(reasoning_effort="low", stop=("END",))
    (tmp_path / "batuta.toml").write_text("[model_settings.default]\ntemperature = 9\n")
    with pytest.raises(ConfigError, match=r"model_settings\.default does not fit"):
        read_settings({}, tmp_path)


def test_a_setting_that_a_styles_model_does_not_take_is_refused_at_opening() -> None:
    key = VendorSettings(base_url="http://127.0.0.1:9")
    settings = Settings(vendors={"openai": key})
    app = club(models={"d": "openai:gpt-5-mini"}, model_settings={"d": ModelSettings(seed=3)})
    with pytest.raises(ConfigError, match="openai:gpt-5-mini does not take the setting seed"):
        app.assistant("d", settings=settings)
    with pytest.raises(ConfigError, match=r"\[model_settings\] has nobody"):
        club().assistant("d", settings=Settings(model_settings={"nobody": ModelSettings(seed=1)}))


async def test_a_messages_setting_that_a_model_does_not_take_is_wrong_input() -> None:
    key = VendorSettings(base_url="http://127.0.0.1:9")
    settings = Settings(vendors={"openai": key})
    async with club(models={"d": "openai:gpt-5-mini"}).assistant("d", settings=settings) as desk:
        with pytest.raises(InvalidInput, match="temperature"):
            await desk.answer(Ask(text="Hello", settings=ModelSettings(temperature=0)))
