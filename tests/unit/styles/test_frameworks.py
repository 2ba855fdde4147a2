"""Styles whose agents a framework drives, on each framework."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from batuta.core.principal import Principal
from batuta.errors import ConfigError
from batuta.parts.loop import AgentLoop
from batuta.settings import Settings
from batuta.styles import resolve
from batuta.styles.extras import extras_of, missing_extras
from batuta.styles.frameworks import FRAMEWORKS
from batuta.styles.table import find_style
from batuta.tennis.app import tennis_app
from batuta.wiring import assistant, open_tennis
from tests.contract.loops import HERE, LOOPS

NOW = "2019-03-01T06:00"


@pytest.mark.parametrize("framework", [name.replace("_", "-") for name in HERE])
@pytest.mark.parametrize("style", ["e", "f"])
async def test_a_court_is_booked(tmp_path: Path, style: str, framework: str) -> None:
    settings = Settings(home=tmp_path, now=NOW, framework=framework)
    club = await open_tennis(settings)
    try:
        async with assistant(tennis_app(club), style, settings=settings) as made:
            record = await made.chat("Book court B tomorrow at 3pm", principal=Principal("ana"))
        assert record.raised().text.startswith("Done: Court B"), record.text
        assert next(e.by for e in record.events if e.name == "book") in ("agent", "manager")
    finally:
        await club.store.aclose()


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_each_is_tried_as_a_loop(framework: str) -> None:
    made: Callable[[], AgentLoop] = LOOPS[framework.replace("-", "_")]
    assert type(FRAMEWORKS[framework].loop()) is made


def test_a_style_needs_the_extra_of_the_framework_that_is_chosen() -> None:
    assert extras_of(find_style("g"), "pydantic-ai") == ("pydantic-ai", "grpc")
    assert extras_of(find_style("d"), "pydantic-ai") == extras_of(find_style("d"))
    assert missing_extras(find_style("e"), "pydantic-ai") == ()


async def test_one_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, framework="no-such")
    club = await open_tennis(settings)
    try:
        with pytest.raises(ConfigError, match=r"There is no framework 'no-such'.*pydantic-ai"):
            resolve(tennis_app(club), settings)
    finally:
        await club.store.aclose()
