"""One command makes a style from nothing; Terraform and AWS are doubles here.

tests/deploy does the same with the real terraform.
"""

from __future__ import annotations

import json
import os
import stat
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from scripts.deploy import Step, Wanted, deploy, environment_of, lack, main, make_bucket, steps

REGION = "eu-west-1"
TERRAFORM = """#!/bin/sh
if [ "$1" = version ]; then echo '{"terraform_version": "VERSION"}'; exit; fi
echo "$@ | $TF_VAR_region $TF_VAR_models" >> "$RECORDED"
case "$*" in *$FAILS*) exit 3;; esac
"""


@pytest.fixture
def s3() -> Any:
    moto, boto3 = import_module("moto"), import_module("boto3")
    with moto.mock_aws():
        yield boto3.client(
            "s3", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x"
        )


def wanted(folder: Path, **more: Any) -> Wanted:
    return Wanted(style="d", region=REGION, bucket="states-of-mine", folder=folder, **more)


def terraform(folder: Path, version: str = "1.11.0") -> Path:
    made = folder / "terraform"
    made.write_text(TERRAFORM.replace("VERSION", version))
    made.chmod(made.stat().st_mode | stat.S_IXUSR)
    return made


def test_the_bucket_is_made_shut_and_is_left_when_it_is_there(s3: Any) -> None:
    said = [make_bucket(s3, "states-of-mine", REGION) for _ in range(2)]

    assert [each.partition(";")[0] for each in said] == ["was made", "is there already"]
    assert s3.get_bucket_versioning(Bucket="states-of-mine")["Status"] == "Enabled"
    shut = s3.get_public_access_block(Bucket="states-of-mine")["PublicAccessBlockConfiguration"]
    assert set(shut.values()) == {True}
    policy = json.loads(s3.get_bucket_policy(Bucket="states-of-mine")["Policy"])
    assert policy["Statement"][0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_every_step_is_taken_in_order(
    s3: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    terraform(tmp_path)
    what = wanted(tmp_path, model="openai:gpt-5-mini", yes=True)
    record = tmp_path / "recorded"
    given = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "RECORDED": str(record)}
    todo = [
        Step(told=step.told, command=("true",)) if step.told == "the package" else step
        for step in steps(what, "states-of-mine", lambda: s3)
    ]
    given["FAILS"] = "no such word"
    deploy(todo, environment_of(what, given), dry=False)

    words = [line.partition(" | ") for line in record.read_text().splitlines()]
    shared, style = f"-chdir={tmp_path / 'shared'}", f"-chdir={tmp_path / 'd'}"
    init = f"init -input=false -backend-config={tmp_path / 'backend.hcl'}"
    apply = "apply -auto-approve -input=false"
    assert [said for said, _, _ in words] == [
        f"{shared} {init}",
        f"{shared} {apply}",
        f"{style} {init}",
        f"{style} {apply}",
        f"{style} output -raw api_endpoint",
    ]
    assert {brought for _, _, brought in words} == {f'{REGION} {{"default": "openai:gpt-5-mini"}}'}
    assert 'bucket = "states-of-mine"' in (tmp_path / "backend.hcl").read_text()
    assert [b["Name"] for b in s3.list_buckets()["Buckets"]] == ["states-of-mine"]


def test_it_ends_at_the_first_step_that_fails(tmp_path: Path) -> None:
    terraform(tmp_path)
    record = tmp_path / "recorded"
    given = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "RECORDED": str(record), "FAILS": "shared"}
    todo = [step for step in steps(wanted(tmp_path), "b", lambda: None) if "table" in step.told]

    with pytest.raises(SystemExit, match="terraform ended with 3"):
        deploy(todo, environment_of(wanted(tmp_path), given), dry=False)
    assert len(record.read_text().splitlines()) == 1


def test_a_dry_run_shows_each_step_and_does_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["g", "--region", REGION, "--dry-run", "--bucket", "never-made"])

    said = capsys.readouterr().out
    assert said.count("/8 ") == 8
    assert "batuta package --style g" in said
    assert "-backend-config=" in said


def test_a_secret_is_made_where_functions_call_each_other_and_nobody_brings_one() -> None:
    made = environment_of(Wanted(style="g", region=REGION), {})
    again = environment_of(Wanted(style="g", region=REGION), {})
    brought = environment_of(Wanted(style="g", region=REGION), {"TF_VAR_secrets": "{}"})

    secret = json.loads(made["TF_VAR_secrets"])["all"]["BATUTA_SECRET"]
    assert len(secret) == 64
    assert again["TF_VAR_secrets"] != made["TF_VAR_secrets"]
    assert (brought["TF_VAR_secrets"], "TF_VAR_secrets_version" in brought) == ("{}", False)
    assert "TF_VAR_secrets" not in environment_of(Wanted(style="d", region=REGION), {})


@pytest.mark.parametrize(("version", "why"), [("1.10.9", "older"), ("1.11.0", ""), ("2.0.1", "")])
def test_an_old_terraform_is_refused(version: str, why: str, tmp_path: Path) -> None:
    assert why in lack(str(terraform(tmp_path, version)))
    assert bool(lack(str(terraform(tmp_path, version)))) == bool(why)
    assert "not on the PATH" in lack(None)
