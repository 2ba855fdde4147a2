"""Every ``Runtime`` keeps the contract."""

from __future__ import annotations

import pytest

from tests.contract.hosts import HOSTS
from tests.contract.runtime import Host, RuntimeContract
from tests.contract.runtime_ends import EndingContract
from tests.contract.runtime_harm import HarmContract
from tests.contract.runtime_inputs import InputContract


class TestRuntimes(RuntimeContract):
    @pytest.fixture(params=list(HOSTS.values()), ids=list(HOSTS))
    def host(self, request: pytest.FixtureRequest) -> Host:
        return request.param


class TestEndings(EndingContract):
    @pytest.fixture(params=list(HOSTS.values()), ids=list(HOSTS))
    def host(self, request: pytest.FixtureRequest) -> Host:
        return request.param


class TestHarm(HarmContract):
    @pytest.fixture(params=list(HOSTS.values()), ids=list(HOSTS))
    def host(self, request: pytest.FixtureRequest) -> Host:
        return request.param


class TestInputs(InputContract):
    @pytest.fixture(params=list(HOSTS.values()), ids=list(HOSTS))
    def host(self, request: pytest.FixtureRequest) -> Host:
        return request.param
