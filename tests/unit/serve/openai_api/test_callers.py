"""Who asks: a key, a token that a front end signed, or its plain headers where it is trusted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest

from batuta.core.redaction import Secret
from batuta.errors import ConfigError
from batuta.serve.openai_api import mount
from tests.unit.serve.http.house import House, bearer, keys_file
from tests.unit.serve.openai_api.door import ask, asking, error, opened, sessions

LATER = dt.datetime(2999, 1, 1, tzinfo=dt.UTC)
SECRET = "a secret of at least thirty-two bytes, shared"
USER = {"X-OpenWebUI-User-Id": "u-1", "X-OpenWebUI-User-Name": "Una"}


def token(secret: str = SECRET, **claims: Any) -> Mapping[str, str]:
    told = {"sub": "u-1", "name": "Una", "iss": "open-webui", "exp": LATER, **claims}
    made = jwt.encode({k: v for k, v in told.items() if v is not None}, secret, "HS256")
    return {"X-OpenWebUI-User-Jwt": made}


@pytest.fixture
def keys(tmp_path: Path) -> str:
    return keys_file(tmp_path, front="key-front")


async def test_signed_token_says_for_whom_a_front_end_asks(tmp_path: Path, keys: str) -> None:
    async with opened(tmp_path, keys=keys, user_jwt_secret=Secret(SECRET)) as (client, house):
        await ask(client, "hi", headers={**bearer("key-front"), **token()})
        await ask(client, "hi", headers=bearer("key-front"))
        users, fronts = await sessions(house, "u-1"), await sessions(house, "front")

    assert len(users) == len(fronts) == 1


@pytest.mark.parametrize(
    "forged",
    [
        token("another secret of at least thirty-two bytes"),
        token(exp=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)),
        token(exp=None),
        token(iss="somebody"),
        token(sub=None),
        token(sub=""),
        {"X-OpenWebUI-User-Jwt": jwt.encode({"sub": "u-1"}, "", "none")},
        {"X-OpenWebUI-User-Jwt": "no token"},
    ],
)
async def test_token_that_is_not_good_is_nobodys(
    tmp_path: Path, keys: str, forged: Mapping[str, str]
) -> None:
    async with opened(tmp_path, keys=keys, user_jwt_secret=Secret(SECRET)) as (client, house):
        headers = {**bearer("key-front"), **forged}
        answer = await client.post("/v1/chat/completions", json=asking("hi"), headers=headers)

    told = error(answer, 401, "invalid_api_key")
    assert told["type"] == "authentication_error"
    assert not house.parrot.asked


async def test_good_token_does_not_stand_for_a_key(tmp_path: Path, keys: str) -> None:
    async with opened(tmp_path, keys=keys, user_jwt_secret=Secret(SECRET)) as (client, _):
        none = await client.post("/v1/chat/completions", json=asking("hi"), headers=token())
        wrong = await client.get("/v1/models", headers=bearer("key-eve"))

    error(none, 401, "invalid_api_key")
    error(wrong, 401, "invalid_api_key")


@pytest.mark.parametrize(
    ("trusted", "who"), [("127.0.0.0/8, 10.0.0.7", "u-1"), ("10.0.0.7", "local"), ("", "local")]
)
async def test_plain_headers_count_from_a_trusted_address_alone(
    tmp_path: Path, trusted: str, who: str
) -> None:
    async with opened(tmp_path, trusted_addresses=trusted) as (client, house):
        await ask(client, "hi", headers=USER)
        kept = await sessions(house, who)

    assert len(kept) == 1


async def test_addresses_that_are_none_are_told_before_anything_is_served(tmp_path: Path) -> None:
    house = House(tmp_path, trusted_addresses="the office")
    with pytest.raises(ConfigError, match="trusted_addresses"):
        async with house.client(mounts=[mount]):
            pass
    await house.assistants.close()


async def test_requests_of_one_caller_are_limited(tmp_path: Path) -> None:
    async with opened(tmp_path, requests_per_minute=1) as (client, _):
        await ask(client, "hi")
        answer = await client.post("/v1/chat/completions", json=asking("hi"))

    assert error(answer, 429, "limit_reached")["type"] == "rate_limit_error"
    assert 1 <= int(answer.headers["retry-after"]) <= 120
