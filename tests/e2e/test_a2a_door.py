"""A style elsewhere, called by A2A over a real socket, as a member of a composition here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from batuta.compose.parallel import Parallel
from batuta.core.message import Message
from batuta.core.principal import Principal
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.errors import AgentFailed
from batuta.remote.a2a import A2AAgent
from batuta.wiring import local_runtime
from tests.e2e.http_server import Server, bookings, serving, users_file

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

KEY = {"Authorization": "Bearer key-ana"}


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("club")
    settings = {"seed": users_file(home, "ana"), "now": "2019-03-01T06:00"}
    with serving(home, settings, says="a wrong API key") as one:
        yield one


async def test_agent_elsewhere_books_over_its_turns(club: Server) -> None:
    agent = A2AAgent(name="club", url=f"{club.address}/a2a/a", headers=KEY)
    runtime, session = local_runtime(), Session("ses_1", "ana")
    told: list[str] = []
    try:
        for text in ("Book court C at 11am", "tomorrow", "yes"):
            options = RunOptions(principal=Principal("ana"), session=session)
            told.append((await runtime.run(agent, Message.user(text), options)).answer().text)
    finally:
        await runtime.stop()

    assert [member for _, member in bookings(club.home)] == ["ana"], told


async def test_it_is_a_member_of_a_composition_and_its_failure_is_ours(club: Server) -> None:
    runtime = local_runtime()
    runtime.register(
        A2AAgent(name="good", url=f"{club.address}/a2a/d", headers=KEY),
        A2AAgent(name="bad", url=f"{club.address}/a2a/d", headers={"Authorization": "Bearer x"}),
    )
    both = Parallel(members=("good", "bad"), mode="partial")
    try:
        record = await runtime.run(both, Message.user("Is a court free today?"))
        alone = await runtime.run("bad", Message.user("Is a court free today?"))
    finally:
        await runtime.stop()

    assert "Court" in record.answer().text
    assert alone.failure is not None
    assert alone.failure.code in ("agent_unreachable", AgentFailed.code)
