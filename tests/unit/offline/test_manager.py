"""A manager over specialists, and the specialists themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from batuta.core.message import Message, ToolCall
from batuta.core.model import ModelRequest
from batuta.offline.options import options_said
from tests.unit.offline.talks import BOOK, CHECK, TEXT, Club, ask, schema, system, talk

FINDS = schema(
    "availability", "Availability specialist: finds slots for a date and time.", task=TEXT
)
BOOKS = schema("booking", "Booking specialist: books one slot, given its slot id.", task=TEXT)


def staff(club: Club, tasks: list[str]) -> Callable[[ToolCall], Awaitable[str]]:
    """Answer each task by a specialist that is the offline model itself, over one tool."""

    async def work(call: ToolCall) -> str:
        tool = CHECK if call.name == FINDS.name else BOOK
        messages = [system("You are a specialist."), Message.user(call.arguments["task"])]
        reply = await ask(ModelRequest(messages, (tool,)))
        while reply.tool_calls:
            messages.append(Message("assistant", reply.text, tool_calls=reply.tool_calls))
            messages += [Message.tool(c, club(c)) for c in reply.tool_calls]
            reply = await ask(ModelRequest(messages, (tool,)))
        tasks.append(call.arguments["task"])
        return reply.text

    return work


async def managed(*turns: str, club: Club) -> tuple[list[str], list[str]]:
    tasks: list[str] = []
    messages, answers = [system("You manage specialists.")], list[str]()
    work = staff(club, tasks)
    for turn in turns:
        messages.append(Message.user(turn))
        reply = await ask(ModelRequest(messages, (FINDS, BOOKS)))
        while reply.tool_calls:
            messages.append(Message("assistant", reply.text, tool_calls=reply.tool_calls))
            messages += [Message.tool(c, await work(c)) for c in reply.tool_calls]
            reply = await ask(ModelRequest(messages, (FINDS, BOOKS)))
        messages.append(Message.assistant(reply.text))
        answers.append(reply.text)
    return tasks, answers


async def test_a_manager_writes_tasks_that_stand_by_themselves() -> None:
    club = Club()
    tasks, answers = await managed("Book a court tomorrow at 3pm", club=club)
    assert tasks[0] == "Check which slots are open on 2024-05-16 at 15:00 for court."
    assert "2024-05-16T15:00/A" in tasks[1]
    assert club.booked == ["2024-05-16T15:00/A"]
    assert "bk-7" in answers[0]


async def test_the_user_sees_options_without_identifiers() -> None:
    club = Club()
    _, answers = await managed("is a court free tomorrow at 3pm?", "the second one", club=club)
    assert "2. Court B, 15:00 to 16:00\n" in answers[0]
    assert "/B" not in answers[0]
    assert club.booked == ["2024-05-16T15:00/B"]


async def test_a_yes_to_other_times_is_no_choice_through_a_manager() -> None:
    club = Club(taken={"2024-05-16T15:00/A", "2024-05-16T15:00/B"})
    await managed("book a court tomorrow at 3pm", "yes", club=club)
    assert not club.booked


async def test_a_specialist_shows_identifiers_where_it_cannot_act() -> None:
    answers = await talk(["Check which slots are open on 2024-05-16 at 15:00."], (CHECK,), Club())
    assert "1. Court A, 15:00 to 16:00 (2024-05-16T15:00/A)" in answers[0]


async def test_a_specialist_acts_on_the_identifier_that_the_task_spells_out() -> None:
    club = Club()
    answers = await talk(["Book slot 2024-05-16T15:00/B (Court B)."], (BOOK,), club)
    assert club.booked == ["2024-05-16T15:00/B"]
    assert answers[0].startswith("Done")


async def test_a_dead_specialist_is_an_explained_gap() -> None:
    def dead(call: ToolCall) -> str:
        return '{"error": "The availability specialist does not answer.", "retry": true}'

    answers = await talk(["Book a court tomorrow at 3pm"], (FINDS, BOOKS), dead)
    assert "does not answer" in answers[0]


async def test_a_conversation_is_handed_over_to_the_agent_that_fits() -> None:
    tools = (
        schema("transfer_to_billing", "Handles invoices and payments."),
        schema("transfer_to_availability", "Finds open court slots."),
    )
    request = ModelRequest([system(), Message.user("is a court open tomorrow at 3pm?")], tools)
    reply = await ask(request)
    assert [c.name for c in reply.tool_calls] == ["transfer_to_availability"]


def test_an_identifier_that_is_a_plain_word_is_named_as_one() -> None:
    """Else "Dracula (dracula)" could not be told from "Court A (indoor)"."""
    listed = options_said("This is what I found:\n1. Dracula (id dracula)\n2. Court A (indoor)")
    assert [(each.label, each.id) for each in listed] == [
        ("Dracula", "dracula"),
        ("Court A (indoor)", ""),
    ]


async def test_a_task_names_a_word_that_is_an_identifier() -> None:
    finds = schema("catalogue", "Finds books.", task=TEXT)
    lends = schema("desk", "Lends one book, given its book id.", task=TEXT)
    found = Message.tool(
        call := ToolCall("1", "catalogue", {"task": 'Find "Dracula".'}),
        "This is what I found:\n1. Dracula (id dracula)",
    )
    asked = [
        system("You manage specialists."),
        Message.user("I want to borrow Dracula"),
        Message("assistant", "", tool_calls=(call,)),
        found,
    ]
    reply = await ask(ModelRequest(asked, (finds, lends)))
    assert [(c.name, c.arguments) for c in reply.tool_calls] == [
        ("desk", {"task": "Lend book id dracula (Dracula)."})
    ]
    task = Message.user("Lend book id dracula (Dracula).")
    tool = schema("lend", "Lend a book to whoever asks.", book_id=TEXT)
    reply = await ask(ModelRequest([system("You are a specialist."), task], (tool,)))
    assert [c.arguments for c in reply.tool_calls] == [{"book_id": "dracula"}]
