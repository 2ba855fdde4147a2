"""A cloud on paper, and terraform in front of it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from batuta.cli.package import agent_beside
from tests.deploy.cloud import PaperCloud
from tests.deploy.provider import provider
from tests.deploy.terraform import Terraform, copied, lack

Rooted = Callable[..., Terraform]
KEY = "sk-made-up-1234567890"
SECRETS = {"all": {"BATUTA_SECRET": "signs-" + "1234567890" * 4}, "door": {"OPENAI_API_KEY": KEY}}


@pytest.fixture(scope="session", autouse=True)
def _terraform() -> None:
    if lack():
        pytest.skip(lack())


@pytest.fixture
def cloud() -> PaperCloud:
    return PaperCloud()


@pytest.fixture
def environment(cloud: PaperCloud) -> Iterator[dict[str, str]]:
    # A socket's path may have some hundred characters; pytest's folders are longer.
    with tempfile.TemporaryDirectory(prefix="tf") as folder, provider(cloud, Path(folder)) as found:
        yield found


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the agent of style H is made of, as the command line writes it."""
    return asyncio.run(agent_beside(tmp_path_factory.mktemp("agent") / "h.zip")).read_text()


@pytest.fixture
def definition(tmp_path: Path, told: str) -> Path:
    file = tmp_path / "agent.json"
    file.write_text(told)
    return file


@pytest.fixture
def root(tmp_path: Path, environment: dict[str, str], definition: Path) -> Rooted:
    """Give a root, or a module, in a copy of its own, ready to be planned."""
    package = tmp_path / "package.zip"
    package.write_bytes(b"the first package")

    def make(name: str, **variables: Any) -> Terraform:
        given: dict[str, Any] = {}
        if len(name) == 1:
            given = {"package": str(package), "secrets": SECRETS, "secrets_version": 1}
        if name == "h":
            given["definition"] = str(definition)
        return copied(tmp_path, name, environment, **{**given, **variables})

    return make
