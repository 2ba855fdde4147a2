"""What all frameworks' drives share."""

from __future__ import annotations

from batuta.core.agent import FunctionAgent
from batuta.core.message import Message, ToolCall, VendorPart
from batuta.core.run import Run
from batuta.frameworks.driving import Driving
from batuta.parts.loop import LoopSpec
from tests.contract.loops import Scripted, ask


async def history_of(*messages: Message) -> tuple[Driving, list[Message]]:
    made: list[tuple[Driving, list[Message]]] = []

    async def answer(message: Message, run: Run) -> Message:
        driving = Driving(
            LoopSpec(name="own", instructions=Message.system(""), model=Scripted([])), messages, run
        )
        made.append((driving, driving.history()))
        return Message.assistant("Done.")

    (await ask(FunctionAgent(name="own", answer=answer))).raised()  # type: ignore[arg-type]
    return made[0]


async def test_ids_used_twice_in_a_history_become_different_and_keep_their_results():
    turn = [
        Message("assistant", tool_calls=(ToolCall("c", "look", {}),)),
        Message("tool", "free", call_id="c", name="look"),
        Message.user("Again."),
    ]
    driving, given = await history_of(*turn, *turn)
    assert [m.tool_calls[0].id for m in given if m.tool_calls] == ["c", "c_2"]
    assert [m.call_id for m in given if m.role == "tool"] == ["c", "c_2"]
    assert driving.result_of("c_2", "as the framework tells it") == "free"


async def test_what_a_vendor_wants_back_is_found_again_by_the_calls_beside_it():
    part = VendorPart("vendor/family", {"signature": "s"})
    said = Message("assistant", tool_calls=(ToolCall("c", "look", {}),), parts=(part,))
    driving, given = await history_of(said)
    bare = Message("assistant", tool_calls=given[0].tool_calls)
    assert driving.as_said(bare).parts == (part,)
    other = Message("assistant", tool_calls=(ToolCall("c", "look", {"day": "Monday"}),))
    assert driving.as_said(other) is other
