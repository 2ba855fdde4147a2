"""A style that acts by tools says at its start where its model is shown none."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from batuta.settings import Settings, VendorSettings
from batuta.wiring import Assistants, open_app
from tests.unit.models.vendors.socket_server import answer, serving

PROPS = {"chat_template_caps": {"supports_tools": False}}


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
