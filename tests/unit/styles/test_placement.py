"""Where a style's agents live: what is set, what runs in this home, what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from batuta.core.redaction import Secret
from batuta.errors import ConfigError
from batuta.settings import Settings, environment_of, read_settings
from batuta.styles import Claim, Placement, Running, find_style, placed_names
from batuta.styles.placement import missing_services, placement_of
from batuta.styles.workflow import WORKFLOW, WORKFLOW_SERVICES

SECRET = Secret("s" * 32)
C = Running("tennis", "c", {"parse": "127.0.0.1:7"}, SECRET, 1)


def settings(home: Path, **more: Any) -> Settings:
    return Settings(home=home, **more)


def test_all_but_the_one_in_charge_get_a_process() -> None:
    assert placed_names(["availability", "booking", "manager"]) == ("availability", "booking")
    assert placed_names(["single_agent"]) == ("single_agent",)


@pytest.mark.parametrize("style", ["a", "b", "d", "e", "f"])
def test_shared_style_lives_here_unless_somebody_says_otherwise(tmp_path: Path, style: str) -> None:
    assert placement_of(find_style(style), "tennis", settings(tmp_path)) is None
    assert not missing_services(find_style(style), "tennis", settings(tmp_path))


@pytest.mark.parametrize("style", ["c", "g"])
def test_independent_style_says_how_its_services_are_started(tmp_path: Path, style: str) -> None:
    with pytest.raises(ConfigError, match=f"batuta up {style}"):
        placement_of(find_style(style), "tennis", settings(tmp_path))
    assert f"batuta up {style}" in missing_services(find_style(style), "tennis", settings(tmp_path))


def test_what_is_set_wins_over_what_runs(tmp_path: Path) -> None:
    said = {"c": {"parse": ("10.0.0.1:1", "10.0.0.2:1")}}
    with Claim(tmp_path, "c") as claim:
        claim.publish(C)

        found = placement_of(
            WORKFLOW_SERVICES, "tennis", settings(tmp_path, placement=said, secret=SECRET)
        )

    assert found == Placement(said["c"], SECRET)


def test_what_runs_for_one_style_does_not_capture_another(tmp_path: Path) -> None:
    with Claim(tmp_path, "c") as claim:
        claim.publish(C)

        assert placement_of(WORKFLOW, "tennis", settings(tmp_path)) is None
        found = placement_of(WORKFLOW_SERVICES, "tennis", settings(tmp_path))

    assert found == Placement({"parse": ("127.0.0.1:7",)}, SECRET)


def test_services_of_another_app_are_not_used(tmp_path: Path) -> None:
    with Claim(tmp_path, "c") as claim:
        claim.publish(replace(C, app="chess"))

        with pytest.raises(ConfigError, match="chess"):
            placement_of(WORKFLOW_SERVICES, "tennis", settings(tmp_path))


def test_agent_that_the_style_has_not_is_named_with_those_it_has() -> None:
    with pytest.raises(ConfigError, match="prase") as caught:
        Placement({"prase": ("h:1",)}, SECRET).check("c", ["parse", "workflow"])
    assert "parse, workflow" in caught.value.mend


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ('[placement.e]\nsingle_agent = "h:1"', {"e": {"single_agent": ("h:1",)}}),
        ('[placement.e]\nx = ["h:1", "[::1]:2"]', {"e": {"x": ("h:1", "[::1]:2")}}),
        ('[placement.c]\nx = "dns:///parse:50051"', {"c": {"x": ("dns:///parse:50051",)}}),
        ("", {}),
    ],
)
def test_placement_is_read_from_its_table(
    tmp_path: Path, text: str, made: Mapping[str, Mapping[str, tuple[str, ...]]]
) -> None:
    (tmp_path / "batuta.toml").write_text(text)
    assert read_settings({}, tmp_path).placement == made


@pytest.mark.parametrize(
    "text",
    [
        "placement = 1",
        "[placement]\ne = 1",
        "[placement.e]\nx = 1",
        "[placement.e]\nx = []",
        '[placement.e]\nx = ["h:1", 2]',
        '[placement.e]\nx = "h"',
        '[placement.e]\nx = "h:"',
        '[placement.e]\nx = ":1"',
        '[placement.e]\nx = "h:0"',
        '[placement.e]\nx = "h:70000"',
        '[placement.e]\nx = "h h:1"',
    ],
)
def test_what_is_no_address_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "batuta.toml").write_text(text)
    with pytest.raises(ConfigError, match="placement"):
        read_settings({}, tmp_path)


def test_another_process_reads_the_same_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATUTA_MODEL", "openai:gpt-5-mini")
    monkeypatch.setenv("BATUTA_SECRET", "t" * 32)
    (tmp_path / "batuta.toml").write_text('model = "anthropic:x"\n[models]\ndefault = "openai:y"')
    made = Settings(home=tmp_path / "home", now="2026-03-02T09:00", secret=SECRET, run_seconds=7.5)

    read = read_settings(environment_of(made), tmp_path)

    assert read.default_model == made.default_model
    assert replace(read, home=made.home) == made
