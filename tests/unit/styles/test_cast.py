"""What an App's styles are here, found out once."""

from __future__ import annotations

from pathlib import Path

import pytest

from batuta.app import App
from batuta.errors import ConfigError
from batuta.settings import Settings
from batuta.styles import resolve
from batuta.tennis.app import tennis_app
from batuta.wiring import open_tennis


@pytest.fixture
async def app(tmp_path: Path) -> App:
    made = await open_tennis(Settings(home=tmp_path))
    await made.store.aclose()
    return tennis_app(made)


@pytest.mark.parametrize(
    ("names", "style", "found"),
    [
        (["parse"], "", "b"),
        (["parse", "confirm"], "", "b"),
        (["availability"], "", "b"),
        (["booking"], "", "f"),
        (["availability"], "g", "g"),
        (["availability", "booking"], "", "f"),
        (["single_agent"], "", "e"),
        (["parse"], "C", "c"),
    ],
)
async def test_first_style_that_has_them_all_is_taken(
    app: App, names: list[str], style: str, found: str
) -> None:
    style_found = resolve(app, Settings()).having(names, style)

    assert style_found.key == found
    assert set(names) <= set(style_found.names())


async def test_agents_that_no_style_has_are_named_with_those_there_are(app: App) -> None:
    cast = resolve(app, Settings())
    with pytest.raises(ConfigError, match="prase") as caught:
        cast.having(["prase"])
    assert "parse" in caught.value.mend
    with pytest.raises(ConfigError, match="parse and booking"):
        cast.having(["parse", "booking"])
    with pytest.raises(ConfigError, match="no agent booking") as caught:
        cast.having(["booking"], "c")
    assert "parse, availability, choose, book, confirm, workflow" in caught.value.mend
