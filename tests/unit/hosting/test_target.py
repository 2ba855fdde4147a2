from __future__ import annotations

from pathlib import Path

import pytest

from batuta.app import App
from batuta.errors import ConfigError
from batuta.hosting import Target, cast_of
from batuta.settings import Settings
from batuta.tennis.app import tennis_app
from batuta.wiring import open_tennis


@pytest.fixture
async def app(tmp_path: Path) -> App:
    made = await open_tennis(Settings(home=tmp_path))
    await made.store.aclose()
    return tennis_app(made)


@pytest.mark.parametrize(
    ("text", "app", "agents"),
    [
        ("tennis:booking", "tennis", ("booking",)),
        ("tennis:parse,confirm", "tennis", ("parse", "confirm")),
        ("tennis:parse, parse ,confirm,", "tennis", ("parse", "confirm")),
        ("my_module:app:agent", "my_module:app", ("agent",)),
        ("package.module:agent", "package.module", ("agent",)),
    ],
)
def test_last_colon_parts_app_and_agents(text: str, app: str, agents: tuple[str, ...]) -> None:
    assert Target.parse(text) == Target(app, agents)


@pytest.mark.parametrize("text", ["", "tennis", "tennis:", ":booking", "tennis:,", " : "])
def test_what_names_no_agent_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ConfigError, match="tennis:parse,confirm"):
        Target.parse(text)


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
    cast = cast_of(app, names, style)

    assert cast.style == found
    assert set(names) <= set(cast.names)


async def test_agents_that_no_style_has_are_named_with_those_there_are(app: App) -> None:
    with pytest.raises(ConfigError, match="prase") as caught:
        cast_of(app, ["prase"])
    assert "parse" in caught.value.mend
    with pytest.raises(ConfigError, match="parse and booking"):
        cast_of(app, ["parse", "booking"])
    with pytest.raises(ConfigError, match="no agent booking") as caught:
        cast_of(app, ["booking"], "c")
    assert "parse, availability, choose, book, confirm, workflow" in caught.value.mend
