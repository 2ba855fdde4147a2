"""The state is kept in a bucket, and one at a time may change it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.deploy import bucket
from tests.deploy.bucket import Bucket
from tests.deploy.conftest import KEY, Rooted
from tests.deploy.terraform import Terraform

ACCESS = {
    "AWS_ACCESS_KEY_ID": "made-up",
    "AWS_SECRET_ACCESS_KEY": "made-up",
    "AWS_EC2_METADATA_DISABLED": "true",
}
HERE = {
    "bucket": "states",
    "region": "eu-west-1",
    "use_path_style": "true",
    "skip_credentials_validation": "true",
    "skip_requesting_account_id": "true",
    "skip_metadata_api_check": "true",
    "skip_s3_checksum": "true",
}


@pytest.fixture
def states() -> Iterator[Bucket]:
    with bucket.serving() as served:
        yield served


def kept_in(states: Bucket, made: Terraform) -> Terraform:
    """Use the root's own backend, as a user does."""
    (made.folder / "backend_override.tf").unlink()
    given = HERE | {"endpoint": states.url}
    words = [f"-backend-config={name}={value}" for name, value in given.items()]
    made.run("init", "-input=false", "-no-color", "-reconfigure", *words, more=ACCESS)
    return made


@pytest.mark.parametrize("name", ["shared", "a", "h"])
def test_the_state_is_in_the_bucket_under_its_own_key(
    root: Rooted, states: Bucket, name: str
) -> None:
    made = kept_in(states, root(name))
    made.run("apply", "-auto-approve", "-input=false", "-no-color", more=ACCESS)
    assert list(states.objects) == [f"batuta/{name}.tfstate"]
    assert f"batuta/{name}.tfstate.tflock" in states.written
    state = states.objects[f"batuta/{name}.tfstate"].decode()
    assert json.loads(state)["resources"]
    assert KEY not in state


def test_a_second_apply_at_once_is_refused(root: Rooted, states: Bucket) -> None:
    made = kept_in(states, root("shared"))
    states.objects["batuta/shared.tfstate.tflock"] = b'{"ID": "another"}'
    said = made.run("apply", "-auto-approve", "-input=false", "-no-color", fails=True, more=ACCESS)
    assert "Error acquiring the state lock" in said
    assert states.refused == ["batuta/shared.tfstate.tflock"]


def test_without_a_lock_file_nobody_would_be_refused(root: Rooted, states: Bucket) -> None:
    made = root("shared")
    file = made.folder / "main.tf"
    file.write_text(file.read_text().replace("    use_lockfile = true\n", ""))
    kept_in(states, made)
    states.objects["batuta/shared.tfstate.tflock"] = b'{"ID": "another"}'
    made.run("apply", "-auto-approve", "-input=false", "-no-color", more=ACCESS)
    assert states.refused == []
