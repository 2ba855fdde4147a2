"""Every runtime runs every tree of patterns alike."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.contract.hosts import HOSTS
from tests.contract.nesting import EXAMPLES, nesting_contract
from tests.contract.runtime import Host

QUICK = {name: host for name, host in HOSTS.items() if name != "lambda"}
FEWER = settings(EXAMPLES, max_examples=12)  # an agent's call is a dozen HTTP requests


class TestNesting(nesting_contract(EXAMPLES)):
    @pytest.fixture(params=list(QUICK.values()), ids=list(QUICK))
    def host(self, request: pytest.FixtureRequest) -> Host:
        return request.param


class TestNestingOnLambda(nesting_contract(FEWER)):
    @pytest.fixture
    def host(self) -> Host:
        return HOSTS["lambda"]
