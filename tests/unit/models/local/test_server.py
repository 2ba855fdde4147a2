"""The process of a local model: one for all who ask, gone with the last of them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from batuta.core.message import Message
from batuta.core.model import ModelRequest
from batuta.errors import ConfigError
from batuta.models.local import LocalModel
from batuta.models.local.server import SERVERS, ServerSpec, threads
from tests.local_server import COMMAND
from tests.patience import scaled

HELLO = ModelRequest([Message.user("Hello")])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rules.gguf"
    path.write_bytes(b"GGUF")
    return path


def model_of(file: Path) -> LocalModel:
    return LocalModel(f"local:{file}", command=COMMAND)


def process_of(file: Path) -> int:
    server = SERVERS.take(ServerSpec(f"local:{file}", file, COMMAND))
    SERVERS.leave(server.spec)
    assert server.process_id is not None
    return server.process_id


def is_there(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process_id}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def is_gone(process_id: int) -> bool:
    until = time.monotonic() + scaled(30)
    while is_there(process_id) and time.monotonic() < until:
        time.sleep(0.05)
    return not is_there(process_id)


def has_ended(model: LocalModel) -> bool:
    """Wait for the process to be over, which it is once its last thread has ended."""
    until = time.monotonic() + scaled(30)
    while model.runs and time.monotonic() < until:
        time.sleep(0.01)
    return not model.runs


async def test_all_who_ask_share_one_process_that_ends_with_the_last(file: Path) -> None:
    first, second = model_of(file), model_of(file)
    replies = await asyncio.gather(first.reply(HELLO), second.reply(HELLO))
    assert all(reply.text for reply in replies)
    process = process_of(file)
    await first.aclose()
    assert (await second.reply(HELLO)).text
    assert process_of(file) == process
    await second.aclose()
    assert is_gone(process)


async def test_one_that_was_killed_is_started_again_by_the_next_request(file: Path) -> None:
    model = model_of(file)
    try:
        await model.connect()
        process = process_of(file)
        os.kill(process, signal.SIGKILL)
        assert is_gone(process)
        assert has_ended(model)
        assert (await model.reply(HELLO)).text
        assert process_of(file) != process
    finally:
        await model.aclose()


async def test_what_cannot_be_loaded_is_told_in_the_servers_words_without_the_path(
    tmp_path: Path,
) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF")
    model = model_of(broken)
    with pytest.raises(
        ConfigError, match=r"did not start \(3\).*broken.gguf is incomplete"
    ) as told:
        await model.connect()
    assert told.value.what.count(str(tmp_path)) == 1  # in the name that the user gave


_OWNER = """
import asyncio, sys
from batuta.models.local import LocalModel
from batuta.models.local.server import SERVERS, ServerSpec
from pathlib import Path
name, command = "local:" + sys.argv[1], tuple(sys.argv[2:])
model = LocalModel(name, command=command)
async def main():
    await model.connect()
    server = SERVERS.take(ServerSpec(name, Path(sys.argv[1]), command))
    print(server.process_id, flush=True)
    sys.stdin.read()
asyncio.run(main())
"""


def test_it_ends_with_the_process_that_started_it_though_that_is_killed(file: Path) -> None:
    words = [sys.executable, "-c", _OWNER, str(file), *COMMAND]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        process = int(owner.stdout.readline())
        assert is_there(process)
        owner.kill()
        owner.wait(scaled(60))
    assert is_gone(process)


def test_one_core_is_left_to_the_program() -> None:
    assert 1 <= threads() <= max(1, (os.cpu_count() or 1) - 1)


async def test_the_small_model_itself_answers_and_says_that_it_knows_no_tools() -> None:
    model = LocalModel("local:smollm2")
    try:
        reply = await model.reply(ModelRequest([Message.user("Say ok.")], max_output_tokens=8))
        assert reply.usage.input_tokens > 0
        assert 0 < reply.usage.output_tokens <= 8
        assert reply.model == "local:smollm2"
        assert not reply.stand_in
        able = await model.abilities()
        assert (able.tools, able.context_tokens) == (False, 8192)
    finally:
        await model.aclose()
