"""What holds for every test: no keys, no network but this machine, and luck that repeats."""

from __future__ import annotations

import gc
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from tests import clocks, skips
from tests.clocks import (
    pytest_addoption,
    pytest_fixture_setup,
    pytest_runtest_logreport,
    pytest_runtest_makereport,
    pytest_runtest_protocol,
    pytest_terminal_summary,
    pytest_unconfigure,
)
from tests.lambda_packages import packages
from tests.patience import scaled
from tests.postgres import postgres

__all__ = [
    "packages",
    "postgres",
    "pytest_addoption",
    "pytest_fixture_setup",
    "pytest_runtest_logreport",
    "pytest_runtest_makereport",
    "pytest_runtest_protocol",
    "pytest_terminal_summary",
    "pytest_unconfigure",
]


def pytest_configure(config: pytest.Config) -> None:
    clocks.pytest_configure(config)
    skips.pytest_configure(config)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect garbage of the tests alone: what is loaded before them stays, and is millions."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


if TYPE_CHECKING:
    from batuta.storage.dynamodb_client import DynamoTable

LOOPBACK = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "::", "", None}  # noqa: S104 - only compared
# Whatever would make a test depend on the shell that it was started from.
FOREIGN = (
    *("ANTHROPIC_", "AWS_", "AZURE_", "BATUTA_", "BEDROCK_", "GEMINI_", "GOOGLE_", "GROQ_"),
    *("LANGFUSE_", "LOGFIRE_", "MISTRAL_", "OPENAI_", "OTEL_"),
)

# At import rather than in a fixture: modules under test and child processes must not see them.
for _name in [name for name in os.environ if name.startswith(FOREIGN)]:
    del os.environ[_name]
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "localhost,127.0.0.1,::1"
os.environ["OPENAI_AGENTS_DISABLE_TRACING"] = "1"
# A job in a shell's background ignores Ctrl-C, and so would every process that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("here", deadline=None)
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(autouse=True, scope="session")
def closed_name_service() -> Iterator[None]:
    """Refuse to look up other machines' names; pytest-socket refuses to connect to them."""
    resolve = socket.getaddrinfo

    def refuse_strangers(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in LOOPBACK:
            raise socket.gaierror(socket.EAI_NONAME, f"tests may not look up {name}")
        return resolve(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", refuse_strangers)
        yield


@pytest.fixture(scope="session")
def dynamodb_url() -> Iterator[str]:
    """Address of a DynamoDB of our own: moto, one request at a time, in a thread."""
    from batuta.offline import OfflineModel
    from batuta.standin import Wire, standin_in_thread
    from batuta.storage.dynamodb_standin import DynamoStandIn

    with standin_in_thread(OfflineModel(), Wire(keep=0), more={"/": DynamoStandIn()}) as server:
        yield server.url


@pytest.fixture
async def open_table(
    dynamodb_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[[], DynamoTable]]:
    """Opens one new table, with a client of its own each time."""
    from batuta.core.ids import new_id
    from batuta.storage.dynamodb_client import DynamoTable, TableOptions
    from batuta.storage.dynamodb_table import create_table

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "loopback")
    name, opened = new_id("table"), list[DynamoTable]()

    def open_table() -> DynamoTable:
        options = TableOptions(region="eu-west-1", endpoint_url=dynamodb_url, timeout_s=scaled(30))
        opened.append(DynamoTable(name, options))
        return opened[-1]

    await create_table(open_table())
    yield open_table
    for table in opened:
        await table.aclose()
