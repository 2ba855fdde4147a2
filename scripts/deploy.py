"""Deploys a style to AWS from nothing, in one command: bucket of states, package, table, style.

    make deploy STYLE=d REGION=eu-west-1 ARGS="--model openai:gpt-5-mini"
    make deploy STYLE=d ARGS=--dry-run

What is there already stays: the bucket, its name in deploy/terraform/backend.hcl, the table.
Terraform shows each plan and asks before it makes anything, unless --yes is said.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TERRAFORM = ROOT / "deploy" / "terraform"
STYLES = "abcdefgh"
OLDEST = (1, 11)
_SIGNS = "cgh"
"""Styles whose functions call each other, or are called by an agent: who asks is signed."""
_US = "us-east-1"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What shall be deployed, and where.

    Args:
        bucket: Of the states; empty takes that of backend.hcl, or names one after the account.
        yes: Make it without asking.
    """

    style: str
    region: str
    bucket: str = ""
    model: str = ""
    python: str = "3.13"
    arch: str = "arm64"
    yes: bool = False
    folder: Path = TERRAFORM

    @property
    def backend(self) -> Path:
        """The file that says where states are."""
        return self.folder / "backend.hcl"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to be done.

    Args:
        command: What is run; empty where ``do`` does it.
        told: What is done, for whoever reads along.
    """

    told: str
    command: tuple[str, ...] = ()
    do: Callable[[], str] | None = None


def named_bucket(wanted: Wanted, account: Callable[[], str]) -> str:
    """Say which bucket has the states."""
    if wanted.bucket:
        return wanted.bucket
    if wanted.backend.exists():
        found = re.search(r'^\s*bucket\s*=\s*"([^"]+)"', wanted.backend.read_text(), re.MULTILINE)
        if found is not None:
            return found[1]
    return f"batuta-states-{account()}-{wanted.region}"


def make_bucket(s3: Any, name: str, region: str) -> str:
    """Make the bucket of the states, or see that it is ours; give what was done.

    Versions are kept, since a state that is lost cannot be made anew; nothing is public, and nobody
    reaches it without TLS.
    """
    try:
        s3.head_bucket(Bucket=name)
        made = "is there already"
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in {"404", "NoSuchBucket"}:
            raise SystemExit(f"Bucket {name} cannot be used: {error}") from error
        where = {} if region == _US else {"LocationConstraint": region}
        s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": where} if where else {}))
        made = "was made"
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    shut = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(
        Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(shut, True)
    )
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(_with_tls_alone(name)))
    return f"{made}; its versions are kept, and nothing in it is public"


def _with_tls_alone(bucket: str) -> Mapping[str, Any]:
    arn = f"arn:aws:s3:::{bucket}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsAlone",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def write_backend(wanted: Wanted, bucket: str) -> str:
    """Write where states are kept, unless it is written already."""
    if wanted.backend.exists():
        return "is there already"
    wanted.backend.write_text(f'bucket = "{bucket}"\nregion = "{wanted.region}"\n')
    return f"names {bucket}"


def steps(wanted: Wanted, bucket: str, s3: Callable[[], Any]) -> Iterator[Step]:
    """Give all that has to be done, in order."""
    style = wanted.style
    yield Step(
        told=f"the bucket of the states, {bucket}",
        do=lambda: make_bucket(s3(), bucket, wanted.region),
    )
    yield Step(told="deploy/terraform/backend.hcl", do=lambda: write_backend(wanted, bucket))
    model = ("--model", wanted.model) if wanted.model else ()
    package = ("--style", style, "--python", wanted.python, "--arch", wanted.arch, *model)
    yield Step(told="the package", command=(sys.executable, "-m", "batuta", "package", *package))
    yield from _root(wanted, "shared", "the table that all styles share")
    yield from _root(wanted, style, f"style {style}")
    where = ("output", "-raw", "api_endpoint")
    yield Step(told="where it is", command=("terraform", f"-chdir={wanted.folder / style}", *where))


def _root(wanted: Wanted, name: str, told: str) -> Iterator[Step]:
    at = ("terraform", f"-chdir={wanted.folder / name}")
    asks = ("-auto-approve", "-input=false") if wanted.yes else ()
    init = ("init", "-input=false", f"-backend-config={wanted.backend}")
    yield Step(told=f"{told}: made ready", command=(*at, *init))
    yield Step(told=f"{told}: applied", command=(*at, "apply", *asks))


def environment_of(wanted: Wanted, given: Mapping[str, str]) -> dict[str, str]:
    """Give what commands are run with: a secret of the style's own where nobody brings any.

    What stands in terraform.tfvars goes before all of it. Terraform writes the secret once, and
    keeps it in no state: a later deployment leaves it as it is.
    """
    said = {"region": wanted.region, "python": wanted.python, "arch": wanted.arch}
    if wanted.model:
        said["models"] = json.dumps({"default": wanted.model})
    made = {**{f"TF_VAR_{name}": value for name, value in said.items()}, **given}
    if wanted.style in _SIGNS and "TF_VAR_secrets" not in given:
        secret = {"all": {"BATUTA_SECRET": secrets.token_hex(32)}}
        made |= {"TF_VAR_secrets": json.dumps(secret), "TF_VAR_secrets_version": "1"}
    return made


def lack(found: str | None) -> str:
    """Say why Terraform cannot be used; empty where it can."""
    if found is None:
        return "Terraform is not on the PATH. Install 1.11 or later."
    done = subprocess.run(  # noqa: S603 - what the PATH has under that name
        [found, "version", "-json"], capture_output=True, text=True, check=False
    )
    version = re.search(r'"terraform_version": "(\d+)\.(\d+)', done.stdout)
    if version is None or (int(version[1]), int(version[2])) < OLDEST:
        return "Terraform is older than 1.11. Install a newer one."
    return ""


def deploy(todo: Sequence[Step], environment: Mapping[str, str], *, dry: bool) -> None:
    """Do each step, or show it; ends at the first that fails."""
    for number, step in enumerate(todo, start=1):
        shown = f"{number}/{len(todo)} {step.told}"
        if dry:
            print(f"{shown}\n    {shlex.join(step.command) or '(by boto3, or a file here)'}")
        elif step.do is not None:
            print(f"{shown}: {step.do()}", flush=True)
        else:
            print(shown, flush=True)
            done = subprocess.run(step.command, env=dict(environment), check=False)  # noqa: S603
            if done.returncode:
                raise SystemExit(f"{step.told}: {step.command[0]} ended with {done.returncode}")


def read(words: Sequence[str]) -> tuple[Wanted, bool]:
    """Read the command line: what is wanted, and whether it is only shown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    region = os.environ.get("AWS_REGION", "")
    parser.add_argument("style", choices=list(STYLES))
    parser.add_argument("--region", default=region, help="else AWS_REGION")
    parser.add_argument("--bucket", default="", help="of the states; made where it is not there")
    parser.add_argument("--model", default="", help="else the offline stand-in answers")
    parser.add_argument("--python", default="3.13")
    parser.add_argument("--arch", default="arm64", choices=["arm64", "x86_64"])
    parser.add_argument("--yes", action="store_true", help="apply without asking")
    parser.add_argument("--dry-run", action="store_true", help="show each step; ask AWS nothing")
    given = vars(parser.parse_args(words))
    dry = given.pop("dry_run")
    if not given["region"]:
        parser.error("say --region, or set AWS_REGION")
    return Wanted(**given), dry


def main(words: Sequence[str] | None = None) -> None:
    """Deploy, or show what would be done."""
    boto3: Any = import_module("boto3")
    wanted, dry = read(sys.argv[1:] if words is None else words)
    if not dry and (wrong := lack(shutil.which("terraform"))):
        raise SystemExit(wrong)
    session = boto3.Session(region_name=wanted.region)

    def account() -> str:
        if dry:
            return "<account>"
        return str(session.client("sts").get_caller_identity()["Account"])

    bucket = named_bucket(wanted, account)

    def s3() -> Any:
        return session.client("s3")

    todo = list(steps(wanted, bucket, s3))
    deploy(todo, environment_of(wanted, os.environ), dry=dry)


if __name__ == "__main__":
    main()
