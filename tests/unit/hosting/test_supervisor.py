"""Processes kept alive: what starts, what ends, what is started again, and that none is left."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from batuta.core.clock import SystemClock
from batuta.errors import AgentFailed
from batuta.hosting.service import Plan, Service
from batuta.hosting.supervisor import supervised
from tests.patience import scaled

READY = """
import json, os, sys
port = int(sys.argv[1]) or 40000 + os.getpid() % 1000
print(json.dumps({"event": "ready", "address": f"127.0.0.1:{port}"}), flush=True)
"""
STAY = READY + "print('at work', file=sys.stderr, flush=True)\nsys.stdin.read()\n"
PATIENCE_S = 30


@dataclass
class Heard:
    """What services said, and a way to wait for it."""

    lines: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def say(self, name: str, line: str) -> None:
        self.lines.append((name, line))
        self.news.set()

    async def hears(self, words: str, times: int = 1) -> None:
        async with asyncio.timeout(scaled(PATIENCE_S)):
            while sum(words in line for _, line in self.lines) < times:
                self.news.clear()
                await self.news.wait()


def plan(name: str, script: str, **more: int) -> Plan:
    def command(port: int) -> list[str]:
        return [sys.executable, "-c", script, str(port)]

    return Plan(name=name, command=command, environment=dict(os.environ), **more)


@pytest.fixture
async def heard() -> Heard:
    return Heard()


def alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def process_of(service: Service) -> int:
    assert service.process_id is not None
    return service.process_id


async def test_all_are_ready_when_the_block_begins_and_gone_when_it_ends(heard: Heard) -> None:
    async with supervised([plan("one", STAY), plan("two", STAY)], say=heard.say) as services:
        ids = [process_of(service) for service in services]
        assert [service.name for service in services] == ["one", "two"]
        assert all(service.address.startswith("127.0.0.1:4") for service in services)
        await heard.hears("at work", 2)

    assert not any(map(alive, ids))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_crashed_one_comes_back_at_its_address_and_the_other_lives(
    heard: Heard, how: int
) -> None:
    async with supervised([plan("one", STAY), plan("two", STAY)], say=heard.say) as services:
        one, two = services
        first, address, other = process_of(one), one.address, process_of(two)

        os.kill(first, how)
        await heard.hears("ready on", 3)

        assert process_of(one) != first
        assert one.address == address
        assert process_of(two) == other
        assert any(name == "one" and "starts again" in line for name, line in heard.lines)


async def test_who_crashes_again_and_again_is_started_ever_more_slowly(heard: Heard) -> None:
    async with supervised([plan("one", READY)], say=heard.say):
        await heard.hears("starts again", 3)

    waits = [line.rpartition(" in ")[2] for _, line in heard.lines if "starts again" in line]
    assert waits[:3] == ["0.1 s", "0.2 s", "0.4 s"]


async def test_one_that_does_not_start_ends_all_with_its_last_words(heard: Heard) -> None:
    broken = (
        "import sys\nprint('batuta: no such thing sk-12345678901', file=sys.stderr)\nsys.exit(3)"
    )
    begun: list[Service] = []

    with pytest.raises(AgentFailed, match="no such thing") as caught:
        async with supervised([plan("one", STAY), plan("two", broken)], say=heard.say) as there:
            begun.extend(there)

    assert not begun
    assert caught.value.agent == "two"
    assert "exit code 3" in str(caught.value)
    assert "sk-1234" not in str(caught.value)
    assert not _children()


async def test_one_that_never_says_it_is_ready_is_given_up(heard: Heard) -> None:
    mute = "import sys\nprint('thinking', flush=True)\nsys.stdin.read()"

    with pytest.raises(AgentFailed, match=r"not ready after 0\.5 s: thinking"):
        async with supervised([plan("one", mute)], say=heard.say, start_s=0.5):
            raise AssertionError("it never was ready")

    assert not _children()


async def test_one_that_does_not_listen_is_killed(
    heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("batuta.hosting.service._GRACE_S", 0.2)
    deaf = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{READY}\nsignal.pause()"

    async with supervised([plan("one", deaf)], say=heard.say) as (service,):
        process_id = process_of(service)

    assert not alive(process_id)


async def test_error_in_the_block_is_raised_as_it_is_and_leaves_nobody(heard: Heard) -> None:
    with pytest.raises(KeyError):
        async with supervised([plan("one", STAY)], say=heard.say):
            raise KeyError("mine")

    assert not _children()


async def test_any_output_is_told_line_by_line(heard: Heard) -> None:
    loud = READY + (
        "w = sys.stdout.buffer.write\n"
        "w(b'\\xff\\xfe\\n' + b'x' * 300_000 + b'\\n{\"event\": 1}\\n{oops\\n\\nlast\\n')\n"
        "sys.stdout.flush(); sys.stdin.read()"
    )
    async with supervised([plan("one", loud)], say=heard.say):
        await heard.hears("last")

    said = [line for _, line in heard.lines[1:]]
    assert said[0] == "\ufffd\ufffd"
    assert said[1].startswith("xxx")
    assert len(said[1]) < 3_000
    assert said[2:5] == ['{"event": 1}', "{oops", "last"]


async def test_port_that_was_asked_for_is_taken_at_once(heard: Heard) -> None:
    async with supervised([plan("one", STAY, port=4_711)], say=heard.say) as (service,):
        assert service.address == "127.0.0.1:4711"


async def test_services_end_when_their_keeper_is_killed(tmp_path: Path) -> None:
    keeper = f"""
import asyncio, os, sys
from batuta.hosting.service import Plan
from batuta.hosting.supervisor import supervised

def command(port):
    return [sys.executable, "-c", {STAY!r}, str(port)]

async def main():
    plan = Plan(name="one", command=command, environment=dict(os.environ))
    async with supervised([plan]) as (service,):
        print(service.process_id, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", keeper, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    kept = int(await process.stdout.readline())

    process.kill()
    await process.wait()

    async with asyncio.timeout(scaled(PATIENCE_S)):
        while alive(kept):
            await SystemClock().sleep(0.02)


def _children() -> list[str]:
    """Processes that this one has, as Linux tells them; nothing where it does not."""
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    return path.read_text().split() if path.exists() else []


async def test_killed_service_is_started_again_at_its_address(heard: Heard) -> None:
    async with supervised([plan("one", STAY)], say=heard.say) as [service]:
        address = service.address
        assert (service.ready, service.starts) == (True, 1)
        service.kill()
        assert not service.ready
        await heard.hears("ready on", times=2)
        assert (service.ready, service.starts, service.address) == (True, 2, address)
    service.kill()  # there is nothing to end any more
    assert not service.ready
