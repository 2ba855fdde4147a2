"""OpenAI's SDK before LiteLLM's proxy: litellm_client.py ADDRESS KEY STYLES; a line for each call.

The last of its calls is of Anthropic's format, which the proxy translates.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from openai import AsyncOpenAI, OpenAIError

ADDRESS, KEY, *STYLES = sys.argv[1:]
SAY = "Is a court free tomorrow at 3pm?"
TALK: list[Any] = [{"role": "user", "content": SAY}]
CLIENT = AsyncOpenAI(base_url=f"{ADDRESS}/v1", api_key=KEY, max_retries=0)


async def listed(model: str) -> object:
    """Find the style among the models."""
    return model in [each.id async for each in CLIENT.models.list()]


async def chat(model: str, *said: Any) -> Any:
    """Ask."""
    made = await CLIENT.chat.completions.create(model=model, messages=[*TALK, *said])
    return made.choices[0].message.content


async def streamed(model: str) -> object:
    """Ask, and read the answer and its usage as they come."""
    text, used = "", 0
    async for chunk in await CLIENT.chat.completions.create(
        model=model, messages=TALK, stream=True, stream_options={"include_usage": True}
    ):
        text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
        used = chunk.usage.total_tokens if chunk.usage else used
    return used and text


async def second_turn(model: str) -> object:
    """Ask, and ask on."""
    answer = {"role": "assistant", "content": await chat(model)}
    return await chat(model, answer, {"role": "user", "content": "and at 4pm?"})


async def response(model: str) -> object:
    """Ask by the other format."""
    return (await CLIENT.responses.create(model=model, input=SAY)).output_text


async def message(model: str) -> object:
    """Ask by Anthropic's."""
    body = {"model": model, "max_tokens": 500, "messages": TALK}
    made: Any = await CLIENT.post("/messages", body=body, cast_to=object)
    return made["content"][0]["text"]


async def unknown_model(model: str) -> object:
    """Ask one that is not there."""
    try:
        return await chat(f"{model}-zz") and ""
    except OpenAIError as error:
        return getattr(error, "status_code", "")


CALLS: tuple[Callable[[str], Awaitable[object]], ...] = (
    listed, chat, streamed, second_turn, response, message, unknown_model
)  # fmt: skip


async def main() -> None:
    """Make every call on every style."""
    for style in STYLES:
        for work in CALLS:
            try:
                made = await work(f"batuta-{style}")
                good, said = bool(made), str(made)
            except Exception as error:  # the table says what went wrong
                good, said = False, f"{type(error).__name__}: {error}"
            what = f"{style}, {work.__name__}"
            print(json.dumps({"what": what, "good": good, "said": said[:200]}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
