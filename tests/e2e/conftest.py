from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from batuta.settings import Settings
from batuta.tennis.bookings import TennisClub
from batuta.wiring import open_tennis


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[TennisClub]:
    """The club's front desk, with an empty file of bookings."""
    made = await open_tennis(Settings(home=tmp_path))
    yield made
    await made.store.aclose()


@pytest.fixture
def aws_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that boto3 signs with; nobody on loopback checks them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "loopback")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "loopback")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
