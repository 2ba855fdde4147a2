"""Every runtime runs every tree of patterns alike."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.hosts import HOSTS
from tests.contract.nesting import EXAMPLES, TREES, Nesting, NestingContract
from tests.contract.runtime import Host
from tests.contract.trees import Node

QUICK = {name: host for name, host in HOSTS.items() if name != "lambda"}
FEWER = settings(EXAMPLES, max_examples=12)  # an agent's call is a dozen HTTP requests


class TestNesting(NestingContract):
    @pytest.fixture(params=list(QUICK.values()), ids=list(QUICK))
    def host(self, request: pytest.FixtureRequest) -> Host:
        return request.param


class TestNestingOnLambda(Nesting):
    @pytest.fixture
    def host(self) -> Host:
        return HOSTS["lambda"]

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
