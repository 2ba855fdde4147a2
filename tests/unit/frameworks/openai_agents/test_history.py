from __future__ import annotations

from batuta.core.message import Message, ToolCall
from batuta.core.record import RunRecord
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.core.tool import tool
from batuta.frameworks.openai_agents.items import to_items, to_messages
from tests.contract.loops import Driven, Scripted, ask, call, text, wish


@tool
async def look(day: str) -> str:
    """Look at a day."""
    return f"{day}: free"


def keep(session: Session, record: RunRecord) -> None:
    """What a door does after a turn."""
    assert record.reply is not None
    session.history += [record.question, *record.steps, record.reply]


async def test_the_next_turn_sees_calls_and_results_of_the_last():
    session = Session("s", "local")
    options = RunOptions(session=session)
    first = Driven(model=Scripted([wish(call("look", {"day": "Monday"})), text("Free.")]))
    first.tools = (look,)
    keep(session, (await ask(first, options=options, words="Monday?")).raised())

    second = Driven(model=Scripted([wish(call("look", {"day": "Tuesday"})), text("Free too.")]))
    second.tools = (look,)
    record = (await ask(second, options=options, words="And Tuesday?")).raised()
    seen = second.model.requests[0].messages
    assert [(m.role, m.text) for m in seen[1:]] == [
        ("user", "Monday?"),
        ("assistant", ""),
        ("tool", "Monday: free"),
        ("assistant", "Free."),
        ("user", "And Tuesday?"),
    ]
    # The second turn's model began counting anew; its call is not taken for the first turn's.
    assert [m.call_id for m in second.model.requests[1].messages if m.role == "tool"] == [
        "c1",
        "c1_2",
    ]
    assert [m.text for m in record.steps] == ["", "Tuesday: free"]


async def test_calls_of_tools_that_this_agent_does_not_have_stay_in_the_history():
    history = [
        Message.user("Book A."),
        Message("assistant", "Yes.", tool_calls=(ToolCall("x", "book", {"court": "A"}),)),
        Message("tool", '{"ok": true}', call_id="x", name="book"),
        Message.assistant("Booked."),
    ]
    agent = Driven(model=Scripted([text("Hello again.")]), tools=(look,))
    session = Session("s", "local", history)
    record = (await ask(agent, options=RunOptions(session=session))).raised()
    assert record.text == "Hello again."
    assert list(agent.model.requests[0].messages[1:5]) == history


def test_a_conversation_comes_back_as_it_was():
    talk = [
        Message.system("Rule."),
        Message.user("Twice the same."),
        Message.user("Twice the same."),
        Message(
            "assistant",
            "Looking.",
            tool_calls=(ToolCall("a", "look", {"day": "Ümlaut"}), ToolCall("b", "x", {}, "{oops")),
        ),
        Message("tool", "1", call_id="a", name="look"),
        Message("tool", "2", call_id="b", name="x"),
        Message("assistant", tool_calls=(ToolCall("c", "look", {}),)),
        Message("tool", "", call_id="c", name="look"),
        Message.assistant(""),
    ]
    assert to_messages(to_items(talk)) == talk


def test_parts_of_content_are_read_as_one_text():
    parts = [{"type": "output_text", "text": "Hello "}, {"type": "refusal", "refusal": "no"}]
    assert to_messages([{"role": "assistant", "content": parts}])[0].text == "Hello no"
