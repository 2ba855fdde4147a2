"""One of Python's clients before a door: client.py NAME ADDRESS STYLES; a line for each call."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

NAME, ADDRESS, *STYLES = sys.argv[1:]
BASE, KEY = f"{ADDRESS}/v1", "none"
SAY = "Is a court free tomorrow at 3pm?"


async def call(what: str, work: Callable[[], Awaitable[object]]) -> None:
    """Do one call, and tell what came of it."""
    try:
        said = str(await work())
        good = bool(said)
    except Exception as error:  # the table says what went wrong
        said, good = f"{type(error).__name__}: {error}", False
    print(json.dumps({"what": what, "good": good, "said": said[:200]}), flush=True)


async def openai_agents(style: str) -> None:
    """OpenAI's Agents SDK, with a style as its model."""
    from agents import (
        Agent,
        OpenAIChatCompletionsModel,
        OpenAIConversationsSession,
        OpenAIResponsesModel,
        Runner,
        set_tracing_disabled,
    )
    from openai import AsyncOpenAI

    set_tracing_disabled(disabled=True)
    client = AsyncOpenAI(base_url=BASE, api_key=KEY, max_retries=0)

    async def run(agent: Any, **more: Any) -> object:
        return (await Runner.run(agent, SAY, **more)).final_output

    async def streamed(agent: Any) -> object:
        made = Runner.run_streamed(agent, SAY)
        async for _ in made.stream_events():
            pass
        return made.final_output

    for kind, model in (("chat", OpenAIChatCompletionsModel), ("responses", OpenAIResponsesModel)):
        agent = Agent(name="a", instructions="be kind", model=model(f"batuta-{style}", client))
        await call(f"{style}, {kind}, run", lambda agent=agent: run(agent))
        await call(f"{style}, {kind}, streamed", lambda agent=agent: streamed(agent))
    agent = Agent(name="a", model=OpenAIResponsesModel(f"batuta-{style}", client))
    session = OpenAIConversationsSession(openai_client=client)
    await call(f"{style}, conversations", lambda: run(agent, session=session))
    await call(f"{style}, conversations, again", lambda: run(agent, session=session))
    conversation = (await client.conversations.create()).id
    await call(f"{style}, conversation", lambda: run(agent, conversation_id=conversation))


async def langchain(style: str) -> None:
    """LangChain's ChatOpenAI, by both formats."""
    from langchain_openai import ChatOpenAI
    from pydantic import BaseModel

    class Slot(BaseModel):
        court: str
        hour: int

    async def text(model: Any) -> object:
        return (await model.ainvoke(SAY)).text

    async def pieces(model: Any) -> object:
        return "".join([str(piece.text) async for piece in model.astream(SAY)])

    for kind, more in (("chat", {}), ("responses", {"use_responses_api": True})):
        model: Any = ChatOpenAI(
            base_url=BASE, api_key=KEY, model=f"batuta-{style}", max_retries=0, **more
        )
        shaped = model.with_structured_output(Slot)
        await call(f"{style}, {kind}, invoke", lambda model=model: text(model))
        await call(f"{style}, {kind}, streamed", lambda model=model: pieces(model))
        await call(f"{style}, {kind}, structured", lambda shaped=shaped: shaped.ainvoke(SAY))


async def main() -> None:
    """Do what the client is asked for, on every style."""
    for style in STYLES:
        await {"openai-agents": openai_agents, "langchain": langchain}[NAME](style)


if __name__ == "__main__":
    asyncio.run(main())
