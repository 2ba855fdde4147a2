"""What is recorded can be read and replayed; what changed is said loudly."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from batuta.core.ids import new_id
from batuta.core.message import Message, ToolCall
from batuta.core.model import (
    Emit,
    Model,
    ModelReply,
    ModelRequest,
    OutputSchema,
    Spent,
    ToolSchema,
    Usage,
    ignore,
)
from batuta.errors import (
    ConfigError,
    ModelCut,
    ModelError,
    ModelRateLimited,
    ModelRefused,
    ModelTimeout,
    ModelUnavailable,
    ReplayMismatch,
)
from batuta.testing.recorded import Recorder, Recording, RecordingModel, ReplayModel
from batuta.testing.scripted import ScriptedModel, ScriptLine, calls
from tests.contract.model import ModelCase, ModelContract
from tests.contract.test_models import MODELS, REQUESTS

BOOK = ToolSchema(
    "book", "Book a slot.", {"type": "object", "properties": {"slot_id": {"type": "string"}}}
)
FORM = OutputSchema(
    "form", {"type": "object", "properties": {"day": {"type": "string"}}}, "A form."
)
PROMPT = "You book courts.\nNever guess.\n\nNow: 2026-03-02T09:00 (Monday), time zone UTC"


def asked(*words: str, system: str = PROMPT, **more: Any) -> ModelRequest:
    said = [Message.user(text) for text in words or ("hello",)]
    return ModelRequest([Message.system(system), *said], **more)


async def heard(model: Model, request: ModelRequest) -> tuple[ModelReply | str, str]:
    """Ask; give the reply, or the error's text, and what was streamed."""
    pieces: list[str] = []
    try:
        return await model.reply(request, pieces.append), "".join(pieces)
    except ModelError as error:
        return f"{type(error).__name__}: {error}", "".join(pieces)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "talk.jsonl"


async def record(
    file: Path, *lines: ScriptLine, asks: Sequence[ModelRequest] = (), **more: Any
) -> None:
    """Record what a scripted model says to some requests."""
    model = RecordingModel(ScriptedModel(lines), Recorder(file, **more))
    for request in asks:
        await heard(model, request)


def text_of(file: Path) -> str:
    return file.read_text("utf-8")


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text_of(file).splitlines()]


REPLIES = [
    ModelReply("Hello there.", usage=Usage(10, 5, 2, 1, 3), model="openai:gpt"),
    calls(("book", {"slot_id": "m/1"}), ("book", {"slot_id": "m/2"}), text="I book."),
    ModelReply('{"day": "monday"}', output={"day": "monday"}, model="m"),
    ModelReply("I will not.", stop_reason="refused", model="m"),
    ModelReply("half", stop_reason="length", usage_told=False, model="m"),
    ModelReply(
        "at last", earlier=(Spent("first:one", Usage(3, 0), told=False),), model="second:two"
    ),
    ModelReply(tool_calls=(ToolCall("c", "book", {}, invalid='{"slot'),), model="m"),
]


@pytest.mark.parametrize("reply", REPLIES, ids=lambda r: r.stop_reason)
async def test_a_reply_comes_back_as_it_was_under_a_label_of_its_own(
    file: Path, reply: ModelReply
) -> None:
    await record(file, reply, asks=[asked(tools=(BOOK,))])
    model = ReplayModel(file)
    made = await model.reply(asked(tools=(BOOK,)))
    assert (made.text, made.output, made.usage) == (reply.text, reply.output, reply.usage)
    assert (made.stop_reason, made.usage_told) == (reply.stop_reason, reply.usage_told)
    assert [(c.name, c.arguments, c.invalid) for c in made.tool_calls] == [
        (c.name, c.arguments, c.invalid) for c in reply.tool_calls
    ]
    assert len({c.id for c in made.tool_calls}) == len(made.tool_calls)
    assert made.earlier == tuple(one._replace(model=f"replay:{one.model}") for one in reply.earlier)
    assert (made.model, made.stand_in) == (f"replay:{reply.model}", True)
    assert (model.name, model.models, model.left) == ("replay:talk", (reply.model,), 0)


ERRORS: list[ModelError] = [
    ModelTimeout("m", 30),
    ModelRateLimited("m", 2.5),
    ModelRateLimited("m"),
    ModelRefused("m", "will not"),
    ModelUnavailable("m", "HTTP 503", retryable=False),
    ModelCut("m", heard=True),
    ModelError("m", "odd", mend="Mend it."),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
async def test_an_error_comes_back_as_it_was(file: Path, error: ModelError) -> None:
    error.spent = (Spent("m", Usage(7, 1), tier="flex"),)
    await record(file, error, asks=[asked()])
    with pytest.raises(type(error)) as caught:
        await ReplayModel(file).reply(asked())
    again = caught.value
    assert (str(again), again.retryable) == (str(error), error.retryable)
    assert again.spent == (Spent("replay:m", Usage(7, 1), tier="flex"),)
    assert getattr(again, "retry_after_s", 0) == getattr(error, "retry_after_s", 0)


async def test_a_strangers_exception_passes_and_is_replayed_as_a_models_error(file: Path) -> None:
    model = RecordingModel(ScriptedModel([ValueError("token=abcdefgh")]), file)
    with pytest.raises(ValueError, match="token"):
        await model.reply(asked())
    with pytest.raises(ModelError, match=r"ValueError: \[secret\]"):
        await ReplayModel(file).reply(asked())


async def test_repeated_requests_get_their_replies_in_the_order_of_asking(file: Path) -> None:
    await record(file, "one", ModelTimeout("m", 1), "three", asks=[asked()] * 3)
    model = ReplayModel(file)
    said = [await heard(model, asked()) for _ in range(3)]
    texts = [r if isinstance(r, str) else r.text for r, _ in said]
    assert texts == ["one", "ModelTimeout: Model m: no reply within 1 s. Try again later.", "three"]
    with pytest.raises(ReplayMismatch, match="repeats a request that was recorded 3 times"):
        await model.reply(asked())


async def test_requests_at_once_are_told_apart_and_keep_the_order_of_asking(file: Path) -> None:
    gates = [asyncio.Event() for _ in range(4)]

    class Gated:
        name = "m:gated"
        begun = 0

        async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
            number = self.begun
            self.begun += 1
            await gates[number].wait()
            return ModelReply(f"{request.messages[-1].text} {number}", model=self.name)

    model = RecordingModel(Gated(), file)
    requests = [asked("a"), asked("b"), asked("a"), asked("c")]
    async with asyncio.TaskGroup() as group:
        for request in requests:
            group.create_task(model.reply(request))
        await asyncio.sleep(0)
        for gate in reversed(gates):
            gate.set()
            await asyncio.sleep(0)
    assert [line["call"] for line in lines_of(file) if "call" in line] == [4, 3, 2, 1]
    replay = ReplayModel(file)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(replay.reply(r)) for r in (*requests[1:], requests[0])]
    assert [t.result().text for t in tasks] == ["b 1", "a 0", "c 3", "a 2"]


class Streaming:
    """Streams something and then does something else."""

    name = "m:streaming"

    def __init__(self, pieces: Sequence[str], ends: ModelReply | Exception) -> None:
        self.pieces, self.ends = pieces, ends

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        for piece in self.pieces:
            emit(piece)
        if isinstance(self.ends, Exception):
            raise self.ends
        return self.ends


@pytest.mark.parametrize(
    ("pieces", "ends", "streamed"),
    [
        (["Hel", "lo  you", "\nthere"], ModelReply("Hello  you\nthere"), None),
        ([], ModelReply("Hello"), ""),
        (["Hel"], ModelCut("m", heard=True), "Hel"),
        (["think"], ModelReply("Hello"), "think"),
        ([], ModelTimeout("m", 1), None),
    ],
)
async def test_what_was_streamed_is_streamed_again(
    file: Path, pieces: list[str], ends: Any, streamed: str | None
) -> None:
    model = RecordingModel(Streaming(pieces, ends), file)
    assert (await heard(model, asked()))[1] == "".join(pieces)
    assert lines_of(file)[-1].get("streamed") == streamed
    said, again = await heard(ReplayModel(file), asked())
    assert again == "".join(pieces)
    assert isinstance(said, str) is isinstance(ends, Exception)


async def test_a_model_that_nobody_listens_to_need_not_stream(file: Path) -> None:
    class Plain:
        name = "m:plain"

        async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
            assert emit is ignore
            return ModelReply("Hello you", model=self.name)

    await RecordingModel(Plain(), file).reply(asked())
    assert (await heard(ReplayModel(file), asked()))[1] == "Hello you"


async def test_text_is_streamed_word_by_word(file: Path) -> None:
    await record(file, "One two  three.", asks=[asked()])
    pieces: list[str] = []
    await ReplayModel(file).reply(asked(), pieces.append)
    assert pieces == ["One ", "two ", " ", "three."]


def conversation(call_id: str, booking: str, **more: Any) -> ModelRequest:
    call = ToolCall(call_id, "book", {"slot_id": "m/1"})
    result = json.dumps({"booking_id": booking, "court": "A"}, **more)
    messages = [
        Message.system(PROMPT),
        Message("user", "book", data={"kept": call_id}, metadata={"at": call_id}),
        Message("assistant", tool_calls=(call,)),
        Message.tool(call, result),
    ]
    return ModelRequest(messages, (BOOK,))


async def test_what_differs_from_run_to_run_is_ignored_and_told_as_it_is_today(file: Path) -> None:
    await record(
        file,
        "Done: BK-11111-AAAAA, as BK-99999-ZZZZZ.",
        asks=[conversation("c1", "BK-11111-AAAAA")],
    )
    assert "BK-11111-AAAAA" not in text_of(file)
    today = conversation(new_id("call"), "BK-22222-BBBBB", indent=2)
    made = await ReplayModel(file).reply(today)
    assert made.text == "Done: BK-22222-BBBBB, as BK-99999-ZZZZZ."


async def test_ids_in_a_replayed_call_are_todays_too(file: Path) -> None:
    await record(
        file,
        calls(("cancel", {"booking_id": "BK-11111-AAAAA", "why": ["BK-11111-AAAAA is wrong"]})),
        asks=[conversation("c1", "BK-11111-AAAAA")],
    )
    made = await ReplayModel(file).reply(conversation("c2", "BK-22222-BBBBB"))
    assert made.tool_calls[0].arguments == {
        "booking_id": "BK-22222-BBBBB",
        "why": ["BK-22222-BBBBB is wrong"],
    }


@pytest.mark.parametrize(
    "same", [asked(max_output_tokens=5), ModelRequest(list(asked().messages), [], None)]
)
async def test_what_is_ignored_may_change(file: Path, same: ModelRequest) -> None:
    await record(file, "ok", asks=[asked()])
    assert (await ReplayModel(file).reply(same)).text == "ok"


CHANGED = {
    "user": (asked("hello!"), ["-  hello", "+  hello!"]),
    "prompt": (
        asked(system=PROMPT.replace("Never guess.", "Guess.")),
        ["-  Never guess.", "+  Guess."],
    ),
    "clock": (
        asked(system=PROMPT.replace("09:00", "09:01")),
        ["-  Now: 2026-03-02T09:00 (Monday), time zone UTC"],
    ),
    "tool": (
        asked(tools=(ToolSchema("book", "Book a court.", BOOK.parameters),)),
        ["+tool book:", "+  Book a court."],
    ),
    "output": (asked(output=FORM), ["+output:"]),
    "temperature": (asked(temperature=0.5), ["+temperature: 0.5"]),
    "longer": (asked("hello", "and?"), ["+user:", "+  and?"]),
}


@pytest.mark.parametrize("what", CHANGED)
async def test_a_changed_request_fails_with_a_readable_difference(file: Path, what: str) -> None:
    await record(file, "ok", asks=[asked()])
    request, lines = CHANGED[what]
    with pytest.raises(ReplayMismatch) as caught:
        await ReplayModel(file).reply(request)
    difference = caught.value.difference.splitlines()
    assert difference[:2] == ["--- recorded (call 1)", "+++ asked now"]
    assert set(lines) <= set(difference)
    assert str(file) in str(caught.value)
    mend = "Let the clock stand" if what == "clock" else "Record it again"
    assert mend in caught.value.detail


async def test_the_difference_is_to_the_nearest_and_not_endless(file: Path) -> None:
    asks = [asked("one"), asked("two", system="Another prompt.\nOf two lines."), asked("three")]
    await record(file, "1", "2", "3", asks=asks)
    with pytest.raises(ReplayMismatch) as caught:
        await ReplayModel(file).reply(asked("twos", system="Another prompt.\nOf two lines."))
    assert "recorded (call 2)" in caught.value.difference
    with pytest.raises(ReplayMismatch) as caught:
        await ReplayModel(file).reply(asked(system="\n".join(map(str, range(1000)))))
    assert len(caught.value.difference.splitlines()) < 120


async def test_each_thing_is_written_once_and_can_be_read(file: Path) -> None:
    first = asked("hello", tools=(BOOK,))
    longer = ModelRequest([*first.messages, Message.assistant("Hi."), Message.user("go")], (BOOK,))
    await record(file, "Hi.", "Gone.", asks=[first, longer], facts={"style": "d"})
    lines = lines_of(file)
    assert lines[0] == {"batuta recording": 1, "style": "d"}
    kinds = [next(k for k in ("call", "message", "tool") if k in line) for line in lines[1:]]
    assert kinds == ["message", "message", "tool", "call", "message", "message", "call"]
    assert lines[-1]["messages"] == [1, 2, 3, 4]
    assert lines[2] == {"message": 2, "role": "user", "text": "hello"}
    assert ReplayModel(file).facts == {"style": "d"}


SECRET = "hunter2-is-my-key"


async def test_secrets_are_nowhere_in_the_file_and_do_not_keep_it_from_replaying(
    file: Path,
) -> None:
    call = ToolCall("c", "log_in", {"api_key": "plain", "url": "https://ana:pw123456@club/"})
    request = ModelRequest(
        [
            Message.system(f"Use {SECRET}."),
            Message.user("my key is sk-proj-1234567890abcdef"),
            Message("assistant", tool_calls=(call,)),
            Message.tool(call, json.dumps({"token": "t0k3n", "note": "Bearer abcdef123456"})),
        ]
    )
    reply = f"Your key: {SECRET}, sk-proj-1234567890abcdef"
    await record(file, reply, asks=[request], secrets=[SECRET])
    text = text_of(file)
    for secret in (SECRET, "sk-proj", "plain", "pw123456", "t0k3n", "abcdef123456"):
        assert secret not in text
    said = await ReplayModel(file, secrets=[SECRET]).reply(request)
    assert said.text == "Your key: [secret], [secret]"


async def test_the_order_of_keys_is_no_difference_and_none_is_shown(file: Path) -> None:
    def with_schema(**schema: Any) -> ModelRequest:
        tool = ToolSchema("look", "Look.", {"type": "object", "properties": {"day": schema}})
        call = ToolCall("c", "look", {"day": "monday", "court": "A"})
        done = Message.tool(call, '{"open": true, "court": "A"}')
        asked = Message("assistant", tool_calls=(call,))
        return ModelRequest([Message.user("hello"), asked, done], (tool,))

    await record(file, "Hi.", asks=[with_schema(type="string", title="Day")])
    assert (await ReplayModel(file).reply(with_schema(title="Day", type="string"))).text == "Hi."
    with pytest.raises(ReplayMismatch) as caught:
        await ReplayModel(file).reply(with_schema(title="Date", type="string"))
    changed = [line for line in caught.value.difference.splitlines()[2:] if line[0] in "+-"]
    assert [line.split()[-1] for line in changed] == ['"Day",', '"Date",']


async def test_a_short_key_spoils_no_word_and_the_file_replays_without_it(file: Path) -> None:
    request = asked("the next text, any will do; my key is any", system="Be exact.")
    await record(file, "Next.", asks=[request], secrets=["x", ""])
    assert "the next text" in text_of(file)
    assert (await ReplayModel(file).reply(request)).text == "Next."

    await record(file, "Many.", asks=[request], secrets=["any"])
    assert "my key is [secret]" in text_of(file)
    assert (await ReplayModel(file, secrets=["any"]).reply(request)).text == "Many."


BROKEN = {
    "empty": "",
    "foreign": "hello\n",
    "json": '{"a": 1}\n',
    "list": "[1]\n",
    "version": '{"batuta recording": 99}\n',
    "torn within": '{"batuta recording": 1}\n{"message": 1, "ro\n{"message": 2}\n',
    "unknown line": '{"batuta recording": 1}\n{"sonata": 1}\n',
    "missing message": '{"batuta recording": 1}\n{"call": 1, "model": "m", "messages": [1]}\n',
    "no reply": '{"batuta recording": 1}\n{"call": 1, "model": "m", "messages": []}\n',
    "no object": '{"batuta recording": 1}\n3\n',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_file_that_is_no_recording_is_a_clear_error(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"talk\.jsonl"):
        Recording.load(file)


def test_a_file_that_is_not_there_or_not_text_is_a_clear_error(tmp_path: Path, file: Path) -> None:
    for path in (file, tmp_path):
        with pytest.raises(ConfigError, match="cannot be used"):
            ReplayModel(path)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be used"):
        ReplayModel(file)


def test_a_foreign_file_is_not_written_over_and_a_recording_is(file: Path) -> None:
    file.write_text("my notes\n")
    with pytest.raises(ConfigError, match="no recording"):
        asyncio.run(RecordingModel(ScriptedModel(["ok"]), file).reply(asked()))
    assert text_of(file) == "my notes\n"
    file.unlink()
    for text in ("old", "new"):
        asyncio.run(record(file, text, asks=[asked()]))
    assert asyncio.run(ReplayModel(file).reply(asked())).text == "new"


def test_a_cut_off_last_line_counts_as_not_written(file: Path) -> None:
    asyncio.run(record(file, "one", "two", asks=[asked("a"), asked("b")]))
    file.write_bytes(file.read_bytes()[:-20])
    model = ReplayModel(file)
    assert asyncio.run(model.reply(asked("a"))).text == "one"
    with pytest.raises(ReplayMismatch, match="its last line was cut off"):
        asyncio.run(model.reply(asked("b")))


async def test_a_cancelled_call_leaves_nothing(file: Path) -> None:
    class Hanging:
        name = "m:hanging"

        async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
            await asyncio.Event().wait()
            raise AssertionError

    model = RecordingModel(Hanging(), file)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await model.reply(asked())
    assert Recording.load(file).entries == ()
    with pytest.raises(ReplayMismatch, match="holds no call"):
        await ReplayModel(file).reply(asked())


KILLED = """
import asyncio, sys
from batuta.core.message import Message
from batuta.core.model import ModelRequest
from batuta.testing.recorded import RecordingModel
from batuta.testing.scripted import ScriptedModel

async def main():
    model = RecordingModel(ScriptedModel(["ok"], repeat=True), sys.argv[1])
    for n in range(10**6):
        await model.reply(ModelRequest([Message.user(f"question {n}")]))
        if n == 50:
            print("well under way", flush=True)

asyncio.run(main())
"""


def test_a_killed_process_leaves_what_replays_up_to_there(file: Path) -> None:
    words = [sys.executable, "-c", KILLED, str(file)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    asyncio.run(_replays_all(ReplayModel(file)))


async def _replays_all(model: ReplayModel) -> None:
    assert model.left > 50
    for number in range(model.left):
        assert (await model.reply(ModelRequest([Message.user(f"question {number}")]))).text == "ok"


async def test_odd_text_is_kept(file: Path) -> None:
    odd = 'naïve ☃ \u2028 "quotes" \\ \x00 \ud800'
    await record(file, odd, asks=[asked(odd)])
    assert (await ReplayModel(file).reply(asked(odd))).text == odd


async def test_models_may_share_a_recorder(file: Path) -> None:
    recorder = Recorder(file)
    one = RecordingModel(ScriptedModel(["from one"], name="a:one"), recorder)
    two = RecordingModel(ScriptedModel(["from two"], name="b:two"), recorder)
    await one.reply(asked("1"))
    await two.reply(asked("2"))
    model = ReplayModel(file)
    assert [(await model.reply(asked(n))).text for n in "12"] == ["from one", "from two"]
    assert model.models == ("a:one", "b:two")


class TestRecordingModel(ModelContract):
    @pytest.fixture(params=["scripted", "offline"])
    def case(self, request: pytest.FixtureRequest, file: Path) -> ModelCase:
        inner = MODELS[request.param]
        return ModelCase(make=lambda: RecordingModel(inner(), file), **REQUESTS)


class TestReplayModel(ModelContract):
    """What the contract asks is recorded first, by asking it."""

    @pytest.fixture(params=["scripted", "offline"])
    async def case(self, request: pytest.FixtureRequest, file: Path) -> ModelCase:
        inner = MODELS[request.param]
        model = RecordingModel(inner(), file)
        for asks in (REQUESTS["text"], REQUESTS["wish"], REQUESTS["form"]):
            reply = await model.reply(asks)
            said = Message("assistant", reply.text, tool_calls=reply.tool_calls)
            results = [Message.tool(c, "{}") for c in reply.tool_calls]
            later = [*asks.messages, said, *results, Message.assistant("Done."), asks.messages[-1]]
            closed = '{"error": "closed", "retry": false}'
            failed = [Message.tool(c, closed) for c in reply.tool_calls]
            await model.reply(ModelRequest(later, asks.tools, asks.output))
            await model.reply(
                ModelRequest([*asks.messages, said, *failed], asks.tools, asks.output)
            )
        return ModelCase(make=lambda: ReplayModel(file), **REQUESTS)
