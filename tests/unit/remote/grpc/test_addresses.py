"""Several addresses are taken in turn; one that is dead is passed over and tried again."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme
from grpc import ChannelConnectivity

from batuta.core.agent import FunctionAgent
from batuta.core.message import Message
from batuta.core.run import Run
from batuta.errors import AgentUnreachable, ConfigError
from batuta.remote.grpc import Access, Host, connect
from batuta.runtimes.grpc import GrpcRuntime
from tests.unit.core.rig import HELLO, does, echo
from tests.unit.core.rig import hosted as hosted_here
from tests.unit.remote.grpc.rig import ACCESS, SECRET, hosted, runtime


def _named(text: str) -> FunctionAgent:
    async def answer(message: Message, run: Run) -> Message:
        return Message.assistant(text)

    return FunctionAgent(name="one", answer=answer)


@asynccontextmanager
async def _hosts(*texts: str) -> AsyncIterator[list[Host]]:
    hosts = [Host(runtime(_named(text)), access=ACCESS) for text in texts]
    for host in hosts:
        await host.start()
    try:
        yield hosts
    finally:
        for host in hosts:
            await host.stop(0)


async def _gone(front: GrpcRuntime, host: Host) -> None:
    """Stop a host and wait until it is noticed: a call in between breaks off, and says so."""
    channel = front._channels.at(host.address)
    await host.stop(0)
    async with asyncio.timeout(10):
        while (state := channel.get_state(True)) is ChannelConnectivity.READY:
            await channel.wait_for_state_change(state)


async def test_calls_go_to_each_in_turn() -> None:
    async with _hosts("a", "b", "c") as hosts:
        front = runtime()
        front.connect("one", *(host.address for host in hosts))
        said = [(await front.call("one", HELLO)).text for _ in range(6)]
        await front.stop()
    assert said == ["a", "b", "c"] * 2


async def test_a_dead_address_is_passed_over_and_found_again() -> None:
    async with _hosts("a", "b") as hosts:
        front = runtime()
        front.connect("one", *(host.address for host in hosts))
        assert {(await front.call("one", HELLO)).text for _ in range(2)} == {"a", "b"}
        await _gone(front, hosts[0])
        assert [(await front.call("one", HELLO)).text for _ in range(4)] == ["b"] * 4
        await hosts[0].start()
        async with asyncio.timeout(10):
            while (await front.call("one", HELLO)).text != "a":
                pass
        for host in hosts:
            await _gone(front, host)
        with pytest.raises(AgentUnreachable) as got:
            await front.call("one", HELLO)
        assert all(host.address in str(got.value) for host in hosts)
        await front.stop()


async def test_a_call_that_may_have_begun_is_not_made_again_elsewhere() -> None:
    begun: list[str] = []

    def breaks(name: str) -> Host:
        async def work(run: Run) -> None:
            begun.append(name)
            asyncio.get_running_loop().create_task(hosts[name].stop(0))
            await asyncio.Event().wait()

        return Host(runtime(does("one", work)), access=ACCESS)

    hosts = {name: breaks(name) for name in "ab"}
    for host in hosts.values():
        await host.start()
    front = runtime()
    front.connect("one", *(host.address for host in hosts.values()))
    with pytest.raises(AgentUnreachable, match="broke off"):
        await front.call("one", HELLO)
    assert begun == ["a"]
    await front.stop()
    for host in hosts.values():
        await host.stop(0)


async def test_an_agent_connected_alone_works_on_any_runtime() -> None:
    async with _hosts("a") as hosts:
        agent = connect("one", hosts[0].address, access=ACCESS, role="says a")
        assert (agent.role, agent.remote) == ("says a", True)
        here = hosted_here(agent)
        await here.start()
        assert here.ready()
        assert (await here.call("one", HELLO)).text == "a"
        assert (await hosted_here().call(agent, HELLO)).text == "a"
        await here.stop()


def test_an_agent_needs_an_address() -> None:
    with pytest.raises(ValueError, match="needs an address"):
        connect("one", access=ACCESS)


@asynccontextmanager
async def _served(access: Access, caller: Access) -> AsyncIterator[str]:
    async with hosted(echo("echo"), access=access, caller=caller) as (front, _):
        yield (await front.call("echo", HELLO)).text


class Files:
    """Certificates of one authority, as files."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        authority = trustme.CA()
        self.ca = folder / "ca.pem"
        authority.cert_pem.write_to_path(self.ca)
        made = authority.issue_cert("127.0.0.1", "localhost")
        self.cert, self.key = folder / "cert.pem", folder / "key.pem"
        self.key.write_bytes(made.private_key_pem.bytes())
        self.cert.write_bytes(b"".join(part.bytes() for part in made.cert_chain_pems))

    def both(self, *, any_client: bool = False) -> Access:
        return Access(
            secret=SECRET, tls_cert=self.cert, tls_key=self.key, tls_ca=self.ca,
            any_client=any_client,
        )  # fmt: skip

    def trusting(self) -> Access:
        return Access(secret=SECRET, tls_ca=self.ca)

    def serving(self) -> Access:
        return Access(secret=SECRET, tls_cert=self.cert, tls_key=self.key)


async def test_tls_with_and_without_a_clients_certificate(tmp_path: Path) -> None:
    ours = Files(tmp_path / "ours")
    for host, caller in [
        (ours.both(), ours.both()),
        (ours.serving(), ours.trusting()),
        (ours.both(any_client=True), ours.trusting()),
    ]:
        async with _served(host, caller) as said:
            assert said == "hello"


async def test_whoever_does_not_fit_is_refused(tmp_path: Path) -> None:
    ours, theirs = Files(tmp_path / "ours"), Files(tmp_path / "theirs")
    for host, caller in [
        (ours.both(), ours.trusting()),  # shows no certificate
        (ours.both(), theirs.both()),  # of another authority
        (ours.serving(), theirs.trusting()),
        (ours.serving(), ACCESS),  # speaks no TLS
        (ACCESS, ours.trusting()),  # speaks TLS to one that does not
    ]:
        with pytest.raises(AgentUnreachable, match=r"Agent echo: .*127\.0\.0\.1:\d+"):
            async with _served(host, caller):
                raise AssertionError("unreachable: it must be refused")


async def test_files_that_are_not_there_are_told_by_name(tmp_path: Path) -> None:
    gone = tmp_path / "gone.pem"
    with pytest.raises(ConfigError, match=r"gone\.pem cannot be read"):
        await Host(runtime(), access=Access(secret=SECRET, tls_cert=gone, tls_key=gone)).start()
    with pytest.raises(ConfigError, match="certificate of its own"):
        await Host(runtime(), access=Access(secret=SECRET, tls_ca=gone)).start()


async def test_a_key_of_another_certificate_is_told_as_that(tmp_path: Path) -> None:
    ours, theirs = Files(tmp_path / "ours"), Files(tmp_path / "theirs")
    odd = tmp_path / "odd.pem"
    odd.write_text("no certificate")
    for access, why in [
        (Access(secret=SECRET, tls_cert=ours.cert, tls_key=theirs.key), "is not the key of"),
        (Access(secret=SECRET, tls_cert=ours.key, tls_key=ours.cert), "no certificate and key"),
        (Access(secret=SECRET, tls_cert=odd, tls_key=ours.key), "no certificate and key"),
        (Access(secret=SECRET, tls_cert=ours.cert, tls_key=ours.key, tls_ca=odd), "holds no"),
    ]:
        with pytest.raises(ConfigError, match=why) as got:
            await Host(runtime(), access=access).start()
        assert "pem" in str(got.value)
        with pytest.raises(ConfigError, match=why):
            access.channel_credentials()


def test_the_certificates_of_these_tests_are_real(tmp_path: Path) -> None:
    ours = Files(tmp_path / "ours")
    ssl.create_default_context(cafile=str(ours.ca)).load_cert_chain(ours.cert, ours.key)
