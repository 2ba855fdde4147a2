"""The vendors' adapter keeps the contract of a ``Model`` on every wire, over the stand-in."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from batuta.core.redaction import Secret
from batuta.models.vendors import PROVIDERS, VendorAccess, VendorModel
from batuta.offline import OfflineModel
from batuta.standin import StandIn, serve_standin
from tests.contract.model import ModelCase, ModelContract
from tests.contract.test_models import REQUESTS
from tests.patience import scaled


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    """One stand-in for all, in a thread and loop of its own."""
    started: list[StandIn] = []
    ready, done = threading.Event(), threading.Event()

    async def serve() -> None:
        async with serve_standin(OfflineModel()) as server:
            started.append(server)
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(scaled(60))
    yield started[0]
    done.set()
    thread.join(scaled(60))


class TestVendorModels(ModelContract):
    @pytest.fixture(params=PROVIDERS)
    async def case(
        self, request: pytest.FixtureRequest, standin: StandIn, monkeypatch: pytest.MonkeyPatch
    ) -> AsyncIterator[ModelCase]:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "loopback")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "loopback")
        provider: str = request.param
        plain = provider in {"anthropic", "bedrock"}
        access = VendorAccess(
            key=Secret("sk-loopback"),
            base_url=standin.url if plain else standin.openai_url,
            region="us-east-1",
        )
        name = f"{provider}:offline{'.' if provider == 'bedrock' else ':'}rules"
        made: list[VendorModel] = []

        def make() -> VendorModel:
            made.append(VendorModel(name, access))
            return made[-1]

        yield ModelCase(make=make, **REQUESTS)
        for model in made:
            await model.aclose()
