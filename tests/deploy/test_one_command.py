"""``make deploy`` from nothing, with the real terraform, twice."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from scripts.deploy import Step, Wanted, deploy, environment_of, steps
from tests.deploy import bucket
from tests.deploy.bucket import Bucket
from tests.deploy.cloud import REGION
from tests.deploy.conftest import Rooted
from tests.deploy.test_backend import ACCESS, HERE


@pytest.fixture
def states() -> Iterator[Bucket]:
    with bucket.serving() as served:
        yield served


@pytest.fixture
def s3() -> Any:
    moto, boto3 = import_module("moto"), import_module("boto3")
    with moto.mock_aws():
        given = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
        yield boto3.client("s3", region_name=REGION, **given)


def test_a_style_is_made_from_nothing_and_a_second_time_nothing_changes(
    root: Rooted, states: Bucket, s3: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    shared, style = root("shared"), root("g")
    for made in (shared, style):
        (made.folder / "backend_override.tf").unlink()
        shutil.rmtree(made.folder / ".terraform")
    what = Wanted(style="g", region=REGION, bucket="states", yes=True, folder=shared.modules)
    words = {**HERE, "endpoint": states.url}
    what.backend.write_text("".join(f"{n} = {json.dumps(v)}\n" for n, v in words.items()))
    given = {
        "PATH": os.environ["PATH"],
        "HOME": str(shared.modules),
        "CHECKPOINT_DISABLE": "1",
        "TF_VAR_package": style.variables["package"],
        **shared.environment,
        **ACCESS,
    }
    todo = [
        Step(told=step.told, command=("true",)) if step.told == "the package" else step
        for step in steps(what, "states", lambda: s3)
    ]
    for _ in range(2):
        deploy(todo, environment_of(what, given), dry=False)

    said = capfd.readouterr().out
    assert said.count("Apply complete!") == 4
    assert said.count("Apply complete! Resources: 0 added, 0 changed, 0 destroyed.") == 2
    assert set(states.objects) == {"batuta/shared.tfstate", "batuta/g.tfstate"}
    assert said.rstrip().rpartition("\n")[2].startswith("https://")
    assert [b["Name"] for b in s3.list_buckets()["Buckets"]] == ["states"]
