"""Every runtime runs every tree of patterns alike."""

from __future__ import annotations

import pytest

from tests.contract.hosts import HOSTS
from tests.contract.nesting import NestingContract
from tests.contract.runtime import Host

# Sixty trees with a dozen HTTP requests for each agent take too long: functions have the others.
QUICK = {name: host for name, host in HOSTS.items() if name != "lambda"}


class TestNesting(NestingContract):
    @pytest.fixture(params=list(QUICK.values()), ids=list(QUICK))
    def host(self, request: pytest.FixtureRequest) -> Host:
        return request.param
