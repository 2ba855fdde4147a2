"""The durable runtime keeps every contract, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import settings

from tests.contract.accounts import AccountsContract
from tests.contract.agent import AgentCase, AgentContract
from tests.contract.durable_hosts import House, durable_house
from tests.contract.nesting import EXAMPLES, nesting_contract
from tests.contract.runtime import Host, RuntimeContract
from tests.contract.runtime_ends import EndingContract
from tests.contract.runtime_harm import HarmContract
from tests.contract.runtime_inputs import InputContract
from tests.contract.test_agents import ASKING, NAMES, case_of

# One engine for all tests of a database: DBOS is launched once, on one loop.
pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.filterwarnings(
        "ignore:.*marked with '@pytest.mark.asyncio' but it is not an async"
    ),
    # DBOS's threads draw the waits between their looks while a tree is being drawn.
    pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies"),
]


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=["sqlite", "postgresql"], name="house"
)
async def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    if request.param == "sqlite":
        where = str(tmp_path_factory.mktemp("durable") / "new" / "durable.db")
    else:
        where = request.getfixturevalue("postgres").database()
    async with durable_house(where) as made:
        yield made


class TestDurableRuntime(RuntimeContract):
    @pytest.fixture
    def host(self, house: House) -> Host:
        return house.host


class TestDurableAccounts(AccountsContract):
    @pytest.fixture
    def host(self, house: House) -> Host:
        return house.host


class TestDurableEndings(EndingContract):
    @pytest.fixture
    def host(self, house: House) -> Host:
        return house.host


class TestDurableHarm(HarmContract):
    @pytest.fixture
    def host(self, house: House) -> Host:
        return house.host


class TestDurableInputs(InputContract):
    @pytest.fixture
    def host(self, house: House) -> Host:
        return house.host


class TestAgentsOnDurable(AgentContract):
    @pytest.fixture(params=NAMES)
    def case(self, request: pytest.FixtureRequest, house: House) -> AgentCase:
        return case_of(request.param, house.host)

    @pytest.fixture(params=ASKING)
    def asking(self, request: pytest.FixtureRequest, house: House) -> AgentCase:
        return case_of(request.param, house.host)


FEWER = settings(EXAMPLES, max_examples=40)  # each run writes tens of steps to a disk


# One database is enough for the trees: what the databases do apart, the contracts above see.
@pytest.mark.parametrize("house", ["sqlite"], indirect=True, scope="module")
class TestNestingOnDurable(nesting_contract(FEWER)):
    @pytest.fixture
    def host(self, house: House) -> Host:
        return house.host
