"""What pytest offers where Batuta is installed: a home of its own for each test, and a talk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from batuta.core.record import RunRecord
    from batuta.testing.scripted import ScriptedModel

__all__ = ["batuta_home", "batuta_script", "batuta_talk"]


@pytest.fixture
def batuta_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what the test leaves behind in a folder of its own, and no other setting."""
    import os

    for name in [name for name in os.environ if name.startswith("BATUTA_")]:
        monkeypatch.delenv(name)
    home = tmp_path / "batuta"
    monkeypatch.setenv("BATUTA_HOME", str(home))
    monkeypatch.chdir(tmp_path)  # where a batuta.toml would be read
    return home


@pytest.fixture
def batuta_script() -> Callable[..., ScriptedModel]:
    """Make a model that says the lines given, one after the other."""
    from batuta.testing.scripted import ScriptedModel

    def made(*lines: Any, **options: Any) -> ScriptedModel:
        return ScriptedModel(lines, **options)

    return made


@pytest.fixture
def batuta_talk(request: pytest.FixtureRequest) -> Callable[..., list[RunRecord]]:
    """Hold a conversation with an App; see ``batuta.testing.talk``."""
    from batuta.testing.conversation import talk

    request.getfixturevalue("batuta_home")
    return talk
