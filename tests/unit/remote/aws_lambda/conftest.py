from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.lambda_api import Cloud, cloud
from tests.unit.remote.aws_lambda.rig import Rig, rig_on


@pytest.fixture(scope="package")
def aws() -> Iterator[Cloud]:
    """A loopback Lambda and DynamoDB."""
    with cloud() as made:
        yield made


@pytest.fixture
async def rig(aws: Cloud) -> AsyncIterator[Rig]:
    async with rig_on(aws) as made:
        yield made
