"""Runs a Lambda handler as Lambda does: AWS's own runtime client against a Runtime API on loopback.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html, read 2025-11.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from batuta.core.clock import machine_time
from tests.clocks import CHILD

_LONGEST_START_S = 30.0
_LARGEST = 6 * 1_048_576 + 100
_KEPT = ("PATH", "LANG", "HOME")
_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:local"


@dataclass(frozen=True, kw_only=True)
class Function:
    """What AWS knows of a function.

    Args:
        folder: Where its code is; None for this project as it is installed.
        variables: Its environment.
        timeout_s: Killed after this long.
        grace_s: Killed only so much later, where a slow machine is not what is tested.
        log: Where its processes print, to be read; None for where this one prints.
    """

    handler: str
    folder: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    timeout_s: float = 30.0
    grace_s: float = 0.0
    name: str = "local"
    log: Path | None = None

    @property
    def command(self) -> list[str]:
        """What Lambda starts: its runtime client, with the handler."""
        flags = [] if self.folder is None else ["-S"]
        return [sys.executable, *flags, "-m", "awslambdaric", self.handler]

    @property
    def environment(self) -> dict[str, str]:
        """The variables of its process."""
        kept = {k: v for k, v in os.environ.items() if k in _KEPT or k.startswith("TESTS_CLOCK_")}
        folder = self.folder or Path(__file__).parents[2]
        paths = [str(folder)]
        if self.folder is None:
            paths.append(str(CHILD))
        else:  # the package alone, and AWS's client beside it
            paths.append(str(_client_folder()))
        return {
            **kept,
            "AWS_REGION": "eu-west-1",
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_LOG_GROUP_NAME": "logs",
            "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
            "LAMBDA_TASK_ROOT": str(folder),
            "_HANDLER": self.handler,
            "PYTHONPATH": os.pathsep.join(paths),
            **self.variables,
        }


@dataclass(frozen=True)
class Result:
    """How an invocation ended: ``response``, ``error``, ``init_error``, ``exit`` or ``timeout``."""

    kind: str
    body: Any


class _Api(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, timeout_s: float) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.timeout_s = timeout_s
        self.waiting: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.boxes: dict[str, queue.Queue[Result]] = {}
        self.init_error: Any = None
        self.asking = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: the process is killed while it waits for its next event."""


class _Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every answer waits 40 ms for an acknowledgement

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  its own word
        pass

    def do_GET(self) -> None:
        api = cast("_Api", self.server)
        api.asking.set()
        request_id, event = api.waiting.get()
        deadline = int((machine_time().timestamp() + api.timeout_s) * 1000)
        self._send(
            200,
            json.dumps(event).encode(),
            {
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": request_id,
                "Lambda-Runtime-Deadline-Ms": str(deadline),
                "Lambda-Runtime-Invoked-Function-Arn": _ARN,
            },
        )

    def do_POST(self) -> None:
        api = cast("_Api", self.server)
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        if len(raw) > _LARGEST:  # AWS's client then ends its process
            said = f"Exceeded maximum allowed payload size ({_LARGEST} bytes)."
            told = {"errorMessage": said, "errorType": "RequestEntityTooLarge"}
            self._send(413, json.dumps(told).encode(), {"Content-Type": "application/json"})
            return
        body = json.loads(raw or b"null")
        *_, name, last = self.path.split("/")
        if name == "init":
            api.init_error = body
            api.asking.set()
            for box in api.boxes.values():
                box.put(Result("init_error", body))
        else:
            api.boxes.pop(name).put(Result(last, body))
        self._send(202, b"", {})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Worker:
    """One process of a function; it answers one event at a time, as in Lambda."""

    def __init__(self, function: Function) -> None:
        self._function = function
        self._api = _Api(function.timeout_s)
        threading.Thread(target=self._api.serve_forever, daemon=True).start()
        self._process = self._start()
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self._watching.start()

    def invoke(self, event: Any) -> Result:
        """Give the process an event, and kill it where it takes too long.

        Its own start does not count, as in Lambda.
        """
        self._api.asking.wait(_LONGEST_START_S)
        if self._api.init_error is not None:
            return Result("init_error", self._api.init_error)
        box: queue.Queue[Result] = queue.Queue()
        request_id = str(uuid4())
        self._api.boxes[request_id] = box
        self._api.waiting.put((request_id, event))
        try:
            return box.get(timeout=self._function.timeout_s + self._function.grace_s)
        except queue.Empty:
            self.stop()
            return Result("timeout", {"errorMessage": "Task timed out"})

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Let the process die at work."""
        self._process.kill()

    def _watch(self) -> None:
        status = self._process.wait()
        said = f"Error: Runtime exited with error: {status}"
        self._api.asking.set()
        while self._api.boxes:
            _, box = self._api.boxes.popitem()
            box.put(Result("exit", {"errorType": "Runtime.ExitError", "errorMessage": said}))

    def stop(self) -> None:
        """Kill the process."""
        self._process.kill()
        self._process.wait()
        self._watching.join()
        self._api.shutdown()
        self._api.server_close()

    def _start(self) -> subprocess.Popen[bytes]:
        given, log = self._function.environment, self._function.log
        with log.open("ab") if log else nullcontext() as printed:
            return subprocess.Popen(
                self._function.command,
                cwd=given["LAMBDA_TASK_ROOT"],
                env={"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._api.server_port}", **given},
                stdout=printed,
            )


@cache
def _client_folder() -> Path:
    """Make a folder of AWS's runtime client alone, which the real image has beside the code."""
    folder = Path(tempfile.mkdtemp(prefix="awslambdaric-"))
    atexit.register(shutil.rmtree, folder)
    for name in ("awslambdaric", "simplejson", "snapshot-restore-py"):
        for file in distribution(name).files or ():
            link = folder / file.parts[0]
            if not link.exists() and ".." not in file.parts:
                link.symlink_to(Path(str(file.locate())).parents[len(file.parts) - 1] / link.name)
    return folder


@contextmanager
def worker(function: Function) -> Iterator[Worker]:
    """Run one process of a function."""
    made = Worker(function)
    try:
        yield made
    finally:
        made.stop()


def http_event(
    method: str,
    path: str,
    body: Any = None,
    *,
    authoriser: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Make what an HTTP API sends, payload format 2.0.

    Args:
        authoriser: What API Gateway's authoriser found; None where it was not asked.
    """
    sent = {"content-type": "application/json", "host": "api.example.com", **(headers or {})}
    context: dict[str, Any] = {
        "accountId": "123456789012", "apiId": "local", "domainName": "api.example.com",
        "domainPrefix": "api", "requestId": str(uuid4()), "routeKey": "$default",
        "stage": "$default", "time": "21/Nov/2026:00:00:00 +0000", "timeEpoch": 1795219200000,
        "http": {
            "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
            "userAgent": "test",
        },
    }  # fmt: skip
    if authoriser is not None:
        context["authorizer"] = authoriser
    return {
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
        "headers": sent, "requestContext": context, "isBase64Encoded": False,
        "body": None if body is None else json.dumps(body),
    }  # fmt: skip


def jwt(subject: str, scopes: tuple[str, ...] = ()) -> dict[str, Any]:
    """Make what a JWT authoriser found."""
    return {"jwt": {"claims": {"sub": subject, "scope": " ".join(scopes)}, "scopes": None}}
