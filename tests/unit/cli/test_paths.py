"""The command line takes the flat path under every local style."""

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Batuta
from tests.unit.runtimes.local.taken import DONE, only_flat, watched


@pytest.mark.parametrize("style", DONE)
def test_a_chat(style: str, batuta: Batuta, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = watched(monkeypatch)
    done = batuta("chat", "--style", style, "--message", "Book a court tomorrow at 3pm")
    assert done.exit_code == 0, done.output
    assert only_flat(taken, *DONE[style]), taken
