"""A loop of tools goes on where the vendor wants something back with its calls, under D and E."""

from __future__ import annotations

from typing import Any

import pytest

from batuta.control.function_calling import FunctionCalling
from batuta.control.single_agent import SingleAgent
from batuta.core.message import Message
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.core.tool import tool
from batuta.frameworks.openai_agents import OpenAIAgentsLoop
from batuta.runtimes.local import LocalRuntime
from batuta.wiring import LAYERS
from tests.unit.models.vendors.asking import completion, deltas
from tests.unit.models.vendors.socket_server import serving
from tests.unit.models.vendors.test_vendor_parts import GEMINI, SIGNED


@tool
def look(day: str) -> str:
    """Look at a day."""
    return f"{day}: free"


def agent(style: str) -> Any:
    if style == "d":
        return FunctionCalling(name="desk", tools=[look])
    return SingleAgent(name="desk", tools=[look], loop=OpenAIAgentsLoop())


def wish(n: int, day: str) -> dict[str, Any]:
    function = {"name": "look", "arguments": f'{{"day": "{day}"}}'}
    return {"id": f"c{n}", "type": "function", "function": function, "extra_content": SIGNED}


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("style", ["d", "e"])
async def test_geminis_signature_goes_back_with_every_call_and_into_the_next_turn(
    style: str, streamed: bool
) -> None:
    def calls(*wishes: dict[str, Any]) -> Any:
        if streamed:
            pieces = ({"tool_calls": [{**one, "index": n}]} for n, one in enumerate(wishes))
            return deltas(*pieces, finish="tool_calls")
        return completion({"content": None, "tool_calls": list(wishes)}, "tool_calls")

    said = {"content": "Free."}
    end = deltas(said) if streamed else completion(said)
    answers = [calls(wish(1, "Mo"), wish(2, "Tu")), calls(wish(3, "We")), end]
    async with serving(*answers) as server:
        model = GEMINI.make(server.url)
        runtime = LocalRuntime(LAYERS, models=lambda _: model)
        session = Session("s", "local")
        for text in ("Is Monday free?", "And Tuesday?"):
            options = RunOptions(session=session, listener=(lambda _: None) if streamed else None)
            record = await runtime.run(agent(style), Message.user(text), options)
            assert record.text == "Free."
            session.history += [record.question, *record.steps, record.reply or Message.user("")]
        await runtime.stop()
        await model.aclose()
    for asked in server.asked[1:]:
        sent = [c for m in asked.body["messages"] for c in m.get("tool_calls") or ()]
        assert sent
        assert all(call["extra_content"] == SIGNED for call in sent)
        assert len({call["id"] for call in sent}) == len(sent)
    assert len(server.asked) == 4
