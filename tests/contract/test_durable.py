"""The durable runtime keeps every contract, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("dbos")

from tests.contract.agent import AgentCase, AgentContract
from tests.contract.durable_hosts import House, durable_house
from tests.contract.nesting import EXAMPLES, TREES, Nesting
from tests.contract.runtime import Host, RuntimeContract
from tests.contract.runtime_ends import EndingContract
from tests.contract.test_agents import CASES
from tests.contract.trees import Node

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


class TestDurableEndings(EndingContract):
    @pytest.fixture
    def host(self, house: House) -> Host:
        return house.host


class TestAgentsOnDurable(AgentContract):
    @pytest.fixture(params=list(CASES))
    def case(self, request: pytest.FixtureRequest, house: House) -> AgentCase:
        return replace(CASES[request.param], host=house.host)


FEWER = settings(EXAMPLES, max_examples=40)  # each run writes tens of steps to a disk


class TestNestingOnDurable(Nesting):
    @pytest.fixture
    def host(self, house: House) -> Host:
        if not house.engine.store.is_sqlite:
            pytest.skip("the trees are tried on SQLite")
        return house.host

    @FEWER
    @given(tree=TREES)
    async def test_a_tree_says_what_the_plain_program_says(self, host: Host, tree: Node) -> None:
        await self.says_what_the_plain_program_says(host, tree)

    @FEWER
    @given(tree=TREES, most=st.integers(0, 12))
    async def test_a_budget_holds_over_any_tree(self, host: Host, tree: Node, most: int) -> None:
        await self.keeps_its_budget(host, tree, most)

    @FEWER
    @given(tree=TREES, after=st.integers(1, 60))
    async def test_a_cancelled_tree_leaves_no_task_behind(
        self, host: Host, tree: Node, after: int
    ) -> None:
        await self.leaves_no_task_behind(host, tree, after)
