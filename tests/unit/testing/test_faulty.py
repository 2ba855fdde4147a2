"""Faults come when they are told to, the same way every time, and only where they can happen."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from batuta.core.message import Message, ToolCall
from batuta.core.model import ModelReply, ModelRequest, OutputSchema, ToolSchema, Usage
from batuta.errors import ModelCut, ModelError, ModelRateLimited, ModelTimeout
from batuta.testing.faulty import Fault, FaultyModel, Inject
from batuta.testing.scripted import ScriptedModel, ScriptLine, calls
from tests.contract.model import ModelCase, ModelContract
from tests.contract.test_models import MODELS
from tests.contract.test_models import REQUESTS as CONTRACT

BOOK = ToolSchema("book", "Book.", {"properties": {"slot_id": {"type": "string"}}})
LOOK = ToolSchema("look", "Look.", {"properties": {"date": {"type": "string"}}})
FORM = OutputSchema("form", {"properties": {"day": {"type": "string"}, "tags": {"type": "array"}}})


def asked(*words: str, **more: Any) -> ModelRequest:
    return ModelRequest([Message.user(text) for text in words or ("hello",)], **more)


def failing(fault: Fault, *lines: ScriptLine, **when: Any) -> FaultyModel:
    when = when or {"rate": 1}
    return FaultyModel(ScriptedModel(lines or ["fine"], repeat=True), [Inject(fault=fault, **when)])


async def outcomes(model: FaultyModel, *requests: ModelRequest) -> list[str]:
    """Ask one after the other; give what came: the text, or the error's class."""
    said: list[str] = []
    for request in requests:
        try:
            said.append((await model.reply(request)).text)
        except ModelError as error:
            said.append(type(error).__name__)
    return said


async def test_faults_come_at_the_calls_named() -> None:
    model = failing(Fault.TIMEOUT, calls=(2, 3))
    assert await outcomes(model, *[asked()] * 4) == ["fine", "ModelTimeout", "ModelTimeout", "fine"]
    assert [(each.call, each.fault) for each in model.injected] == [
        (2, Fault.TIMEOUT),
        (3, Fault.TIMEOUT),
    ]


async def test_calls_are_counted_among_those_that_the_fault_can_happen_to() -> None:
    wish = calls(("book", {"slot_id": "m/1"}))
    model = failing(Fault.UNKNOWN_TOOL, "text", wish, "text", wish, calls=(2,))
    replies = [await model.reply(asked(tools=(BOOK,))) for _ in range(4)]
    assert [[c.name for c in r.tool_calls] for r in replies] == [[], ["book"], [], ["book_now"]]


async def test_most_ends_a_fault() -> None:
    model = failing(Fault.EMPTY, rate=1, most=2)
    assert await outcomes(model, *[asked()] * 4) == ["", "", "fine", "fine"]


async def test_nothing_happens_while_it_is_not_active() -> None:
    model = failing(Fault.EMPTY)
    model.active = False
    assert await outcomes(model, asked()) == ["fine"]
    assert model.injected == []


@pytest.mark.parametrize("rate", [-0.1, 1.1])
def test_a_rate_is_a_share(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        Inject(fault=Fault.EMPTY, rate=rate)


REQUESTS = [asked(f"question {n % 20}") for n in range(60)]


async def at_once(model: FaultyModel, requests: list[ModelRequest]) -> list[str]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(outcomes(model, request)) for request in requests]
    return [task.result()[0] for task in tasks]


async def test_the_same_seed_meets_the_same_faults_in_any_order() -> None:
    rates = {Fault.TIMEOUT: 0.3, Fault.EMPTY: 0.2}

    def made(seed: int) -> FaultyModel:
        return FaultyModel(ScriptedModel(["fine"], repeat=True), rates, seed=seed)

    first = await outcomes(made(1), *REQUESTS)
    assert await at_once(made(1), REQUESTS) == first
    assert sorted(await at_once(made(1), REQUESTS[::-1])) == sorted(first)
    assert await outcomes(made(2), *REQUESTS) != first
    assert 5 < first.count("ModelTimeout") < 35
    assert first.count("fine") > 10


async def test_a_request_that_is_tried_again_has_its_luck_anew() -> None:
    said = await outcomes(failing(Fault.TIMEOUT, rate=0.5), *[asked()] * 30)
    assert 5 < said.count("fine") < 25


async def test_of_two_faults_the_first_in_the_list_strikes() -> None:
    model = FaultyModel(
        ScriptedModel(["fine"]), [Inject(fault=f, rate=1) for f in (Fault.REFUSAL, Fault.EMPTY)]
    )
    await model.reply(asked())
    assert [each.fault for each in model.injected] == [Fault.REFUSAL]


async def test_a_timeout_or_rate_limit_does_not_ask_the_model() -> None:
    inner = ScriptedModel(["fine"])
    model = FaultyModel(
        inner,
        [
            Inject(fault=Fault.TIMEOUT, rate=1, most=1),
            Inject(fault=Fault.RATE_LIMIT, rate=1, most=1, retry_after_s=7),
        ],
    )
    with pytest.raises(ModelTimeout):
        await model.reply(asked())
    with pytest.raises(ModelRateLimited) as caught:
        await model.reply(asked())
    assert caught.value.retry_after_s == 7
    assert inner.requests == []
    assert await outcomes(model, asked()) == ["fine"]


async def test_a_cut_comes_after_part_of_the_text() -> None:
    class Slow(ScriptedModel):
        async def reply(self, request: ModelRequest, emit: Any = None) -> ModelReply:
            for word in ("one ", "two ", "three ", "four"):
                emit(word)
            return ModelReply("one two three four", model="m")

    pieces: list[str] = []
    with pytest.raises(ModelCut) as caught:
        await FaultyModel(Slow([]), {Fault.CUT: 1}).reply(asked(), pieces.append)
    assert pieces == ["one ", "two "]
    assert (caught.value.heard, caught.value.retryable) == (True, True)


async def test_a_spoiled_reply_keeps_its_usage_and_labels() -> None:
    good = ModelReply("fine", usage=Usage(10, 5), model="m:1", stand_in=True)
    for fault, text, stop in (
        (Fault.EMPTY, "", "end"),
        (Fault.REFUSAL, "I am sorry, I cannot help with that.", "refused"),
        (Fault.NONSENSE, "Colourless green ideas sleep furiously.", "end"),
    ):
        pieces: list[str] = []
        made = await failing(fault, good).reply(asked(), pieces.append)
        assert (made.text, made.stop_reason) == (text, stop)
        assert (made.usage, made.model, made.stand_in) == (good.usage, "m:1", True)
        assert "".join(pieces) == text


async def test_malformed_arguments_are_broken_json() -> None:
    model = failing(Fault.BAD_ARGUMENTS, calls(("book", {"slot_id": "m/1"}), ("look", {})))
    first, second = (await model.reply(asked(tools=(BOOK, LOOK)))).tool_calls
    assert first.invalid is not None
    with pytest.raises(json.JSONDecodeError):
        json.loads(first.invalid)
    assert (first.name, first.arguments, second.name) == ("book", {}, "look")


async def test_a_wrong_type_spoils_one_field_of_a_form_alone() -> None:
    sound: dict[str, Any] = {"day": "monday", "tags": []}
    good = ModelReply(json.dumps(sound), output=sound, model="m")
    seen: set[str] = set()
    for seed in range(20):
        model = FaultyModel(ScriptedModel([good]), {Fault.WRONG_TYPE: 1}, seed=seed)
        made = await model.reply(asked(output=FORM))
        assert made.output is not None
        assert json.loads(made.text) == made.output
        (changed,) = [name for name in made.output if made.output[name] != sound[name]]
        seen.add(changed)
    assert seen == {"day", "tags"}
    assert await outcomes(failing(Fault.WRONG_TYPE), asked()) == ["fine"]


def talk(*slots: str) -> ModelRequest:
    call = ToolCall("c", "look", {"date": "2026-03-03"})
    said = Message("assistant", tool_calls=(call,))
    results = [Message.tool(call, json.dumps({"slot_id": slot})) for slot in slots]
    return ModelRequest([Message.user("hello"), said, *results], (LOOK, BOOK))


@pytest.mark.parametrize(
    ("known", "offered", "made_up"),
    [
        ("2026-03-03T15:00/A", ["2026-03-03T15:00/A"], "2026-03-04T15:00/A"),
        ("2026-03-03T15:00/A", ["2026-03-04T15:00/A", "2026-03-05T15:00/A"], "2026-03-06T15:00/A"),
        ("slot_7", ["slot_7", "slot_8"], "slot_9"),
        ("red", [], "red-1"),
    ],
)
async def test_an_invented_id_looks_real_and_stands_nowhere(
    known: str, offered: list[str], made_up: str
) -> None:
    model = failing(Fault.INVENTED_ID, calls(("book", {"slot_id": known, "note": "x"})))
    (call,) = (await model.reply(talk(*offered))).tool_calls
    assert call.arguments == {"slot_id": made_up, "note": "x"}
    assert [each.detail for each in model.injected] == [made_up]


async def test_an_id_in_a_task_is_invented_too_and_a_plain_date_is_none() -> None:
    task = "Book slot 2026-03-03T15:00/A (Court A)."
    model = failing(
        Fault.INVENTED_ID,
        calls(("look", {"task": "Which are open on 2026-03-03 from 15:00?"})),
        calls(("book", {"task": task})),
    )
    first = await model.reply(asked(tools=(BOOK,)))
    second = await model.reply(asked("and now", tools=(BOOK,)))
    assert first.tool_calls[0].arguments["task"].startswith("Which are open on 2026-03-03 from")
    assert second.tool_calls[0].arguments == {"task": task.replace("03-03", "03-04")}


async def test_a_given_id_is_used_even_where_the_model_called_nothing() -> None:
    model = failing(Fault.INVENTED_ID, rate=1, made_up="m/9")
    (call,) = (await model.reply(asked(tools=(LOOK, BOOK)))).tool_calls
    assert (call.name, call.arguments) == ("book", {"slot_id": "m/9"})
    assert await outcomes(model, asked(tools=(LOOK,))) == ["fine"]


async def test_endless_calls_repeat_the_last_one_under_ids_of_their_own() -> None:
    model = failing(Fault.ENDLESS)
    first = (await model.reply(asked(tools=(LOOK,)))).tool_calls[0]
    second = (await model.reply(talk("m/1"))).tool_calls[0]
    third = (await model.reply(talk("m/2"))).tool_calls[0]
    assert (first.name, second.arguments) == ("look", {"date": "2026-03-03"})
    assert len({first.id, second.id, third.id}) == 3
    assert await outcomes(model, asked()) == ["fine"]


class TestFaultyModelWithoutFaults(ModelContract):
    @pytest.fixture
    def case(self) -> ModelCase:
        return ModelCase(make=lambda: FaultyModel(MODELS["scripted"]()), **CONTRACT)
