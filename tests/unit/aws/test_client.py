"""A client of one of AWS's services over a real socket: made when used, closed when given up."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from batuta.aws.client import ClientOptions, ServiceClient
from batuta.aws.errors import aws_failure, raised_by_aws
from batuta.aws.guard import Guard
from batuta.errors import ConfigError, install_command
from tests.patience import scaled
from tests.unit.models.vendors.socket_server import HANG, answer, serving


def client_at(url: str, **more: Any) -> ServiceClient:
    options = ClientOptions(region="eu-west-1", endpoint_url=url, signed=False, **more)
    return ServiceClient("dynamodb", options, what="The table")


def tables(client: Any) -> list[str]:
    return client.list_tables()["TableNames"]


async def test_a_closed_client_is_made_anew_by_the_next_call() -> None:
    async with serving(answer({"TableNames": ["a"]})) as server:
        service = client_at(server.url)
        for _ in range(2):
            assert await service.call(tables) == ["a"]
            await service.aclose()
        await service.aclose(wait=True)
        assert server.connections == 2


async def test_one_call_is_one_request_unless_more_tries_are_wanted() -> None:
    for tries in (1, 3):
        async with serving(answer({"__type": "x#InternalServerError"}, 500)) as server:
            service = client_at(server.url, tries=tries)
            with pytest.raises(raised_by_aws()) as caught:
                await service.call(tables)
            await service.aclose(wait=True)
        assert aws_failure(caught.value).kind == "unavailable"
        assert len(server.asked) == tries


async def test_a_call_that_is_given_up_ends_its_thread_at_once() -> None:
    async with serving([HANG]) as server:
        service = client_at(server.url, timeout_s=scaled(60.0))

        async def ask() -> None:
            with Guard(1_000)():
                await service.call(tables)

        asking = asyncio.create_task(ask())
        while not server.asked:  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        async with asyncio.timeout(20):
            await service.aclose(wait=True)


async def test_a_reply_that_is_longer_than_is_read_ends_the_call() -> None:
    async with serving(answer({"TableNames": ["a" * 5_000]})) as server:
        service = client_at(server.url)
        with Guard(1_000)(), pytest.raises(raised_by_aws()) as caught:
            await service.call(tables)
        await service.aclose(wait=True)
    assert aws_failure(caught.value).kind == "too_long"


async def test_no_region_and_settings_that_cannot_be_used_say_what_to_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    service = ServiceClient("dynamodb", ClientOptions(), what="The table", section="dynamodb")
    with pytest.raises(ConfigError, match="The table cannot be used: no AWS region") as caught:
        await service.connect()
    assert caught.value.mend == "Set AWS_REGION, or region in [dynamodb], and credentials."
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(ConfigError, match="The table cannot be used: ProfileNotFound"):
        await service.connect()
    await service.aclose()


@pytest.mark.parametrize("missing", ["boto3", "botocore"])
def test_where_boto3_is_missing_it_says_what_to_install(missing: str) -> None:
    code = (
        "import asyncio, sys\n"
        f"sys.modules[{missing!r}] = None\n"
        "from batuta.aws.client import ClientOptions, ServiceClient\n"
        "from batuta.errors import ConfigError\n"
        "try:\n"
        "    asyncio.run(ServiceClient('s3', ClientOptions(), what='It').connect())\n"
        "except ConfigError as error:\n"
        "    print(error, *error.__notes__)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"It needs {missing}, which is not installed. ")
    assert done.stdout.strip().endswith(f"Run: {install_command('aws')}")
