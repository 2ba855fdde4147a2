from __future__ import annotations

import datetime as dt

import pytest

from batuta.cli.view.errors import LONGEST, exit_code_of, failed, line_of
from batuta.errors import BatutaError, ConfigError, SessionError
from batuta.errors.statuses import STATUS
from batuta.tennis.errors import BadRequest, ClubClosed


def test_error_is_one_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    code = failed(ConfigError("Line one\nline two\x1b[31m", "Mend it."))

    out, err = capsys.readouterr()
    assert (code, out) == (3, "")
    assert err == "batuta: Line one line two. Mend it.\n"


@pytest.mark.parametrize(
    "secret",
    ["sk-proj-abcdef0123456789", "Authorization: Bearer abc.def-123", "ghp_abcdefgh12345678"],
)
def test_secret_in_an_error_is_not_printed(secret: str) -> None:
    line = line_of(RuntimeError(f"refused: {secret}"))

    assert secret.rpartition(" ")[2] not in line
    assert "[secret]" in line


def test_long_error_is_cut() -> None:
    assert len(line_of(BatutaError("x" * 100_000))) == LONGEST + 1


def test_exit_codes_are_those_of_the_one_table() -> None:
    assert exit_code_of(SessionError("s")) == STATUS[SessionError].exit
    assert exit_code_of(RuntimeError("x")) == STATUS[BatutaError].exit
    assert exit_code_of(BadRequest("date", "x", "a day")) == 2
    assert exit_code_of(ClubClosed(dt.date(2026, 3, 2), dt.time(3), None)) == 10
