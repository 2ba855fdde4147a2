"""Agents on Lambda: what an address may be, and what must be set for them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from batuta.core.agent import is_remote
from batuta.core.redaction import Secret
from batuta.errors import ConfigError
from batuta.remote.aws_lambda import LambdaAgent
from batuta.settings import Settings, read_settings
from batuta.styles import Placement, Resources
from batuta.styles.functions import function_of
from batuta.styles.managed_agent import managed_options
from batuta.styles.remote import with_remotes
from tests.unit.core.rig import echo, hosted

SECRET = Secret("s" * 32)
PLACED = {"g": {"booking": "lambda:club-booking:live"}}


def _apart(**more: Any) -> tuple[Any, ...]:
    settings = Settings(store="dynamodb", **more)
    placement = Placement({"booking": ("lambda:club-booking:live",)}, SECRET)
    return with_remotes((echo("booking"), echo("manager")), placement, style="g", settings=settings)


def test_an_agent_lives_in_the_function_that_its_address_names() -> None:
    booking, manager = _apart()
    assert isinstance(booking, LambdaAgent)
    assert (booking.name, str(booking.function)) == ("booking", "club-booking:live")
    assert booking.role == echo("booking").role
    assert is_remote(booking)
    assert not is_remote(manager)


def test_without_a_table_to_count_in_it_says_what_to_set() -> None:
    with pytest.raises(ConfigError, match="BATUTA_STORE=dynamodb"):
        with_remotes(
            (echo("booking"),),
            Placement({"booking": ("lambda:b",)}, SECRET),
            style="g",
            settings=Settings(),
        )


def test_a_function_has_no_other_address_beside_it() -> None:
    with pytest.raises(ConfigError, match="stands alone"):
        function_of(("lambda:b", "127.0.0.1:1"))


def test_a_placement_can_be_set_by_the_environment_and_wins_over_the_file(tmp_path: Any) -> None:
    (tmp_path / "batuta.toml").write_text('[placement.c]\nparse = "127.0.0.1:7"\n')
    read = read_settings({"BATUTA_PLACEMENT": json.dumps(PLACED)}, tmp_path)
    assert read.placement == {"g": {"booking": ("lambda:club-booking:live",)}}
    assert read_settings({}, tmp_path).placement == {"c": {"parse": ("127.0.0.1:7",)}}


@pytest.mark.parametrize(
    "placed",
    ["{", "[]", '{"g": 1}', '{"g": {"b": "lambda:"}}', '{"g": {"b": "lambda:a b"}}',
     '{"g": {"b": "lambda:a:b:c"}}', '{"g": {"b": "lambda"}}'],
)  # fmt: skip
def test_a_placement_that_is_none_is_refused(placed: str) -> None:
    with pytest.raises(ConfigError, match="placement"):
        read_settings({"BATUTA_PLACEMENT": placed})


def test_functions_that_act_for_a_real_agent_need_the_secret() -> None:
    from batuta.app import App
    from batuta.testing.scripted import ScriptedModel

    words = "Tell members when the club is open, and nothing else."
    app = App(name="club", instructions=words, tools=())
    settings = Settings(bedrock_execution="lambda", bedrock_agent="A/B")
    resources = Resources(models=lambda _: ScriptedModel(["x"]), runtime=hosted)
    with pytest.raises(ConfigError, match="BATUTA_SECRET"):
        managed_options(app, settings, resources)
    with pytest.raises(ConfigError, match="return_control or lambda"):
        Settings(bedrock_execution="both")
