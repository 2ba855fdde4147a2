"""What is the file's own: claims of processes that have ended, and what is forgotten when."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from batuta.core.effect import LoggedEffect
from batuta.core.owner import began_at, has_ended, host_name
from batuta.core.request import Request
from batuta.storage.owners import LEASE_S, is_free, is_left, owner_of
from batuta.storage.requests_sqlite import SqliteRequests

ASKED = Request(key="k", principal_id="ana", words="w", session_id="ses_1", run_id="run_1")
_CLAIMER = """
import asyncio, os, signal, sys
from pathlib import Path
from batuta.core.effect import LoggedEffect
from batuta.core.request import Request
from batuta.storage.requests_sqlite import SqliteRequests

async def main():
    log = SqliteRequests(Path(sys.argv[1]))
    asked = Request(key="k", principal_id="ana", words="w", session_id="ses_1", run_id="run_0")
    await log.claim(asked)
    effect = LoggedEffect(key="e", principal_id="ana", request="k", session_id="ses_1",
                          run_id="run_0", tool="pay")
    await log.begin(effect)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_what_a_killed_process_had_is_free_at_once_and_its_writes_are_known(
    tmp_path: Path,
) -> None:
    path = tmp_path / "requests.db"
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", _CLAIMER, str(path))
    assert await child.wait() < 0
    async with SqliteRequests(path) as log:
        claim = await log.claim(ASKED)
        assert (claim.mine, claim.again, claim.first.run_id) == (True, True, "run_0")
        assert [e.key for e in await log.orphans("ses_1", "ana")] == ["e"]
        assert [e.tool for e in await log.of_request("k", "ana")] == ["pay"]
        await log.free(claim)


async def test_what_is_older_than_it_is_kept_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "requests.db"
    async with SqliteRequests(path) as log:
        await log.free(await log.claim(ASKED))
        assert (await log.claim(ASKED)).again
    async with SqliteRequests(path, keep_hours=-1) as log:
        assert not (await log.claim(replace(ASKED, key="other"))).again
        assert not (await log.claim(ASKED)).again


@pytest.mark.parametrize(
    ("owner", "silent_s", "free"),
    [
        ("", 0.0, True),
        ('["elsewhere", 1, "2", "t"]', 1.0, False),
        ('["elsewhere", 1, "2", "t"]', LEASE_S + 1, True),
    ],
)
def test_a_request_is_free_once_its_owner_is_gone(
    owner: str, silent_s: float, *, free: bool
) -> None:
    assert is_free(owner, silent_s) is free
    assert is_free(owner_of("nobody's"), 0.0)


def test_a_write_of_another_machine_is_left_once_it_was_silent() -> None:
    elsewhere = '["elsewhere", 1, "2", ""]'
    assert (is_left(elsewhere, 1.0), is_left(elsewhere, 100.0)) == (False, True)
    assert is_left(owner_of(), 0.0)


def test_a_process_has_ended_when_its_number_is_another_s() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    began = began_at(child.pid)
    assert not has_ended(host_name(), child.pid, began)
    assert has_ended(host_name(), child.pid, "earlier")
    assert not has_ended("elsewhere", child.pid, "earlier")
    child.communicate(b"\n")
    assert has_ended(host_name(), child.pid, began)


async def test_secrets_are_masked_once_a_write_has_ended(tmp_path: Path) -> None:
    async with SqliteRequests(tmp_path / "requests.db") as log:
        begun = LoggedEffect(
            key="e", principal_id="ana", request="k", session_id="s", run_id="run_1", tool="pay",
            arguments={"card_number": "4111 1111 1111 1111"},
        )  # fmt: skip
        await log.begin(begun)
        assert await log.of_request("k", "ana") == (begun,)
        await log.end(replace(begun, status="done", result={"by": "card 4111 1111 1111 1111"}))
        [kept] = await log.of_request("k", "ana")
        assert (kept.arguments, kept.result) == (
            {"card_number": "[secret]"},
            {"by": "card [card number]"},
        )
