"""A host lets nobody work for a principal whom no holder of the secret vouches for."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import grpc
import jwt
import pytest

from batuta.core.agent import FunctionAgent
from batuta.core.clock import machine_time
from batuta.core.ids import new_secret
from batuta.core.message import Message
from batuta.core.principal import READ, Principal
from batuta.core.redaction import Secret
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.errors import AccessDenied, AgentUnreachable, ConfigError
from batuta.remote.grpc import Access, Host, wire
from batuta.remote.grpc.v1 import batuta_pb2 as pb
from batuta.remote.signing import UsedTokens, digest_of
from batuta.settings import Settings, read_settings
from tests.unit.core.rig import HELLO, echo
from tests.unit.remote.grpc.rig import ACCESS, SECRET, hosted, runtime

REQUEST = pb.ExecuteRequest(
    start=pb.Start(
        protocol=wire.PROTOCOL, agent="echo", run_id="run_1", session_id="s1",
        message=pb.Message(id="m1", role="user", text="hello"),
        limits=pb.Limits(unknown_price="warn"), time_zone="UTC",
    )
).SerializeToString()  # fmt: skip
CLAIMS = {
    "aud": "echo", "sub": "ana", "name": "Ana", "can": ["read"], "run": "run_1", "ses": "s1",
    "msg": digest_of(REQUEST),
}  # fmt: skip


def _claims(valid_s: float = 60) -> dict[str, Any]:
    return {**CLAIMS, "jti": new_secret(), "exp": machine_time() + timedelta(seconds=valid_s)}


def _token(key: str = SECRET.reveal(), *, valid_s: float = 60, **other: Any) -> str:
    return "Bearer " + jwt.encode({**_claims(valid_s), **other}, key, "HS256")


def _unsigned() -> str:
    parts = [{"alg": "none", "typ": "JWT"}, {**CLAIMS, "exp": 9_999_999_999}]
    coded = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts]
    return f"Bearer {'.'.join(coded)}."


def _without(claim: str) -> str:
    left = {k: v for k, v in _claims().items() if k != claim}
    return "Bearer " + jwt.encode(left, SECRET.reveal(), "HS256")


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (lambda: None, "no signed principal"),
        (lambda: "Basic abc", "no signed principal"),
        (lambda: "Bearer abc", "not valid"),
        (lambda: _token("another secret that is long enough"), "another BATUTA_SECRET"),
        (lambda: _token(valid_s=-60), "expired"),
        (lambda: _token(aud="other"), "another agent"),
        (lambda: _token(run="run_2"), "another run"),
        (lambda: _token(ses="s2"), "another run"),
        (lambda: _token(msg=digest_of(b"another")), "another message"),
        (lambda: _token(valid_s=600), "good for too long"),
        (lambda: _without("exp"), "not valid"),
        (lambda: _without("jti"), "not valid"),
        (lambda: _without("msg"), "not valid"),
        (lambda: _without("sub"), "not valid"),
        (_unsigned, "not valid"),
    ],
    ids=["none", "basic", "broken", "secret", "expired", "agent", "run", "session", "message",
         "long", "no-exp", "no-jti", "no-msg", "no-sub", "unsigned"],
)  # fmt: skip
async def test_a_call_is_refused(header: Callable[[], str | None], why: str) -> None:
    worked: list[str] = []

    async def work(message: Message, run: Run) -> Message:
        worked.append(run.job.principal.id)
        return message

    agent = FunctionAgent(name="echo", answer=work)
    value = header()
    metadata = () if value is None else (("authorization", value),)
    async with (
        hosted(agent) as (_, host),
        grpc.aio.insecure_channel(host.address) as line,
    ):
        with pytest.raises(grpc.aio.AioRpcError, match=why) as got:
            await _called(line, REQUEST, metadata)
    assert got.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert worked == []


async def _called(line: grpc.aio.Channel, request: bytes, metadata: Any) -> bytes:
    """Send a first message as it is, and give the first answer."""
    call = line.stream_stream(f"/{wire.SERVICE}/{wire.METHOD}")(metadata=metadata)
    await call.write(request)
    answer: Any = await call.read()
    return answer


async def test_a_call_that_was_overheard_is_good_for_nothing_more() -> None:
    worked: list[str] = []

    async def work(message: Message, run: Run) -> Message:
        worked.append(message.text)
        return message

    metadata = (("authorization", _token()),)
    other = pb.ExecuteRequest.FromString(REQUEST)
    other.start.message.text = "another court"
    async with (
        hosted(FunctionAgent(name="echo", answer=work)) as (_, host),
        grpc.aio.insecure_channel(host.address) as line,
    ):
        with pytest.raises(grpc.aio.AioRpcError, match="another message"):
            await _called(line, other.SerializeToString(), metadata)
        assert await _called(line, REQUEST, metadata)
        for _ in range(2):
            with pytest.raises(grpc.aio.AioRpcError, match="used before"):
                await _called(line, REQUEST, metadata)
    assert worked == ["hello"]


def test_used_tokens_are_forgotten_once_they_are_good_for_nothing() -> None:
    now = machine_time().timestamp()
    used = UsedTokens(most=2)
    used.take("a", "old", now - 100)
    used.take("a", "one", now + 60)
    used.take("a", "two", now + 60)
    with pytest.raises(AgentUnreachable, match="no more calls"):
        used.take("a", "three", now + 60)
    with pytest.raises(AccessDenied, match="used before"):
        used.take("a", "one", now + 60)


async def test_another_secret_is_an_error_that_names_agent_and_address() -> None:
    stranger = Access(secret=Secret("another secret that is long enough"))
    async with hosted(echo("echo"), caller=stranger) as (front, host):
        with pytest.raises(AccessDenied, match=f"agent echo at {host.address}") as got:
            await front.call("echo", HELLO)
    assert "another secret that" not in str(got.value)


async def test_the_principal_arrives_with_what_it_may_do() -> None:
    seen: list[Principal] = []

    async def work(message: Message, run: Run) -> Message:
        seen.append(run.job.principal)
        return message

    rita = Principal("rita", "Rita Ö.", frozenset({READ}))
    async with hosted(FunctionAgent(name="who", answer=work)) as (front, _):
        await front.call("who", HELLO, RunOptions(principal=rita))
    assert seen == [rita]


@pytest.mark.parametrize(("secret", "why"), [("", "is not set"), ("short", "is too short")])
async def test_without_a_good_secret_nobody_hosts_or_calls(secret: str, why: str) -> None:
    access = Access(secret=Secret(secret))
    with pytest.raises(ConfigError, match=f"{why}.*BATUTA_SECRET"):
        await Host(runtime(echo("echo")), access=access).start()
    front = runtime(access=access)
    front.connect("echo", "127.0.0.1:1")
    with pytest.raises(ConfigError, match="BATUTA_SECRET"):
        await front.call("echo", HELLO)


def test_settings_give_access_and_hide_the_secret() -> None:
    environment = {
        "BATUTA_SECRET": SECRET.reveal(), "BATUTA_CALL_BYTES": "2048", "BATUTA_TLS_CA": "ca.pem",
        "BATUTA_TLS_CLIENTS": "any",
    }  # fmt: skip
    settings = read_settings(environment)
    access = Access.of(settings)
    assert (access.secret, access.message_bytes) == (SECRET, 2048)
    assert (str(access.tls_ca), access.any_client) == ("ca.pem", True)
    for shown in (repr(settings), repr(access), str(access)):
        assert SECRET.reveal() not in shown


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ConfigError, match="tls_clients"):
        Settings(tls_clients="maybe")
    with pytest.raises(ConfigError, match="go together"):
        Access.of(Settings(tls_cert="cert.pem"))


async def test_the_secret_is_in_no_record() -> None:
    async with hosted(echo("echo")) as (front, _):
        record = await front.run("echo", HELLO)
    assert ACCESS.key() not in json.dumps(record.to_json())
