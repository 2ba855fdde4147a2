"""A style that acts by tools says at its start where its model is shown none."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from batuta.app import App
from batuta.cli.tape import Tape
from batuta.core.configured_model import ConfiguredModel
from batuta.core.model_settings import ModelSettings
from batuta.models.fallback import FallbackModel
from batuta.models.named import DEFAULT_MODEL
from batuta.settings import Settings, VendorSettings
from batuta.testing.scripted import ScriptedModel
from batuta.wiring import Assistants, models, open_app
from tests.unit.models.vendors.socket_server import answer, serving

PROPS = {"chat_template_caps": {"supports_tools": False}}

OPTIONS = ModelSettings(temperature=0)


def around(kind: str, app: App, settings: Settings, folder: Path) -> tuple[App, Settings]:
    """Put the model into something that is no name."""
    tape = Tape(settings, recorded=folder / "recorded.jsonl")
    if kind == "recorded":
        return tape.on(app), tape.settings
    own = models(settings.model, settings)(None)
    made = {
        "configured name": ConfiguredModel(settings.model, OPTIONS),
        "configured object": ConfiguredModel(own, OPTIONS),
        "chain": FallbackModel([ScriptedModel([]), own]),
    }
    return replace(app, models={"default": made[kind]}), replace(settings, model=DEFAULT_MODEL)


@pytest.mark.parametrize("kind", ["recorded", "configured name", "configured object", "chain"])
async def test_it_is_seen_through_whatever_stands_around_the_model(
    tmp_path: Path, kind: str
) -> None:
    async with serving(answer(json.dumps(PROPS).encode())) as server:
        own = VendorSettings(base_url=f"{server.url}/v1")
        settings = Settings(home=tmp_path, model="compatible:small", vendors={"compatible": own})
        app, settings = around(kind, await open_app("tennis", settings), settings, tmp_path)
        async with Assistants(app, settings) as club:
            [told] = await club.toolless("d")
            assert "compatible:small" in told
            assert await club.toolless("a") == ()


@pytest.mark.parametrize(("style", "told"), [("d", True), ("f", True), ("a", False), ("b", False)])
async def test_a_style_says_what_it_cannot_do_and_which_styles_can(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, style: str, told: bool
) -> None:
    async with serving(answer(json.dumps(PROPS).encode())) as server:
        own = VendorSettings(base_url=f"{server.url}/v1")
        settings = Settings(home=tmp_path, model="compatible:small", vendors={"compatible": own})
        with caplog.at_level(logging.WARNING, "batuta.wiring.assistants"):
            async with Assistants(await open_app("tennis", settings), settings) as club:
                await club.style(style)
                assert await club.toolless(style) == (("compatible:small",) if told else ())
    said = [record.getMessage() for record in caplog.records]
    assert bool(said) == told
    for line in said:
        assert line.startswith(f"Style {style.upper()} acts by tools")
        assert "compatible:small" in line
        assert "need none: A, B, C" in line
