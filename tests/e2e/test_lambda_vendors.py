"""Packages with vendors' SDKs, pruned, speak the vendors' wires with a stand-in on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from batuta.core.clock import FixedClock
from batuta.offline import OfflineModel
from batuta.packaging.contents import UNREACHED, unreached_packages
from batuta.standin import StandIn, standin_in_thread
from tests.e2e.lambda_host import Function, http_event, jwt, worker
from tests.e2e.vendor_clients import BEDROCK, CLAUDE, GPT
from tests.lambda_packages import Packages, unpacked

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]
# The agents' SDK brings OpenAI's, and boto3 is in every package: one of E serves three wires.
WITH_AGENTS = ("e", f"openai:{GPT}")
CASES = [
    (WITH_AGENTS, f"openai:{GPT}", "/v1/responses"),
    (WITH_AGENTS, f"openai-chat:{GPT}", "/v1/chat/completions"),
    (WITH_AGENTS, f"bedrock:{BEDROCK}", f"/model/{BEDROCK}/converse"),
    (("d", f"anthropic:{CLAUDE}"), f"anthropic:{CLAUDE}", "/v1/messages"),
]


NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def vendor() -> Iterator[StandIn]:
    with standin_in_thread(OfflineModel(), clock=FixedClock(NOW)) as server:
        yield server


@pytest.mark.parametrize(("package", "model", "path"), CASES, ids=[case[1] for case in CASES])
def test_a_pruned_package_books_through_its_vendors_wire(
    packages: Packages,
    vendor: StandIn,
    tmp_path: Path,
    package: tuple[str, str],
    model: str,
    path: str,
) -> None:
    folder = unpacked(packages.built(*package).path)
    unreached = (*UNREACHED, *unreached_packages(()))
    assert [name for name in unreached if (folder / name).exists()] == []
    variables = {
        "ANTHROPIC_API_KEY": "made-up",
        "ANTHROPIC_BASE_URL": vendor.url,
        "AWS_ACCESS_KEY_ID": "made-up",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": vendor.url,
        "AWS_SECRET_ACCESS_KEY": "made-up",
        "BATUTA_HOME": str(tmp_path),
        "BATUTA_MODEL": model,
        "BATUTA_NOW": NOW.isoformat(),
        "BATUTA_STYLE": package[0],
        "OPENAI_API_KEY": "made-up",
        "OPENAI_BASE_URL": vendor.openai_url,
    }
    handler = "batuta.serve.aws_lambda.handler"
    before = len(vendor.requests)
    with worker(Function(handler=handler, folder=folder, variables=variables)) as club:
        asked = {"message": "Book Court A on 2026-11-23 at 10am"}
        result = club.invoke(http_event("POST", "/chat", asked, authoriser=jwt("ana")))
    assert result.kind == "response", result
    assert "BK-" in json.loads(result.body["body"])["reply"], result.body
    assert {seen.path for seen in vendor.requests[before:]} == {path}
