"""The door before a parrot: clients, requests and what was kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from openai import AsyncOpenAI

from batuta.core.session import Session
from batuta.serve.openai_api import mount
from tests.unit.serve.http.house import House

MODEL = "batuta-d"


@asynccontextmanager
async def opened(home: Path, **settings: Any) -> AsyncIterator[tuple[httpx.AsyncClient, House]]:
    house = House(home, **settings)
    async with house.client(mounts=[mount]) as client:
        yield client, house


@asynccontextmanager
async def sdk(home: Path, **settings: Any) -> AsyncIterator[tuple[AsyncOpenAI, House]]:
    """OpenAI's own client in front of the door."""
    async with opened(home, **settings) as (http, house):
        base = f"{http.base_url}/v1"
        spoken: Any = http  # its own httpx is another module, and the same in what is used here
        yield AsyncOpenAI(base_url=base, api_key="x", max_retries=0, http_client=spoken), house


def said(*texts: str) -> list[dict[str, str]]:
    """Write a talk in which user and assistant take turns."""
    roles = ("user", "assistant")
    return [{"role": roles[at % 2], "content": text} for at, text in enumerate(texts)]


def asking(*texts: str, **more: Any) -> dict[str, Any]:
    return {"model": MODEL, "messages": said(*texts), **more}


async def ask(client: httpx.AsyncClient, *texts: str, **more: Any) -> Mapping[str, Any]:
    headers = more.pop("headers", None)
    asked = asking(*texts, **more)
    answer = await client.post("/v1/chat/completions", json=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def content(answer: Mapping[str, Any]) -> str:
    return answer["choices"][0]["message"]["content"]


def error(response: httpx.Response, status: int, code: str) -> Mapping[str, Any]:
    """Check that a response is an error in OpenAI's shape, and give it."""
    body = response.json()
    assert response.status_code == status, body
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-request-id"]
    told = body["error"]
    assert {"message", "type", "param", "code"} <= set(told)
    assert told["code"] == code, told
    assert told["message"]
    return told


async def sessions(house: House, who: str = "local") -> list[Session]:
    """Give a person's conversations, oldest first, with what was said."""
    store = house.assistants.sessions
    listed = await store.list(who)
    return [await store.load(each.id, who) for each in reversed(listed)]


def words(session: Session) -> list[str]:
    return [m.text for m in session.history if m.role == "user"]
