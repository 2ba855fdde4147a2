"""The lowest floor: plain asyncio, functions and dicts; nothing is validated or counted."""

from __future__ import annotations

import json
from typing import Any

from bench.peers import tasks
from bench.peers.tasks import Answer, Run, Script, Wish


def made() -> dict[str, Any]:
    """Make the agent with two tools."""
    return _agent(tasks.books)


def _agent(script: Script, latency_s: float = 0.0) -> dict[str, Any]:
    async def model(messages: list[dict[str, Any]]) -> dict[str, Any]:
        await tasks.pause(latency_s)
        results = sum(message["role"] == "tool" for message in messages)
        said = script(messages[-1]["content"], results)
        if isinstance(said, Wish):
            wished = {"name": said.tool, "arguments": said.json}
            call = {"id": f"call_{results}", "type": "function", "function": wished}
            return {"role": "assistant", "content": "", "tool_calls": [call]}
        return {"role": "assistant", "content": said.text}

    tools = {tool.__name__: tool for tool in tasks.TOOLS}
    return {"instructions": tasks.INSTRUCTIONS, "model": model, "tools": tools}


async def _answer(agent: dict[str, Any], text: str) -> str:
    messages = [
        {"role": "system", "content": agent["instructions"]},
        {"role": "user", "content": text},
    ]
    while True:
        message = await agent["model"](messages)
        messages.append(message)
        if "tool_calls" not in message:
            return message["content"]
        for call in message["tool_calls"]:
            wished = call["function"]
            if wished["name"] == "handoff":
                agent, result = agent["next"], "ok"
            else:
                tool = agent["tools"][wished["name"]]
                result = await tool(**json.loads(wished["arguments"]))
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})


def _answering(script: Script, latency_s: float = 0.0) -> Answer:
    agent = _agent(script, latency_s)
    return lambda text: _answer(agent, text)


def agent(latency_s: float = 0.0) -> Run:
    """Ask three times, with two tools."""
    answer = _answering(tasks.books, latency_s)
    return lambda: answer(tasks.QUESTION)


def fan_out(count: int, latency_s: float) -> Run:
    """Ask many agents at once."""
    answers = [_answering(tasks.says_ok, latency_s) for _ in range(count)]
    return tasks.gathered([lambda each=each: each(tasks.QUESTION) for each in answers])


own_fan_out = fan_out


def workflow() -> Run:
    """Ask five agents in turn."""
    return tasks.chained(_answering(tasks.says_ok))


def functions() -> Run:
    """Call five functions in turn."""

    async def add(number: int) -> int:
        return number + 1

    async def run() -> int:
        number = 0
        for _ in range(5):
            number = await add(number)
        return number

    return run


def router() -> Run:
    """Ask a classifier, then one of two."""
    ends = {name: _answering(tasks.says_ok) for name in ("booking", "support")}
    return tasks.routed(_answering(tasks.labels), ends)


def reflection() -> Run:
    """Write and judge three times."""
    return tasks.improved(_answering(tasks.drafts), _answering(tasks.judges))


def handoffs() -> Run:
    """Hand over three times."""
    agents = [_agent(tasks.hands_over("handoff")) for _ in range(3)]
    for giver, taker in zip(agents, [*agents[1:], _agent(tasks.says_ok)], strict=True):
        giver["next"] = taker
    return lambda: _answer(agents[0], tasks.QUESTION)
