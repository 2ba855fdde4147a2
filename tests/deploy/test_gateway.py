"""Each style's functions, run as the state says: what they may do is what they do."""

from __future__ import annotations

import asyncio
import base64
import json
import platform
import random
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from batuta.errors import ConfigError
from batuta.packaging import PackageSpec, build_package
from batuta.packaging.build import runs_here
from tests.deploy.cloud import PaperCloud, arn
from tests.deploy.conftest import Rooted
from tests.deploy.local_aws import HttpApi, client, running
from tests.deploy.rights import Grant
from tests.deploy.table import create_request
from tests.deploy.terraform import resources

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
CLIENTS = 20
ROOT = Path(__file__).parents[2]
ARCH = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
STYLES = tuple("abcdefgh")
NOW = {
    "BATUTA_NOW": "2026-11-21T09:00",
    "BATUTA_MESSAGE_CHARS": "600000",
    "BATUTA_BODY_BYTES": "900000",
}
# Random letters do not get smaller: such a session is written in pieces, and each save replaces
# those of the one before.
LONG = base64.b64encode(random.Random(6).randbytes(420_000)).decode()  # noqa: S311  no secret
JWT = {"issuer": "https://issuer.example", "audience": ["club"]}
Deployed = Callable[..., AbstractContextManager[HttpApi]]


@pytest.fixture
def deployed(root: Rooted, cloud: PaperCloud, tmp_path: Path) -> Deployed:
    @contextmanager
    def make(
        style: str,
        spoil: Callable[[Any], None] = lambda state: None,
        *,
        packaged: bool = False,
        **more: Any,
    ) -> Iterator[HttpApi]:
        shared = root("shared")
        made = root(style, jwt=JWT, **more)
        made.apply()
        state = made.shown()
        spoil(state)
        secrets = {
            given["secret_id"]: given["secret_string_wo"]
            for kind, given in cloud.told
            if kind == "aws_secretsmanager_secret_version"
        }
        # A limit makes the booking agent look at what a member has booked.
        (tmp_path / "club.toml").write_text("max_upcoming = 5\n")
        variables = {**NOW, "BATUTA_CLUB": str(tmp_path / "club.toml")}
        given = {
            "secrets": secrets,
            "variables": variables,
            "scratch": tmp_path,
            "packaged": packaged,
        }
        with running(state, create_request(shared.plan()), **given) as api:
            yield api

    return make


def say(api: HttpApi, text: str, who: str = "ana", **more: Any) -> Mapping[str, Any]:
    status, said = api.request("POST", "/chat", {"message": text, **more}, who=who)
    assert status == 200, said
    return said


def converse(api: HttpApi) -> None:
    said = say(api, "Book Court A on 2026-11-23 at 10am")
    mine = {"session_id": said["session_id"]}
    say(api, "What did I book?", **mine)
    say(api, LONG, **mine)
    say(api, "What did I book?", **mine)
    kept = {"message": "Book Court B on 2026-11-25 at 10am"}
    status, _ = api.request("POST", "/chat", kept, who="ana", key="a-key-of-its-own")
    assert status == 200


@pytest.mark.parametrize("style", STYLES)
def test_a_conversation_needs_every_right_that_is_given_and_no_other(
    deployed: Deployed, style: str
) -> None:
    with deployed(style) as api:
        hosted = [name for name in api.aws.pools if not name.endswith(("-door", "-actions"))]
        api.aws.looking = {name: asyncio.Event() for name in hosted}
        converse(api)
        rights, calls = api.aws.rights, api.aws.calls
    assert [call for call in calls if rights.denied(call)] == []
    assert rights.unused(calls) == set()
    assert any(call.operation == "TransactWriteItems" for call in calls)


def test_a_right_that_nobody_uses_is_found(deployed: Deployed) -> None:
    def spoil(state: Any) -> None:
        change_policy(state, lambda actions: [*actions, "dynamodb:Scan"])

    with deployed("d", spoil) as api:
        say(api, "What did I book?")
        unused = api.aws.rights.unused(api.aws.calls)
    table = arn("dynamodb", "table/batuta")
    assert Grant("batuta-d-door", "dynamodb:Scan", table) in unused


def test_a_call_without_a_right_is_refused_and_recorded(deployed: Deployed) -> None:
    def spoil(state: Any) -> None:
        change_policy(state, lambda actions: [a for a in actions if a != "dynamodb:UpdateItem"])

    with deployed("d", spoil) as api:
        status, said = api.request(
            "POST", "/chat", {"message": "Book a court tomorrow at 3pm"}, who="ana"
        )
        denied = [need for call in api.aws.calls for need in api.aws.rights.denied(call)]
    assert (status, said["code"]) == (500, "config")
    assert ("dynamodb:UpdateItem", arn("dynamodb", "table/batuta")) in denied


def test_a_secret_of_another_function_is_not_read(deployed: Deployed) -> None:
    def spoil(state: Any) -> None:
        text = "secret:batuta-d-door"
        change_text(state, "aws_iam_role_policy", "policy", text, "secret:another")

    with deployed("d", spoil) as api:
        assert api.request("GET", "/health")[0] == 500


def test_only_health_is_open(deployed: Deployed) -> None:
    with deployed("d") as api:
        assert api.request("GET", "/health")[0] == 200
        assert api.request("POST", "/chat", {"message": "Hello"})[0] == 401


def test_without_a_permission_the_api_reaches_no_function(deployed: Deployed) -> None:
    def spoil(state: Any) -> None:
        change_text(state, "aws_lambda_permission", "source_arn", "execute-api", "elsewhere")

    with deployed("d", spoil) as api:
        assert api.request("GET", "/health")[0] == 500


def race(api: HttpApi) -> int:
    """Let twenty members ask for one court at once; give how many have it."""
    asked = "Book Court A on 2026-11-24 at 3pm"
    api.aws.racing = True
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(lambda n: say(api, asked, f"user-{n}"), range(CLIENTS)))
    told = scan(api)
    locks = [item["sk"] for item in told if item["sk"].startswith("LOCK#2026-11-24T15:00")]
    assert "LOCK#2026-11-24T15:00/A" in locks
    booked = [item["slot_id"] for item in told if item["sk"].startswith("BOOKING#")]
    return booked.count("2026-11-24T15:00/A")


@pytest.mark.timeout(300)  # four functions, each in several processes
def test_twenty_clients_race_through_the_zip_that_terraform_sends(
    deployed: Deployed, tmp_path: Path
) -> None:
    spec = PackageSpec(style="c", arch=ARCH, project=ROOT, offline=True, here=True)
    if not runs_here(spec):
        pytest.skip("Lambda's packages run on Linux alone")
    try:
        package = build_package(spec, tmp_path / "c.zip")
    except ConfigError as error:
        if "cache" not in str(error):
            raise
        pytest.skip(f"uv's cache lacks what a package needs: {error.what[-200:]}")
    with deployed("c", packaged=True, package=str(package.path)) as api:
        assert race(api) == 1
        assert {c.who for c in api.aws.calls if c.operation == "TransactWriteItems"} >= {
            "batuta-c-booking"
        }


def test_without_its_conditions_the_race_has_many_winners(deployed: Deployed) -> None:
    with deployed("a") as api:
        api.aws.unconditional = True
        assert race(api) > 1


def test_actions_by_lambda_are_done_with_the_functions_own_rights(deployed: Deployed) -> None:
    with deployed("h", execution="lambda") as api:
        say(api, "Book a court on 2026-11-23 at 10am")
        who = {call.who for call in api.aws.calls if call.operation == "TransactWriteItems"}
        assert who == {"batuta-h-actions"}


def change_text(state: Any, kind: str, name: str, old: str, new: str) -> None:
    for each in resources(state, kind):
        each["values"][name] = each["values"][name].replace(old, new)


def change_policy(state: Any, change: Callable[[list[str]], list[str]]) -> None:
    """Change what may be done to the table."""
    for each in resources(state, "aws_iam_role_policy"):
        policy = json.loads(each["values"]["policy"])
        for statement in policy["Statement"]:
            if statement["Sid"] == "Table":
                statement["Action"] = change(statement["Action"])
        each["values"]["policy"] = json.dumps(policy)


def scan(api: HttpApi) -> list[dict[str, str]]:
    """Read the whole table, as nobody's function may."""
    reader = client(api.url)
    try:
        items = reader.scan(TableName="batuta")["Items"]
    finally:
        reader.close()
    return [{k: next(iter(v.values())) for k, v in item.items()} for item in items]
