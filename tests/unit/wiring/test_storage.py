from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from batuta.errors import ConfigError, install_command
from batuta.settings import Settings, read_settings
from batuta.storage.dynamodb_client import DynamoTable
from batuta.wiring import Assistants, open_app
from batuta.wiring.storage import open_bookings, open_records, open_stores, open_table, where_kept

Open = Callable[[], DynamoTable]


@pytest.fixture
def settings(open_table: Open, tmp_path: Path) -> Settings:
    table = open_table()
    environment = {
        "BATUTA_HOME": str(tmp_path / "home"),
        "BATUTA_STORE": "dynamodb",
        "BATUTA_TABLE": table.name,
        "AWS_ENDPOINT_URL_DYNAMODB": table.options.endpoint_url,
        "AWS_REGION": "eu-west-1",
    }
    return read_settings(environment, tmp_path)


async def test_one_setting_takes_a_whole_conversation_to_dynamodb(
    settings: Settings, open_table: Open
) -> None:
    app = await open_app("tennis", replace(settings, now="2019-03-01T12:00"))
    async with Assistants(app, replace(settings, now="2019-03-01T12:00")) as assistants:
        first = await (await assistants.style("d")).chat("Book a court tomorrow at 3pm")
        assert first.reply is not None
    assert not settings.home.exists()
    found = [item async for page in open_table().pages("scan") for item in page]
    kinds = {item["pk"].split("#")[0] for item in found}
    assert kinds == {"SESSION", "RUN", "SPENDING", "MEMBER", "DAY", "EFFECTS"}
    store = open_bookings(settings)
    booked = await store.bookings()
    await store.aclose()
    assert [booking.slot_id for booking in booked] == ["2019-03-02T15:00/A"]
    async with open_records(settings) as records:
        assert [each.run_id for each in await records.list(first.principal_id)] == [first.run_id]


async def test_sessions_and_records_share_one_table_object(settings: Settings) -> None:
    sessions, records = open_stores(settings)
    await sessions.aclose()
    with pytest.raises(RuntimeError):
        await records.list("ana")


async def test_the_table_is_reached_as_the_settings_say(tmp_path: Path) -> None:
    made = read_settings(
        {"BATUTA_STORE": "dynamodb", "AWS_ENDPOINT_URL": "http://127.0.0.1:9/"}, tmp_path
    )
    table = open_table(made)
    assert (table.name, table.options.endpoint_url) == ("batuta", "http://127.0.0.1:9")
    assert where_kept(made) == "DynamoDB table batuta"
    await table.aclose()


def test_without_boto3_the_setting_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [m for m in sys.modules if m.startswith("batuta.storage.dynamodb")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "botocore", None)
    for opens in (open_stores, open_records, open_bookings):
        with pytest.raises(ConfigError, match=re.escape(install_command("aws"))):
            opens(Settings(store="dynamodb"))


async def test_files_are_what_nothing_set_means(tmp_path: Path) -> None:
    made = Settings(home=tmp_path)
    async with open_records(made) as records:
        assert await records.list("ana") == []
    assert where_kept(made) == str(made.database)
    assert made.database.exists()
