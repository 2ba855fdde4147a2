"""Each style's functions, run as the state says: what they may do is what they do."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.cloud import PaperCloud, arn
from tests.deploy.conftest import Rooted
from tests.deploy.local_aws import HttpApi, client, running
from tests.deploy.rights import Grant
from tests.deploy.table import create_request
from tests.deploy.terraform import STYLES, resources
from tests.deploy.transcripts import Talk, noted, shown
from tests.lambda_packages import Packages

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
CLIENTS = 20
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
        variables = {
            **NOW,
            "BATUTA_CLUB": str(tmp_path / "club.toml"),
            "BATUTA_KEPT_CHARS": "1000000",  # a long message is kept in pieces, later deleted
        }
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


def converse(talk: Talk) -> None:
    talk.health()
    said = talk.say("I want to play on 2026-11-23 at 10am, which courts are free?")
    mine = {"session_id": said["session_id"]}
    talk.say("Court B, please", **mine)
    talk.say(LONG, **mine)
    talk.say("Book Court A on 2026-11-24 at 3pm", **mine)
    for _ in range(2):  # sent once more, it is answered from the record
        talk.say("Book Court C on 2026-11-25 at 10am", key="a-key-of-its-own")


@pytest.mark.timeout(300)  # the first one builds its style's package
@pytest.mark.parametrize("style", STYLES)
def test_a_conversation_through_the_styles_zip_needs_every_right_and_is_the_one_that_is_shown(
    deployed: Deployed, packages: Packages, style: str
) -> None:
    package = packages.built(style)
    with deployed(style, packaged=True, package=str(package.path)) as api:
        hosted = [name for name in api.aws.pools if not name.endswith(("-door", "-actions"))]
        api.aws.looking = {name: asyncio.Event() for name in hosted}
        talk = Talk(api, "ana")
        converse(talk)
        rights, calls = api.aws.rights, api.aws.calls
        section = talk.section(style, bookings(api))
    assert [call for call in calls if rights.denied(call)] == []
    assert rights.unused(calls) == set()
    if not noted(style, section, package):
        assert section == shown(style), "run: python -m tests.deploy.transcripts"


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


def test_the_api_waits_as_long_as_its_integration_says_and_the_function_works_on(
    deployed: Deployed,
) -> None:
    asked = {"message": "Book Court A on 2026-11-24 at 3pm"}
    with deployed("d") as api:
        api.aws.held = threading.Event()
        wait_no_longer(api, 2_000)
        said = api.request("POST", "/chat", asked, who="ana", key="mine")
        assert said == (503, {"message": "Service Unavailable"})
        (pool,) = api.aws.pools.values()
        assert [worker.alive for worker in pool.made] == [True]
        assert (pool.idle.qsize(), booked(api)) == (0, [])

        api.aws.held.set()
        wait_no_longer(api, 30_000)
        status, again = api.request("POST", "/chat", asked, who="ana", key="mine")
        assert (status, booked(api)) == (200, ["2026-11-24T15:00/A"]), again


def test_what_is_larger_than_the_api_or_lambda_take_reaches_no_function(deployed: Deployed) -> None:
    with deployed("d") as api:
        for size in (10_000_001, 6 * 1_048_576):
            said = api.request("POST", "/chat", {"message": "x" * size}, who="ana")
            assert said == (413, {"message": "Request Entity Too Large"})
        assert [pool.made for pool in api.aws.pools.values()] == [[]]
        status, said = api.request("POST", "/chat", {"message": "x" * 5_000_000}, who="ana")
        assert (status, said["code"]) == (413, "body_too_large")
        assert booked(api) == []


def race(api: HttpApi) -> int:
    """Let twenty members ask for one court at once; give how many have it."""
    asked = "Book Court A on 2026-11-24 at 3pm"
    api.aws.racing = True
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(lambda n: say(api, asked, f"user-{n}"), range(CLIENTS)))
    assert "LOCK#2026-11-24T15:00/A" in [item["sk"] for item in scan(api)]
    return booked(api).count("2026-11-24T15:00/A")


@pytest.mark.timeout(300)  # four functions, each in several processes
def test_twenty_clients_race_through_the_zip_that_terraform_sends(
    deployed: Deployed, packages: Packages
) -> None:
    with deployed("c", packaged=True, package=str(packages.built("c").path)) as api:
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
        written = (call for call in api.aws.calls if call.operation == "TransactWriteItems")
        who = {call.who for call in written if "LOCK#" in str(call.asked)}
        assert who == {"batuta-h-actions"}


def wait_no_longer(api: HttpApi, longest_ms: int) -> None:
    for each in resources(api.aws.state, "aws_apigatewayv2_integration"):
        each["values"]["timeout_milliseconds"] = longest_ms


def booked(api: HttpApi) -> list[str]:
    return [item["slot_id"] for item in bookings(api)]


def bookings(api: HttpApi) -> list[dict[str, str]]:
    return [item for item in scan(api) if item["sk"].startswith("BOOKING#")]


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
