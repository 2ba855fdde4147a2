"""A misspelt environment variable is found."""

from __future__ import annotations

import pytest

from batuta.settings import read_settings
from batuta.settings.variables import unread_variables

READ = {
    "BATUTA_MODEL": "offline:rules",
    "BATUTA_PLACEMENT": "{}",
    "BATUTA_OPENAI_KEY": "sk-none",
    "BATUTA_SECRETS_ARN": "",
}


def test_what_is_read_is_known() -> None:
    read_settings(READ)
    assert unread_variables({**READ, "PATH": "/bin"}) == {}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("BATUTA_MODELL", "BATUTA_MODEL"),
        ("BATUTA_OPENAI_BASEURL", "BATUTA_OPENAI_BASE_URL"),
        ("BATUTA_XYZZY", ""),
    ],
)
def test_what_nobody_reads_is_told_with_what_may_be_meant(name: str, meant: str) -> None:
    found = unread_variables({**READ, name: "x"})
    assert found == {name: meant}
