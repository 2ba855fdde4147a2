"""The exit code of a batch."""

from __future__ import annotations

import pytest

from batuta.cli.batch import failure_code


@pytest.mark.parametrize(
    ("codes", "exit_code"),
    [
        ([None, None], 0),
        ([None, "run_time_exceeded", "session_not_found"], 7),
        (["access_denied"], 5),
        (["nobody_knows_this"], 1),
    ],
)
def test_it_is_that_of_the_first_run_that_failed(codes: list[str | None], exit_code: int) -> None:
    told = [{"error": None if code is None else {"code": code, "message": ""}} for code in codes]
    assert failure_code(told) == exit_code
