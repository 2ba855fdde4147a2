"""``LocalModel`` keeps the contract of a ``Model``, over a process that stands in for llama.cpp."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from batuta.models.local import LocalModel
from batuta.models.local.server import SERVERS, ServerSpec
from tests.contract.model import ModelCase, ModelContract
from tests.contract.test_models import REQUESTS
from tests.local_server import COMMAND


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file whose server, which all share, is kept until the last test."""
    path = tmp_path_factory.mktemp("weights") / "rules.gguf"
    path.write_bytes(b"GGUF")
    spec = ServerSpec(f"local:{path}", path, COMMAND)
    SERVERS.take(spec)
    yield path
    SERVERS.leave(spec)


class TestLocalModel(ModelContract):
    @pytest.fixture
    async def case(self, weights: Path) -> AsyncIterator[ModelCase]:
        made: list[LocalModel] = []

        def make() -> LocalModel:
            made.append(LocalModel(f"local:{weights}", command=COMMAND))
            return made[-1]

        yield ModelCase(make=make, **REQUESTS)
        for model in made:
            await model.aclose()
