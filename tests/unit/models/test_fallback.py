from __future__ import annotations

from typing import Any

import pytest

from batuta.core.message import Message
from batuta.core.model import Emit, ModelReply, ModelRequest, Spent, Usage, ignore
from batuta.core.ops import Retry
from batuta.core.price import Price, PriceTable
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.errors import (
    ModelAuthFailed,
    ModelCut,
    ModelError,
    ModelNotFound,
    ModelRateLimited,
    ModelRefused,
    ModelReplyInvalid,
    ModelTimeout,
    ModelUnavailable,
)
from batuta.models.fallback import FallbackModel
from batuta.models.scripted import ScriptedModel
from tests.unit.core.rig import ran as ran_by_rig

ASKED = ModelRequest([Message.user("Hello")])
CHEAP = Price(1.0, 2.0, "list of 2026-11-01: cheap")
DEAR = Price(10.0, 20.0, "list of 2026-11-01: dear", cached_usd=1.0)
TABLE = PriceTable({"a:cheap": CHEAP, "b:dear": DEAR, "a:cheap|b:dear": DEAR})


def spent(error: ModelError, model: str, usage: Usage, *, told: bool = True) -> ModelError:
    error.spent = (Spent(model, usage, told),)
    return error


def scripted(name: str, *lines: Any) -> ScriptedModel:
    return ScriptedModel(lines, name=name)


def said(model: str, usage: Usage | None = None) -> ModelReply:
    return ModelReply("fine", usage=usage or Usage(100, 10), model=model)


PASSING = [
    ModelTimeout("a:cheap", 1),
    ModelRateLimited("a:cheap", 5),
    ModelUnavailable("a:cheap", "HTTP 503"),
    ModelUnavailable("a:cheap", "no credit", retryable=False),
    ModelCut("a:cheap", heard=False),
]


@pytest.mark.parametrize("error", PASSING, ids=lambda e: type(e).__name__)
async def test_the_next_answers_where_the_first_cannot(error: ModelError) -> None:
    chain = FallbackModel([scripted("a:cheap", error), scripted("b:dear", said("b:dear-2026"))])
    reply = await chain.reply(ASKED)
    assert (reply.text, reply.model) == ("fine", "b:dear-2026")


@pytest.mark.parametrize(
    "error",
    [
        ModelAuthFailed("a:cheap", "wrong key", variable="KEY"),
        ModelNotFound("a:cheap"),
        ModelRefused("a:cheap"),
        ModelReplyInvalid("a:cheap", "no JSON"),
        ModelCut("a:cheap", heard=True),
        ModelError("a:cheap", "rejected"),
    ],
    ids=lambda e: type(e).__name__,
)
async def test_what_somebody_should_see_is_raised_at_once(error: ModelError) -> None:
    second = scripted("b:dear", said("b:dear"))
    with pytest.raises(type(error)):
        await FallbackModel([scripted("a:cheap", error), second]).reply(ASKED)
    assert second.requests == []


async def test_the_last_error_is_raised_where_nobody_answers() -> None:
    chain = FallbackModel([scripted("a:cheap", PASSING[0]), scripted("b:dear", PASSING[1])])
    with pytest.raises(ModelRateLimited):
        await chain.reply(ASKED)


async def test_a_reply_without_a_name_gets_that_of_its_model() -> None:
    reply = await FallbackModel([scripted("a:cheap", said(""))]).reply(ASKED)
    assert (reply.model, reply.earlier) == ("a:cheap", ())


def test_a_chain_is_named_by_its_models_and_has_one() -> None:
    assert FallbackModel([scripted("a:x"), scripted("b:y")]).name == "a:x|b:y"
    with pytest.raises(ValueError, match="needs a model"):
        FallbackModel([])


class Halting:
    """Says half of its reply and fails with an error that may pass."""

    name = "a:cheap"

    def __init__(self) -> None:
        self.streamed = False

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        self.streamed = emit is not ignore
        emit("half of ")
        raise ModelTimeout(self.name, 1)


async def test_nobody_hears_two_replies_as_one() -> None:
    pieces: list[str] = []
    with pytest.raises(ModelTimeout):
        await FallbackModel([Halting(), scripted("b:dear", "whole")]).reply(ASKED, pieces.append)
    assert pieces == ["half of "]


async def test_what_nobody_listens_to_is_not_streamed() -> None:
    halting = Halting()
    reply = await FallbackModel([halting, scripted("b:dear", "whole")]).reply(ASKED)
    assert (reply.text, halting.streamed) == ("whole", False)


async def ran(model: Any, *, retry: Retry | None = None) -> RunRecord:
    async def ask(run: Run) -> str:
        return (await run.ask([Message.user("Hello")])).text

    return await ran_by_rig(ask, model=model, prices=TABLE, retry=retry)


async def test_the_price_is_that_of_the_model_that_answered() -> None:
    usage = Usage(1_000, 100, 400)
    second = scripted("b:dear", said("b:dear", usage))
    record = await ran(FallbackModel([scripted("a:cheap", PASSING[0]), second]))
    assert record.cost.usd == pytest.approx(DEAR.cost_usd(usage))
    assert record.cost.reason == DEAR.source
    first = scripted("a:cheap", said("a:cheap", usage))
    record = await ran(FallbackModel([first, scripted("b:dear")]))
    assert record.cost.usd == pytest.approx(CHEAP.cost_usd(usage))


async def test_two_models_in_one_call_cost_what_both_cost() -> None:
    early, late = Usage(500, 50), Usage(1_000, 100)
    first = scripted("a:cheap", spent(ModelTimeout("a:cheap", 1), "a:cheap", early))
    record = await ran(FallbackModel([first, scripted("b:dear", said("b:dear", late))]))
    wanted = CHEAP.cost_usd(early) + DEAR.cost_usd(late)
    assert record.cost.usd == pytest.approx(wanted)
    assert record.usage == early + late
    (end,) = [e for e in record.events if (e.kind, e.phase) == ("model", "end")]
    assert end.usage == early + late
    assert end.cost is not None
    assert end.cost.usd == pytest.approx(wanted)


async def test_a_model_without_a_price_makes_the_sum_unknown_not_smaller() -> None:
    late = Usage(1_000, 100)
    record = await ran(
        FallbackModel([scripted("a:cheap", said("c:odd", late)), scripted("b:dear")])
    )
    assert (record.cost.usd, record.cost.known_usd) == (None, 0.0)
    assert record.cost.reason == "no price known for c:odd"


async def test_a_stream_that_broke_off_costs_what_was_told_and_the_rest_is_unknown() -> None:
    part = Usage(500, 1)
    cut = spent(ModelCut("b:dear", heard=True), "b:dear", part, told=False)
    record = await ran(scripted("b:dear", cut))
    assert isinstance(record.failure, ModelCut)
    assert record.usage == part
    assert (record.cost.usd, record.cost.known_usd) == (None, pytest.approx(DEAR.cost_usd(part)))
    assert record.cost.reason == "b:dear did not tell all that it used"


async def test_each_try_is_settled() -> None:
    part, whole = Usage(500, 1), Usage(600, 20)
    cut = spent(ModelCut("b:dear", heard=False), "b:dear", part)
    record = await ran(scripted("b:dear", cut, said("b:dear", whole)), retry=Retry(wait_s=0.0))
    assert record.usage == part + whole
    assert record.cost.usd == pytest.approx(DEAR.cost_usd(part) + DEAR.cost_usd(whole))
    assert record.usage == sum((e.usage for e in record.events if e.usage), Usage())


async def test_nothing_stays_held_after_a_chain_that_failed() -> None:
    first = scripted("a:cheap", spent(ModelTimeout("a:cheap", 1), "a:cheap", Usage(10, 1)))
    second = scripted("b:dear", ModelTimeout("b:dear", 1))
    record = await ran(FallbackModel([first, second]))
    assert isinstance(record.failure, ModelTimeout)
    assert record.usage == Usage(10, 1)
    assert record.cost.usd == pytest.approx(CHEAP.cost_usd(Usage(10, 1)))
