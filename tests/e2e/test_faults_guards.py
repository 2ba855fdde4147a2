"""What stands between a model's mistake and a booking, and between its noise and a listener."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from batuta.cli.view.streamed import Streamed
from batuta.core.model import Emit, ModelReply, ModelRequest, ignore
from batuta.core.trace import Event
from batuta.errors import ModelRefused
from batuta.offline import OfflineModel
from batuta.serve.http.app import create_app
from batuta.testing.faulty import Fault, Inject
from batuta.testing.scripted import ScriptedModel, calls
from tests.e2e.faults import STYLES, WANTED, WISH, Member, member, retries

pytestmark = pytest.mark.e2e
FREE = "2026-03-09T10:00/B"
"""A slot that is there, and free, and that nobody spoke of."""
BOOK_FREE = ("book", {"slot_id": FREE})


def told(ana: Member, name: str) -> list[str]:
    """The errors of one tool in all runs so far."""
    events = [e for job in ana.jobs for e in job.trace.events]
    return [e.error for e in events if e.kind == "tool" and e.name == name and e.error]


@pytest.mark.parametrize("style", ["d", "e"])
async def test_an_id_that_nobody_offered_books_nothing(tmp_path: Path, style: str) -> None:
    model = ScriptedModel([calls(BOOK_FREE), "Done!"])
    async with member(style, tmp_path, inner=model) as ana:
        await ana.says("Book me something nice")
        assert await ana.booked() == []
        (error,) = told(ana, "book")
        assert f"The slot id {FREE} was not offered in this conversation." in error


@pytest.mark.parametrize("style", ["d", "e"])
@pytest.mark.parametrize("spelt", [FREE, "2026-03-09t10:00/b"])
async def test_an_id_in_the_members_own_words_is_theirs(
    tmp_path: Path, style: str, spelt: str
) -> None:
    model = ScriptedModel([calls(BOOK_FREE), "Done!"])
    async with member(style, tmp_path, inner=model) as ana:
        await ana.says(f"Book slot {spelt}, please")
        assert await ana.booked() == [FREE]


@pytest.mark.parametrize("style", ["d", "e"])
async def test_what_was_offered_in_an_earlier_turn_may_be_booked(
    tmp_path: Path, style: str
) -> None:
    look = ("check_availability", {"date": "2026-03-09", "time": "10:00"})
    model = ScriptedModel([calls(look), "Court B is open at 10.", calls(BOOK_FREE), "Done!"])
    async with member(style, tmp_path, inner=model) as ana:
        await ana.says("Is a court open on Monday at 10?")
        await ana.says("Take B")
        assert await ana.booked() == [FREE]


async def test_an_offer_of_another_conversation_counts_for_nothing(tmp_path: Path) -> None:
    look = ("check_availability", {"date": "2026-03-09", "time": "10:00"})
    model = ScriptedModel([calls(look), "Court B is open.", calls(BOOK_FREE), "Done!"])
    async with member("d", tmp_path, inner=model) as ana:
        await ana.says("Is a court open on Monday at 10?")
        ana.session_id = None
        await ana.says("Take B")
        assert await ana.booked() == []


class Manager:
    """Writes a slot id into a task by itself; the specialist does as it is told."""

    name = "scripted:manager"

    def __init__(self, slot_id: str) -> None:
        self.task = f"Book slot id {slot_id}."

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        if not any(tool.name == "booking" for tool in request.tools):
            return await OfflineModel().reply(request, emit)
        if request.messages[-1].role == "tool":
            return ModelReply(request.messages[-1].text, model=self.name)
        return calls(("booking", {"task": self.task}))


async def test_a_managers_task_offers_nothing_by_itself(tmp_path: Path) -> None:
    async with member("f", tmp_path, inner=Manager(FREE)) as ana:
        await ana.says("Book me something nice")
        assert await ana.booked() == []
        errors = told(ana, "book")
        assert errors
        assert all("was not offered" in error for error in errors)


async def test_an_id_that_the_manager_passes_on_keeps_its_right(tmp_path: Path) -> None:
    async with member("f", tmp_path) as ana:
        await ana.says("Which courts are open tomorrow at 3pm?")
        await ana.says("Book the first one")
        assert await ana.booked() == [WANTED]


async def test_an_offer_holds_under_another_style(tmp_path: Path) -> None:
    async with member("a", tmp_path) as ana:
        await ana.says("Which courts are open tomorrow at 3pm?")
        ana.assistant = await ana.assistants.style("d")
        ana.faulty.inner = ScriptedModel([calls(("book", {"slot_id": WANTED})), "Done!"])
        await ana.says("the first one")
        assert await ana.booked() == [WANTED]


@pytest.mark.parametrize("style", ["d", "e"])
async def test_a_run_that_fails_after_a_booking_says_what_is_done(
    tmp_path: Path, style: str
) -> None:
    model = ScriptedModel([calls(BOOK_FREE), ModelRefused("m")])
    async with member(style, tmp_path, inner=model) as ana:
        record = await ana.says(f"Book slot {FREE}")
        (booking,) = await ana.desk.store.bookings()
        assert record.error is not None
        assert record.error["code"] == "model_refused"
        told = "need not be done again: booked Court B on Monday 9 March 2026, 10:00 to 11:00"
        assert f"{told} ({booking.booking_id})." in record.text


async def test_what_is_done_is_told_over_http_too(tmp_path: Path) -> None:
    model = ScriptedModel([calls(BOOK_FREE), ModelRefused("m"), ModelRefused("n")])
    async with member("d", tmp_path, inner=model) as ana:
        app = create_app(ana.assistants)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            body = {"message": f"Book slot {FREE}"}
            failed, harmless = [await client.post("/styles/d/chat", json=body) for _ in range(2)]
        await app.state.door.runs.stop()
        (booking,) = await ana.desk.store.bookings()
    assert failed.json()["code"] == "model_refused"
    assert booking.booking_id in failed.json()["detail"]
    assert booking.booking_id in failed.json()["done"]
    assert "done" not in harmless.json()


async def test_a_specialist_that_fails_after_its_booking_tells_its_manager(tmp_path: Path) -> None:
    class Breaking(Manager):
        async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
            done = [m for m in request.messages if m.role == "tool" and m.name == "book"]
            if done:
                raise ModelRefused(self.name)
            return await super().reply(request, emit)

    async with member("f", tmp_path, inner=Breaking(FREE)) as ana:
        record = await ana.says(f"Book slot {FREE}")
        (booking,) = await ana.desk.store.bookings()
        assert record.error is None
        assert booking.booking_id in record.text
        assert "need not be done again" in record.text


class Babbling:
    """Says the same long sentence to everything that is no form."""

    name = "scripted:babbling"
    words = "One two three four five six."

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        if request.output is not None:
            return await OfflineModel().reply(request, emit)
        for word in self.words.split(" "):
            emit(f"{word} ")
        return ModelReply(f"{self.words} ", model=self.name)


CUT = Inject(fault=Fault.CUT, rate=1, most=1)


@pytest.mark.parametrize("style", ["d", "e", "f"])
async def test_a_reply_that_broke_off_is_not_heard_twice(tmp_path: Path, style: str) -> None:
    async with member(style, tmp_path, CUT, inner=Babbling()) as ana:
        record = await ana.says("Hello", faults=True)
        heard = Streamed()
        for event in ana.heard:
            heard(event)
        assert retries(record) == 1
        assert (
            "".join(e.data["text"] for e in ana.heard if e.kind == "text" and e.data).count("One")
            == 2
        ), "the listener was given both tries, and told to drop the first"
        assert list(heard.spans.values()) == [f"{Babbling.words} "]


@pytest.mark.parametrize("style", STYLES)
async def test_what_is_heard_in_the_end_is_what_models_said(tmp_path: Path, style: str) -> None:
    async with member(style, tmp_path, Inject(fault=Fault.CUT, rate=0.4), seed=3) as ana:
        record = await ana.says(WISH, faults=True)
        heard = Streamed()
        for event in ana.heard:
            heard(event)
        ends = [e for e in record.events if (e.kind, e.phase) == ("model", "end") and not e.error]
        said = {e.span: (e.data or {})["text"] for e in ends}
        assert all(said[span] == text for span, text in heard.spans.items())


async def test_a_stream_over_http_tells_its_reader_what_to_drop(tmp_path: Path) -> None:
    async with member("d", tmp_path, CUT, inner=Babbling()) as ana:
        app = create_app(ana.assistants)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            body = {"message": "Hello", "stream": True}
            streamed = await client.post("/styles/d/chat", json=body)
        await app.state.door.runs.stop()
    heard = Streamed()
    for event in _events(streamed.text):
        heard(event)
    assert list(heard.spans.values()) == [f"{Babbling.words} "]


def _events(text: str) -> list[Event]:
    """Read the events of a run out of server-sent events."""
    blocks = [dict(line.split(": ", 1) for line in b.splitlines()) for b in text.split("\n\n") if b]
    told = [json.loads(block["data"]) for block in blocks]
    return [Event.from_json({"at_s": 0.0, **data}) for data in told if "span" in data]
