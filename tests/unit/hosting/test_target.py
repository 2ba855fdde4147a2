from __future__ import annotations

import pytest

from batuta.errors import ConfigError
from batuta.hosting import Target


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
