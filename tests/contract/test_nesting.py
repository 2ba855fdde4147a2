"""Every runtime runs every tree of patterns alike."""

from __future__ import annotations

import pytest

from tests.contract.hosts import HOSTS
from tests.contract.nesting import NestingContract
from tests.contract.runtime import Host


class TestNesting(NestingContract):
    @pytest.fixture(params=list(HOSTS.values()), ids=list(HOSTS))
    def host(self, request: pytest.FixtureRequest) -> Host:
        return request.param
