"""The lab is for the person at this machine alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from batuta.errors import ConfigError
from batuta.serve.http.identity import identity_of
from batuta.serve.playground.ground import check_lab
from batuta.settings import Settings
from tests.unit.serve.playground.grounds import two_people


@pytest.mark.parametrize("host", ["0.0.0.0", "", "192.168.0.7", "::"])  # noqa: S104 - refused
def test_lab_is_refused_where_others_reach_the_server(host: str) -> None:
    with pytest.raises(ConfigError, match=r"others can reach") as raised:
        check_lab(host, identity_of(Settings()))
    assert "--lab" in raised.value.mend


def test_lab_is_refused_where_keys_are_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="keys") as raised:
        check_lab("127.0.0.1", identity_of(Settings(keys=two_people(tmp_path))))
    assert "BATUTA_KEYS" in raised.value.mend


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_lab_is_allowed_at_this_machine(host: str) -> None:
    check_lab(host, identity_of(Settings()))
