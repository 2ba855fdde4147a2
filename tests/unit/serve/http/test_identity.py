"""Who may call, and that keys stay secret."""

from __future__ import annotations

import json
import logging
import traceback
from pathlib import Path

import pytest

from batuta.core.principal import LOCAL, READ, WRITE
from batuta.errors import ConfigError
from batuta.serve.http.identity import (
    ApiKeys,
    Development,
    check_binding,
    identity_of,
    is_loopback,
    read_keys,
)
from batuta.serve.http.problems import Refused
from batuta.settings import Settings
from tests.unit.serve.http.house import House, bearer, keys_file, problem

ANYWHERE = "0.0.0.0"  # noqa: S104 - only compared
SECRET = "k-ana-5f0c"


def written(folder: Path, text: str, name: str = "users.json") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


async def test_key_names_its_principal_by_either_header(tmp_path: Path) -> None:
    keys = keys_file(tmp_path, ana=SECRET, bob="k-bob")
    async with House(tmp_path, keys=keys).client() as client:
        by_bearer = await client.post(
            "/chat", json={"message": "hello"}, headers={"Authorization": f"bearer  {SECRET}"}
        )
        by_header = await client.get("/runs", headers={"X-API-Key": SECRET})
        bobs = await client.get("/runs", headers=bearer("k-bob"))

    assert by_bearer.status_code == 200
    assert len(by_header.json()["runs"]) == 1
    assert bobs.json()["runs"] == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": SECRET},
        {"Authorization": f"Basic {SECRET}"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer " + SECRET[:-1]},
        {"X-API-Key": SECRET + "x"},
        {"X-API-Key": ""},
        {"X-API-Key": "ana"},
    ],
)
@pytest.mark.parametrize("path", ["/styles", "/sessions", "/runs", "/runs/x/events"])
async def test_no_key_or_a_wrong_one_gets_in_nowhere(
    tmp_path: Path, headers: dict[str, str], path: str
) -> None:
    async with House(tmp_path, keys=keys_file(tmp_path, ana=SECRET)).client() as client:
        response = await client.get(path, headers=headers)

    problem(response, 401, "unauthenticated")
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert SECRET not in response.text


async def test_health_needs_no_key_and_tells_no_secret(tmp_path: Path) -> None:
    async with House(tmp_path, keys=keys_file(tmp_path, ana=SECRET)).client() as client:
        response = await client.get("/health")

    assert set(response.json()) == {"status", "version", "tools_running", "tools_given_up"}
    assert response.json()["status"] == "ok"


async def test_permissions_hold_for_tools_that_write(tmp_path: Path) -> None:
    users = [{"id": "ana", "key": SECRET, "permissions": ["read"]}]
    house = House(tmp_path, keys=written(tmp_path, json.dumps({"users": users})))
    async with house.client(headers=bearer(SECRET)) as client:
        response = await client.post("/chat", json={"message": "note it"})

    assert not house.notes
    assert "may not use note" in response.json()["reply"]


async def test_keys_stand_in_no_error_log_or_repr(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    identity = ApiKeys(read_keys(keys_file(tmp_path, ana=SECRET)))
    with pytest.raises(Refused) as caught:
        identity.caller({"authorization": "Bearer wrong-" + SECRET})
    said = [repr(identity), str(vars(identity)), repr(caught.value), str(caught.value), caplog.text]

    assert not [text for text in said if SECRET in text]


def test_toml_works_and_other_tables_are_left_alone(tmp_path: Path) -> None:
    text = (
        f'[[users]]\nid = "ana"\nname = "Ana"\nkey = "{SECRET}"\n'
        '[[users]]\nid = "bob"\n'
        '[[users]]\nid = "eve"\nkey = "k-eve"\npermissions = ["read"]\n'
        '[[bookings]]\ndate = 2019-03-02\ntime = 14:00:00\ncourt = "*"\n'
    )
    users = read_keys(written(tmp_path, text, "seed.toml"))

    assert users[SECRET].name == "Ana"
    assert users[SECRET].permissions == {READ, WRITE}
    assert users["k-eve"].permissions == {READ}
    assert len(users) == 2, "who has no key cannot come in here"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "JSONDecodeError"),
        ("[]", "top"),
        ('{"users": 5}', "users"),
        (f'{{"users": [{{"id": "", "key": "{SECRET}"}}]}}', "users.0.id"),
        (f'{{"users": [{{"key": "{SECRET}"}}]}}', "users.0.id"),
        (f'{{"users": [{{"id": "a", "kee": "{SECRET}"}}]}}', "users.0.kee"),
        (f'{{"users": [{{"id": "a", "key": ["{SECRET}"]}}]}}', "users.0.key"),
        (f'{{"users": [{{"id": "a", "key": "{SECRET}", "permissions": ["all"]}}]}}', "permissions"),
        (f'{{"users": [{{"id": "a", "key": "{SECRET}"}}, {{"id": "a"}}]}}', "'a' appears twice"),
        (
            f'{{"users": [{{"id": "a", "key": "{SECRET}"}}, {{"id": "b", "key": "{SECRET}"}}]}}',
            "same key",
        ),
        ('{"users": [{"id": "a", "key": "cl\u00e9"}]}', "users.0.key"),
        ('{"users": [{"id": "a", "key": ""}]}', "users.0.key"),
        ('{"users": [{"id": "a"}]}', "has a key"),
    ],
)
def test_file_of_keys_that_is_wrong_says_where_and_shows_none(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        identity_of(Settings(keys=written(tmp_path, text)))

    whole = "".join(traceback.format_exception(caught.value))
    assert said in str(caught.value)
    assert SECRET not in whole


def test_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        identity_of(Settings(keys=str(tmp_path / "none.json")))


def test_seeded_users_come_in_where_no_keys_are_set(tmp_path: Path) -> None:
    seed = keys_file(tmp_path, ana=SECRET)
    keyless = written(tmp_path, '{"users": [{"id": "ana"}]}')

    assert identity_of(Settings(seed=seed)).caller(bearer_lower(SECRET)).id == "ana"
    assert isinstance(identity_of(Settings(seed=keyless)), Development)
    assert identity_of(Settings()).caller({}) == LOCAL


def bearer_lower(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


@pytest.mark.parametrize(
    "host", [ANYWHERE, "::", "", "192.168.1.5", "example.org", "127.0.0.1.nip.io"]
)
def test_development_identity_listens_on_this_machine_alone(host: str) -> None:
    with pytest.raises(ConfigError, match="BATUTA_KEYS"):
        check_binding(host, Development())
    check_binding(host, ApiKeys({}))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost", "LOCALHOST."]
)
def test_loopback_is_known(host: str) -> None:
    assert is_loopback(host)
    check_binding(host, Development())


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "localhost.evil",
        "",
        "[",
        ANYWHERE,
    ],
)
async def test_development_server_answers_no_rebound_name(tmp_path: Path, host: str) -> None:
    house = House(tmp_path)
    async with house.client(headers={"Host": host}) as client:
        problem(await client.post("/chat", json={"message": "hello"}), 403, "host_not_allowed")
        problem(await client.get("/health"), 403, "host_not_allowed")
    assert not house.parrot.asked


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost.evil", "x", ""]
)
async def test_development_server_answers_no_page_of_another_site(
    tmp_path: Path, origin: str
) -> None:
    house = House(tmp_path)
    async with house.client(headers={"Origin": origin}) as client:
        problem(await client.post("/chat", json={"message": "hello"}), 403, "origin_not_allowed")
    assert not house.parrot.asked


async def test_development_server_answers_local_pages(tmp_path: Path) -> None:
    async with House(tmp_path).client() as client:
        for host, origin in (("localhost:1", "http://127.0.0.1:3000"), ("[::1]:8", "http://[::1]")):
            headers = {"Host": host, "Origin": origin}
            assert (await client.get("/styles", headers=headers)).status_code == 200


async def test_with_keys_any_host_and_origin_will_do(tmp_path: Path) -> None:
    headers = {"Host": "club.example", "Origin": "https://other.example", **bearer(SECRET)}
    async with House(tmp_path, keys=keys_file(tmp_path, ana=SECRET)).client() as client:
        response = await client.get("/styles", headers=headers)

    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers
