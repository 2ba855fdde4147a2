from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from batuta.core.budget import Account, Budget
from batuta.core.message import Message
from batuta.core.model import Emit, ModelReply, ModelRequest, Spent, Usage, ignore
from batuta.core.price import Price, PriceTable
from batuta.core.record import RunRecord
from batuta.core.retry import NO_RETRY, Retry
from batuta.core.run import Run
from batuta.errors import (
    BudgetExceeded,
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
from batuta.testing.recorded import RecordingModel, ReplayModel
from batuta.testing.scripted import ScriptedModel
from tests.unit.core.rig import ran as ran_by_rig

ASKED = ModelRequest([Message.user("Hello")])
CHEAP = Price(1.0, 2.0, "list of 2026-11-01: cheap")
DEAR = Price(10.0, 20.0, "list of 2026-11-01: dear", cached_usd=1.0)
TABLE = PriceTable(
    {"a:cheap": CHEAP, "a:dear": DEAR, "b:dear": DEAR}
    | dict.fromkeys(("a:cheap|b:dear", "a:cheap|a:dear"), DEAR)
)


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


async def ran(model: Any, *, retry: Retry = NO_RETRY, **more: Any) -> RunRecord:
    async def ask(run: Run) -> str:
        return (await run.ask([Message.user("Hello")])).text

    return await ran_by_rig(ask, model=model, prices=TABLE, retry=retry, **more)


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


async def test_a_provider_that_answers_by_another_name_costs_what_was_asked_of_it() -> None:
    usage = Usage(1_000, 100)

    def first() -> ScriptedModel:
        return scripted("a:cheap", said("a:alias", usage))

    record = await ran(FallbackModel([first(), scripted("b:dear")]))
    assert record.cost.usd == pytest.approx(CHEAP.cost_usd(usage))
    either = await ran(FallbackModel([first(), scripted("a:dear")]))
    assert either.cost.reason == "no price known for a:alias"


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


async def test_each_model_of_a_chain_is_a_call_of_its_own() -> None:
    second = scripted("b:dear", said("b:dear"))
    record = await ran(FallbackModel([scripted("a:cheap", ModelRateLimited("a:cheap", 5)), second]))
    assert (record.text, record.model_calls) == ("fine", 2)


async def test_the_next_model_is_not_asked_where_no_call_is_left() -> None:
    early = Usage(500, 50)
    first = scripted("a:cheap", spent(ModelTimeout("a:cheap", 1), "a:cheap", early))
    second = scripted("b:dear", said("b:dear"))
    record = await ran(FallbackModel([first, second]), budget=Budget(model_calls=1))
    assert isinstance(record.failure, BudgetExceeded)
    assert (record.failure.kind, second.requests) == ("model_calls", [])
    assert (record.model_calls, record.usage) == (1, early)
    assert record.cost.usd == pytest.approx(CHEAP.cost_usd(early))


async def test_a_chain_that_is_tried_again_is_counted_and_paid_once_for_each_asking() -> None:
    used = Usage(100, 1)
    errors = [spent(ModelTimeout("a:cheap", 1), "a:cheap", used) for _ in range(2)]
    first = scripted("a:cheap", *errors)
    second = scripted("b:dear", ModelRateLimited("a:cheap", 5), said("b:dear", used))
    record = await ran(FallbackModel([first, second]), retry=Retry(attempts=2, wait_s=0.0))
    assert (record.text, record.model_calls) == ("fine", 4)
    assert record.usage == used + used + used
    assert record.cost.usd == pytest.approx(2 * CHEAP.cost_usd(used) + DEAR.cost_usd(used))


async def test_the_next_model_may_write_no_more_than_the_budget_still_leaves() -> None:
    first = scripted("a:cheap", spent(ModelTimeout("a:cheap", 1), "a:cheap", Usage(200, 100)))
    second = scripted("b:dear", said("b:dear", Usage(10, 10)))
    await ran(FallbackModel([first, second]), budget=Budget(tokens=500))
    assert (first.requests[0].max_output_tokens or 500) < 500
    assert (second.requests[0].max_output_tokens or 200) < 200


async def test_a_chain_within_a_chain_is_counted_like_one() -> None:
    inner = FallbackModel(
        [scripted("b:dear", ModelRateLimited("a:cheap", 5)), scripted("a:cheap", said("a:cheap"))]
    )
    record = await ran(FallbackModel([scripted("a:cheap", ModelTimeout("a:cheap", 1)), inner]))
    assert (record.text, record.model_calls) == ("fine", 3)


async def test_what_used_nothing_needs_no_price() -> None:
    second = scripted("b:dear", said("b:dear"))
    chain = FallbackModel([scripted("c:unpriced", ModelRateLimited("c:unpriced")), second])
    record = await ran(chain, budget=Budget(unknown_price="assume", assumed_price=CHEAP))
    assert record.cost.usd == pytest.approx(DEAR.cost_usd(Usage(100, 10)))


async def test_a_chain_that_is_replayed_counts_as_it_did(tmp_path: Path) -> None:
    used = Usage(100, 1)
    first = scripted("a:cheap", spent(ModelTimeout("a:cheap", 1), "a:cheap", used))
    tape = tmp_path / "tape.jsonl"
    chain = FallbackModel([first, scripted("b:dear", said("b:dear", used))])
    live = await ran(RecordingModel(chain, tape))
    again = await ran(ReplayModel(tape))
    assert (live.model_calls, live.usage) == (2, used + used)
    assert (again.model_calls, again.usage) == (2, used + used)


@pytest.mark.parametrize("how", ["error", "cancelled"])
async def test_a_call_that_nobody_told_the_use_of_keeps_what_was_reserved(how: str) -> None:
    account: list[Account] = []
    left: list[str] = []
    untold = (Spent("b:dear", Usage(40, 0), told=False),)

    class Lost:
        name = "b:dear"

        async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
            error: Any = ModelTimeout(self.name, 1) if how == "error" else asyncio.CancelledError()
            error.spent = untold
            raise error

    async def ask(run: Run) -> str:
        account.append(run.job.account)
        try:
            await run.ask([Message.user("Hello")], model=Lost())
        except (ModelTimeout, asyncio.CancelledError):
            left.append(f"{run.job.account.held_tokens} held")
        return (await run.ask([Message.user("Hello")], model=scripted("a:cheap", "ok"))).text

    record = await ran_by_rig(ask, prices=TABLE, retry=NO_RETRY, budget=Budget(tokens=1_000))
    assert left == ["960 held"]
    assert account[0].held_tokens == 960
    assert isinstance(record.failure, BudgetExceeded)
    assert record.usage == Usage(40, 0)
    assert (record.cost.usd, record.cost.known_usd) == (
        None, pytest.approx(DEAR.cost_usd(Usage(40, 0))),
    )  # fmt: skip
    assert record.cost.reason == "b:dear did not tell all that it used"


async def test_what_is_free_costs_nothing_told_or_not() -> None:
    table = PriceTable({"own:*": Price(0.0, 0.0, "our own machine")})
    lost = spent(ModelTimeout("own:m", 1), "own:m", Usage(), told=False)

    async def ask(run: Run) -> str:
        return (await run.ask([Message.user("Hello")])).text

    record = await ran_by_rig(
        ask, model=scripted("own:m", lost, said("own:m")), prices=table, retry=Retry(wait_s=0.0)
    )
    assert (record.cost.usd, record.model_calls) == (0.0, 2)
