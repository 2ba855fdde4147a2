"""A package under AWS's own Lambda emulator, which keeps the Runtime API instead of ours."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.tools import emulator, lacks_emulator
from tests.e2e.lambda_host import Function, http_event, jwt
from tests.lambda_packages import Packages, unpacked
from tests.patience import scaled

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]
PATH = "/2015-03-31/functions/function/invocations"
LONGEST_START_S = 60


@pytest.fixture
def invoke(packages: Packages, tmp_path: Path) -> Iterator[Callable[[Any], Any]]:
    """Give events to style D's package by way of the emulator."""
    if lacks_emulator():
        pytest.skip(lacks_emulator())
    program = emulator(tmp_path / "emulator")
    folder = unpacked(packages.built("d").path)
    variables = {
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "30",
        "BATUTA_HOME": str(tmp_path / "home"),
        "BATUTA_NOW": "2026-11-21T09:00",
        "BATUTA_STYLE": "d",
    }
    handler = "batuta.serve.aws_lambda.handler"
    with emulated(program, Function(handler=handler, folder=folder, variables=variables)) as port:

        def send(event: Any) -> Any:
            url = f"http://127.0.0.1:{port}{PATH}"
            request = urllib.request.Request(url, json.dumps(event).encode(), method="POST")
            with urllib.request.urlopen(request, timeout=scaled(60)) as reply:  # noqa: S310  loopback
                return json.load(reply)

        yield send


@contextmanager
def emulated(program: Path, function: Function) -> Iterator[int]:
    """Run a function under the emulator; gives the port where it is invoked."""
    port, api = free_port(), free_port()
    process = subprocess.Popen(
        [
            *(str(program), "--runtime-interface-emulator-address", f"127.0.0.1:{port}"),
            *("--runtime-api-address", f"127.0.0.1:{api}", *function.command),
        ],
        cwd=function.folder, env=function.environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        wait_for(port, process)
        yield port
    finally:
        process.terminate()
        # The runtime client, whose output it is too, ends when it finds nobody to ask for events.
        process.communicate(timeout=scaled(60))


def wait_for(port: int, process: subprocess.Popen[str]) -> None:
    """Wait until somebody listens; the emulator does not say when it does."""
    end = time.monotonic() + LONGEST_START_S
    while process.poll() is None and time.monotonic() < end:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    pytest.fail("the emulator does not listen")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_a_package_books_a_court_under_the_official_emulator(invoke: Callable[[Any], Any]) -> None:
    health = invoke(http_event("GET", "/health"))
    assert (health["statusCode"], json.loads(health["body"])["status"]) == (200, "ok")

    asked = {"message": "Book Court A on 2026-11-23 at 10am"}
    stranger = invoke(http_event("POST", "/chat", asked))
    assert stranger["statusCode"] == 401
    booked = invoke(http_event("POST", "/chat", asked, authoriser=jwt("ana")))
    assert booked["statusCode"] == 200, booked
    assert "BK-" in json.loads(booked["body"])["reply"]


def test_what_is_no_event_is_an_error_with_its_class(invoke: Callable[[Any], Any]) -> None:
    assert invoke({"what": "is this"})["errorType"] == "InvalidInput"
