"""Every style has its containers: files that fit, and a table that names what goes into each."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from batuta.settings import read_settings
from batuta.styles import STYLES, Placement, app_style, find_style, placed_names
from batuta.tennis.app import tennis_app
from batuta.wiring import open_tennis
from tests.unit.deploy.manifests import DEPLOY, hosted, options

ROOT = DEPLOY.parent
FOLDER = DEPLOY / "compose"
SCHEMA = json.loads((Path(__file__).parent / "compose_spec.json").read_text())
KEYS = tuple(each.key for each in STYLES)
TABLE = re.compile(
    r"^\| (?P<styles>[A-H](?:, [A-H])*) \| `(?P<file>[\w.]+)` \| `(?P<extras>[\w ]+)`", re.M
)
ROWS = {
    style: row
    for row in TABLE.finditer((ROOT / "docs/deploying.md").read_text("utf-8"))
    for style in row["styles"].lower().split(", ")
}


def services(file: str) -> Mapping[str, Mapping[str, Any]]:
    made = yaml.safe_load((FOLDER / file).read_text("utf-8"))
    jsonschema.Draft201909Validator(SCHEMA).validate(made)
    return made["services"]


def test_every_style_has_its_containers() -> None:
    assert set(ROWS) == set(KEYS)


@pytest.mark.parametrize("style", KEYS)
def test_a_style_has_the_extras_that_it_needs_in_its_image(style: str) -> None:
    extras = set(ROWS[style]["extras"].split())
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]

    assert {"cli", "serve", *find_style(style).extras} <= extras <= set(known)


@pytest.mark.parametrize("style", KEYS)
def test_a_styles_door_serves_it_to_those_with_a_key(style: str) -> None:
    there = services(ROWS[style]["file"])
    (door,) = [each for each in there.values() if each["command"][0] == "serve"]
    words = [re.sub(r"\$\{STYLE:\?.*\}", style, word) for word in door["command"]]
    chosen = options(words)

    assert (chosen["command"], chosen["style"]) == ("serve", style)
    assert door["ports"] == [f"{chosen['port']}:{chosen['port']}"]
    assert door["environment"]["BATUTA_KEYS"] == "/run/secrets/users.json"
    assert door["environment"]["BATUTA_SECRET"].startswith("${BATUTA_SECRET:?")
    builds = [each["build"] for each in there.values() if "build" in each]
    assert [each["dockerfile"] for each in builds] == ["deploy/container/Dockerfile"]


async def test_specialists_of_g_are_where_the_placement_says(tmp_path: Path) -> None:
    (tmp_path / "batuta.toml").write_text((FOLDER / "batuta.toml").read_text())
    settings = read_settings({"BATUTA_HOME": str(tmp_path)}, tmp_path)
    said = Placement(settings.placement["g"], settings.secret)
    there = services("g.yaml")
    hosts = {
        agent: (f"{name}:{port}",)
        for name, service in there.items()
        for agent, port in hosted(service["command"]).items()
    }
    desk = await open_tennis(settings)
    await desk.store.aclose()

    assert hosts == said.addresses
    assert set(hosts) == set(placed_names(app_style(tennis_app(desk), "g", settings).names()))
    assert set(there["manager"]["depends_on"]) == set(hosts)
