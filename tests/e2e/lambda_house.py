"""Packaged functions of one style behind a loopback Lambda: processes of AWS's runtime client."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.lambda_host import Function, Result, Worker, http_event, jwt
from tests.lambda_api import SECRET, Cloud, Ended

HANDLER = "batuta.serve.aws_lambda.handler"
_THREADS = 64


class Pool:
    """The processes of one function: each answers one event at a time, dead ones are replaced.

    Args:
        most: Processes at most; further events wait.
    """

    def __init__(self, function: Function, most: int) -> None:
        self.function = function
        self.working: list[Worker] = []
        self._room = threading.Semaphore(most)
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._made: list[Worker] = []

    def invoke(self, event: Any) -> Result:
        with self._room:
            with self._lock:
                worker = self._idle.pop() if self._idle else self._start()
                self.working.append(worker)
            result = worker.invoke(event)
            with self._lock:
                self.working.remove(worker)
                if worker.alive and result.kind != "timeout":
                    self._idle.append(worker)
            return result

    def kill(self) -> None:
        """Let every process die that is at work now."""
        for worker in self.working:
            worker.kill()

    def stop(self) -> None:
        for worker in self._made:
            worker.stop()

    def _start(self) -> Worker:
        self._made.append(Worker(self.function))
        return self._made[-1]


@dataclass
class House:
    """A coordinator and the agents that it calls, each a function of its own."""

    cloud: Cloud
    coordinator: str
    pools: dict[str, Pool] = field(default_factory=dict)

    def chat(self, text: str, user: str = "ana", **more: Any) -> tuple[int, Any]:
        """Say something through the coordinator's HTTP door."""
        event = http_event("POST", "/chat", {"message": text, **more}, authoriser=jwt(user))
        result = self.pools[self.coordinator].invoke(event)
        assert result.kind == "response", result
        return result.body["statusCode"], json.loads(result.body["body"])

    def log(self) -> str:
        """Read what the coordinator's processes have printed."""
        log = self.pools[self.coordinator].function.log
        assert log is not None
        return log.read_text()

    def bookings(self) -> list[dict[str, Any]]:
        """Read every booking of the table, each with the lock of its slot and no lock without."""
        items = self._items()
        locks = sorted(item["booking_id"] for item in items if item["sk"].startswith("LOCK#"))
        found = [item for item in items if "booking_status" in item]
        assert sorted(item["booking_id"] for item in found) == locks
        return found

    def _items(self) -> list[dict[str, Any]]:
        async def scan() -> list[dict[str, Any]]:
            table = self.cloud.open_table()
            try:
                return [item async for page in table.pages("scan") for item in page]
            finally:
                await table.aclose()

        return asyncio.run(scan())


@contextmanager
def house(
    cloud: Cloud, folder: Path, style: str, agents: tuple[str, ...], **more: str
) -> Iterator[House]:
    """Deploy a style: its last agent in the coordinator, every other in a function of its own."""
    placement = {style: {name: f"lambda:{style}-{name}:live" for name in agents[:-1]}}
    variables = {
        "BATUTA_STYLE": style,
        "BATUTA_STORE": "dynamodb",
        "BATUTA_TABLE": cloud.table,
        "BATUTA_NOW": "2026-11-21T09:00",
        "BATUTA_SECRET": SECRET.reveal(),
        "BATUTA_HOME": "/nowhere",
        "AWS_ENDPOINT_URL_DYNAMODB": cloud.url,
        "AWS_ENDPOINT_URL_LAMBDA": cloud.url,
        "AWS_ACCESS_KEY_ID": "loopback",
        "AWS_SECRET_ACCESS_KEY": "loopback",
        **more,
    }
    made = House(cloud, f"{style}-{agents[-1]}")
    logs = Path(tempfile.mkdtemp())
    threads = ThreadPoolExecutor(_THREADS)
    for name in agents:
        placed = {"BATUTA_PLACEMENT": json.dumps(placement)} if name == agents[-1] else {}
        function = Function(
            handler=HANDLER, folder=folder, variables={**variables, **placed},
            timeout_s=60.0, grace_s=20.0, name=f"{style}-{name}",
            log=logs / name,
        )  # fmt: skip
        pool = made.pools[function.name] = Pool(function, most=3 if name == agents[-1] else 2)
        cloud.api.functions[function.name] = _body(pool, threads)
    try:
        yield made
    finally:
        for pool in made.pools.values():
            cloud.api.functions.pop(pool.function.name, None)
            pool.stop()
        threads.shutdown()
        shutil.rmtree(logs)


def _body(pool: Pool, threads: ThreadPoolExecutor) -> Callable[[Any], Awaitable[Any]]:
    async def body(event: Any) -> Any:
        result = await asyncio.get_running_loop().run_in_executor(threads, pool.invoke, event)
        if result.kind == "response":
            return result.body
        if result.kind == "timeout":
            said = f"Task timed out after {pool.function.timeout_s:.2f} seconds"
            return Ended({"errorType": "Sandbox.Timedout", "errorMessage": said})
        return Ended(result.body)

    return body
