"""Router: one agent answers, picked by a classifier's label."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from batuta.compose.router import Router
from batuta.compose.router.savings import Saving
from batuta.control.function_calling import FunctionCalling
from batuta.core.agent import FunctionAgent
from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.price import Price, PriceTable
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.core.tool import tool
from batuta.errors import AgentUnreachable, BudgetExceeded
from batuta.parts.classifiers import ModelClassifier
from batuta.parts.members import RECORD
from batuta.testing.scripted import ScriptedModel, calls
from tests.unit.compose.cast import Listens, Waits, breaks, says
from tests.unit.core.rig import HELLO, does, hosted, named, others, reply

PRICES = PriceTable(
    {"scripted:cheap": Price(1.0, 2.0, "test"), "scripted:dear": Price(10.0, 20.0, "test")}
)
A, B, C = says("a", "from a"), says("b", "from b"), says("c", "from c")


def label(name: str, confidence: Any = 0.9, **more: Any) -> FunctionAgent:
    """A classifier that is always of one mind."""
    return says("classifier", "", {"label": name, "confidence": confidence, **more})


def router(classifier: Any, **more: Any) -> Router:
    return Router(classifier=classifier, **{"routes": {"x": A, "y": B}, **more})


async def routed(pattern: Router, *agents: Any, **more: Any) -> RunRecord:
    return (await hosted(*agents, **more).run(pattern, HELLO)).raised()


def told(record: RunRecord) -> dict[str, Any]:
    assert record.reply is not None
    return record.reply.metadata[RECORD]


def decided(record: RunRecord) -> list[str]:
    return [e.name for e in record.events if e.kind == "decision"]


async def test_the_labels_agent_answers_the_original_message() -> None:
    heard = Listens("heard", "ok")
    record = await routed(router(label("y"), routes={"x": A, "y": heard}))
    assert record.text == "ok"
    assert heard.heard == [HELLO]
    record_of = told(record)
    assert (record_of["stop"], record_of["route"]) == ("routed", "heard")
    assert (record_of["label"], record_of["confidence"]) == ("y", 0.9)
    assert [m["agent"] for m in record_of["members"]] == ["classifier", "heard"]
    assert decided(record) == ["route to heard"]


async def test_routes_and_classifier_may_be_names() -> None:
    by_name = Router(classifier="classifier", routes={"x": "a", "y": "b"}, default="c")
    record = await routed(by_name, label("y"), A, B, C)
    assert record.text == "from b"
    assert by_name.needs == ("classifier", "a", "b", "c")


@pytest.mark.parametrize(
    ("classifier", "doubt"),
    [
        (breaks("classifier"), "failed"),
        (label("z"), "has no route"),
        (label("Y"), "has no route"),
        (label("y", 0.4), "confidence of 0.4"),
        (label("y", None), "confidence of None"),
        (label("y", 85), "85, outside of 0 to 1"),
        (label("y", float("nan")), "outside of 0 to 1"),
        (label("y", "0.9/1"), "'0.9/1', which is no number"),
        (label("y", True), "True, which is no number"),
        (says("classifier", "y"), "gave no label"),
        (says("classifier", '{"label": "y"}'), "gave no label"),
        (says("classifier", "", {"label": 3}), "gave no label"),
        (says("classifier", "", {"label": " "}), "gave no label"),
        (says("classifier", ""), "answered nothing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_label_that_does_not_count_goes_to_the_default(
    classifier: FunctionAgent, doubt: str
) -> None:
    record = await routed(router(classifier, default=C, min_confidence=0.5))
    assert record.text == "from c"
    assert told(record)["stop"] == "default"
    assert doubt in told(record)["doubt"]


async def test_without_a_minimum_a_label_alone_is_enough() -> None:
    assert (await routed(router(says("classifier", "", {"label": "y"})))).text == "from b"


async def test_fallbacks_are_tried_in_their_order_where_the_route_fails() -> None:
    pattern = router(label("x"), routes={"x": breaks("a"), "y": B}, fallback=[breaks("d"), C])
    record = await routed(pattern, model=ScriptedModel([]))
    assert record.text == "from c"
    assert told(record)["stop"] == "fallback"
    assert [(m["agent"], m["status"]) for m in told(record)["members"]] == [
        ("classifier", "done"), ("a", "failed"), ("d", "failed"), ("c", "done"),
    ]  # fmt: skip
    assert decided(record) == ["route to a", "route to d", "route to c"]


async def test_an_agent_that_failed_is_not_tried_again_as_a_fallback() -> None:
    bad = breaks("a")
    pattern = router(label("x"), routes={"x": bad, "y": B}, fallback=[bad, C])
    assert [m["agent"] for m in told(await routed(pattern))["members"]] == ["classifier", "a", "c"]


async def test_a_failed_classifier_without_default_goes_to_the_fallback() -> None:
    assert (await routed(router(breaks("classifier"), fallback=[C]))).text == "from c"


async def test_a_route_that_hangs_is_given_up_for_the_fallback() -> None:
    slow = Waits("a")
    pattern = router(label("x"), routes={"x": slow, "y": B}, fallback=[B], timeout_s=0.05)
    assert (await routed(pattern)).text == "from b"
    assert slow.cancelled


async def test_no_fallback_follows_a_route_that_has_changed_something() -> None:
    @tool(effect="write")
    async def pay() -> str:
        """Pay."""
        return "paid"

    async def work(run: Run) -> None:
        await run.use(pay, {})
        raise AgentUnreachable("a", "gone")

    pattern = router(label("x"), routes={"x": does("a", work), "y": B}, fallback=[C])
    record = await hosted().run(pattern, HELLO)
    assert record.error is not None
    assert "This is done and need not be done again: pay (paid)" in record.text
    assert "route to c" not in decided(record)


async def test_one_failure_is_the_runs_own_and_several_are_told_together() -> None:
    alone = await hosted().run(router(label("x"), routes={"x": breaks("a"), "y": B}), HELLO)
    assert alone.error == {"code": "tool_failed", "message": "Tool t: a is broken"}
    bad = router(breaks("classifier"), default=breaks("d"), fallback=[breaks("e")])
    record = await hosted().run(bad, HELLO)
    assert record.error is not None
    assert record.error["code"] == "members_failed"
    for name in ("classifier", "d", "e"):
        assert f"{name} is broken" in record.text


async def test_a_label_without_a_route_or_default_says_so() -> None:
    record = await hosted().run(router(label("z")), HELLO)
    assert "the label z has no route, and there is no default" in record.text


async def test_a_dear_route_beyond_the_budget_falls_back_to_a_cheap_one() -> None:
    dear = FunctionCalling(tools=(), name="dear", model=ScriptedModel(["x"], name="scripted:dear"))
    options = RunOptions(budget=Budget(cost_usd=0.001))
    pattern = router(label("x"), routes={"x": dear, "y": B}, fallback=[B])
    record = await hosted(prices=PRICES).run(pattern, HELLO, options)
    assert record.raised().text == "from b"
    alone = router(label("x"), routes={"x": dear, "y": B})
    failed = await hosted(prices=PRICES).run(alone, HELLO, options)
    assert isinstance(failed.failure, BudgetExceeded)


async def test_classifier_and_route_see_the_conversation() -> None:
    session = Session("s", "local", history=[Message.user("before"), Message.assistant("yes")])
    seen: list[list[str]] = []

    async def work(run: Run) -> Message:
        seen.append([m.text for m in run.history()])
        return Message.assistant("ok", {"label": "x", "confidence": 1})

    pattern = router(does("classifier", work), routes={"x": does("a", work), "y": B})
    await hosted().run(pattern, HELLO, RunOptions(session=session))
    assert seen == [["before", "yes"]] * 2


async def test_a_route_may_be_a_router_and_its_record_stands_inside() -> None:
    inner = router(label("y"), name="inner")
    outer = router(label("x"), routes={"x": inner, "y": C})
    record = await routed(outer)
    assert record.text == "from b"
    assert told(record)["members"][1][RECORD]["route"] == "b"


async def test_cancelling_it_leaves_no_task_and_cancels_the_route() -> None:
    slow = Waits("a")
    task = asyncio.create_task(routed(router(label("x"), routes={"x": slow, "y": B})))
    await slow.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert slow.cancelled
    assert others() == set()


@pytest.mark.parametrize(
    ("options", "says_what"),
    [
        ({"routes": {}}, "1 route at least"),
        ({"routes": {"": A, "x": B}}, "A route has no name"),
        ({"routes": {"x": A, "y": says("a", "other")}}, "name a"),
        ({"default": says("classifier", "z")}, "name classifier"),
        ({"min_confidence": 1.5}, "min_confidence"),
        ({"timeout_s": 0}, "timeout_s"),
        ({"models": {"z": "openai:x"}}, "models tells of z"),
        ({"classifier": ModelClassifier(labels={"x": "…", "z": "…"})}, "no route for z"),
        (
            {"classifier": ModelClassifier(labels={"x": "…", "z": "…"}), "default": C},
            "never gives the label y",
        ),
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any], says_what: str) -> None:
    with pytest.raises(ValueError, match=says_what):
        router(**{"classifier": label("x"), **options})


class TestPresets:
    async def test_by_cost_sends_what_is_doubtful_to_the_dear_agent(self) -> None:
        for confidence, answer in ((0.9, "from a"), (0.3, "from b")):
            model = ScriptedModel([reply(output={"label": "simple", "confidence": confidence})])
            record = await routed(Router.by_cost(cheap=A, dear=B), model=model)
            assert record.text == answer

    async def test_by_cost_takes_another_default_and_classifier(self) -> None:
        unsure = Router.by_cost(cheap=A, dear=B, default=A, classifier=label("complex", 0.1))
        assert (await routed(unsure)).text == "from a"

    async def test_by_intent_tells_the_model_when_each_label_applies(self) -> None:
        model = ScriptedModel([reply(output={"label": "other", "confidence": 0.9})])
        pattern = Router.by_intent(
            {"refund": A, "order": B},
            {"refund": "Wants money back.", "order": "Wants to buy."},
            default=C,
        )
        assert (await routed(pattern, model=model)).text == "from c"
        words = model.requests[0].messages[0].text
        assert "- refund: Wants money back.\n- order: Wants to buy.\n- other: " in words
        assert model.requests[0].messages[-1].text == HELLO.text

    async def test_by_skill_reads_the_experts_roles(self) -> None:
        law = FunctionAgent(name="law", role="Knows the law.", answer=A.answer)
        tax = FunctionAgent(name="tax", role="Knows taxes.", answer=B.answer)
        model = ScriptedModel([reply(output={"label": "tax", "confidence": 0.9})])
        assert (await routed(Router.by_skill([law, tax]), model=model)).text == "from b"
        assert "- law: Knows the law.\n- tax: Knows taxes." in model.requests[0].messages[0].text


class TestSaving:
    """Tokens are measured, prices come from the table; what is not known stays unknown."""

    def agents(self) -> tuple[FunctionCalling, FunctionCalling]:
        made = [
            FunctionCalling(
                tools=(), name=name,
                model=ScriptedModel([reply("ok", (1000, 500))], name=f"scripted:{name}"),
            )
            for name in ("cheap", "dear")
        ]  # fmt: skip
        return made[0], made[1]

    async def saving(self, pattern: Router, **more: Any) -> Saving:
        record = await routed(pattern, **{"prices": PRICES, **more})
        assert record.reply is not None
        return Saving.of(record.reply)

    async def test_the_cheap_route_is_reckoned_against_the_dear_ones_price(self) -> None:
        cheap, dear = self.agents()
        saving = await self.saving(
            Router.by_cost(cheap=cheap, dear=dear, classifier=label("simple"))
        )
        assert saving.spent_usd == pytest.approx(0.002)
        assert saving.dearest_usd == pytest.approx(0.02)
        assert saving.share == pytest.approx(0.9)
        assert saving.reason == ""

    async def test_the_classifier_is_paid_for_so_that_the_dear_route_saves_less_than_nothing(
        self,
    ) -> None:
        cheap, dear = self.agents()
        model = ScriptedModel(
            [reply(output={"label": "complex", "confidence": 1.0}, tokens=(100, 50))],
            name="scripted:cheap",
        )
        pattern = Router.by_cost(cheap=cheap, dear=dear, model=model)
        saving = await self.saving(pattern)
        assert saving.spent_usd == pytest.approx(0.0202)
        assert saving.saved_usd == pytest.approx(-0.0002)

    async def test_a_failed_route_is_paid_for_and_only_the_answers_tokens_are_compared(
        self,
    ) -> None:
        cheap, dear = self.agents()
        asking = FunctionCalling(
            tools=(), name="broken",
            model=ScriptedModel([reply("", (1000, 0))], name="scripted:cheap"),
        )  # fmt: skip
        pattern = Router(classifier=label("x"), routes={"x": asking, "y": dear}, fallback=[cheap])
        saving = await self.saving(pattern)
        assert saving.spent_usd == pytest.approx(0.003)
        assert saving.dearest_usd == pytest.approx(0.02)

    async def test_every_model_call_of_the_route_counts(self) -> None:
        @tool
        async def look() -> str:
            """Look."""
            return "seen"

        busy = ScriptedModel([calls(("look", {})), reply("ok", (1000, 500))], name="scripted:cheap")
        cheap = FunctionCalling(tools=(look,), name="cheap", model=busy)
        _, dear = self.agents()
        saving = await self.saving(router(label("x"), routes={"x": cheap, "y": dear}))
        assert saving.dearest_usd == pytest.approx(0.02)

    async def test_a_route_whose_price_nobody_knows_makes_the_saving_unknown(self) -> None:
        cheap, dear = self.agents()
        pattern = Router.by_cost(cheap=cheap, dear=dear, classifier=label("simple"))
        known = PriceTable({"scripted:cheap": Price(1.0, 2.0, "test")})
        saving = await self.saving(pattern, prices=known)
        assert (saving.dearest_usd, saving.saved_usd, saving.share) == (None, None, None)
        assert saving.reason == "route complex: no price known for scripted:dear"

    async def test_a_route_that_does_not_tell_its_model_is_unknown_unless_told(self) -> None:
        cheap, _ = self.agents()
        routes = {"x": cheap, "y": "b"}
        saving = await self.saving(router(label("x"), routes=routes))
        assert saving.reason == "route y: its model is not known"
        cheap, _ = self.agents()
        routes = {"x": cheap, "y": B}
        models = {"y": "scripted:dear"}
        model = ScriptedModel([], name="scripted:dear")
        saving = await self.saving(router(label("x"), routes=routes, models=models), model=model)
        assert saving.dearest_usd == pytest.approx(0.02)

    async def test_a_route_without_a_model_measures_nothing(self) -> None:
        models = {"x": "m", "y": "m"}
        model = ScriptedModel([], name="scripted:dear")
        saving = await self.saving(router(label("x"), models=models), model=model)
        assert saving.reason == "the route that answered asked no model"
        assert saving.saved_usd is None

    def test_savings_add_up_and_unknown_stays_unknown(self) -> None:
        both = Saving(1.0, 4.0) + Saving(2.0, 2.0)
        assert (both.spent_usd, both.dearest_usd, both.share) == (3.0, 6.0, 0.5)
        assert (both + Saving(1.0, None, "why")).share is None
        assert (both + Saving(1.0, None, "why")).reason == "why"
        assert Saving(1.0, 1.0).share == 0.0

    async def test_the_routes_model_calls_stand_in_the_record_with_use_and_cost(self) -> None:
        cheap, dear = self.agents()
        pattern = Router.by_cost(cheap=cheap, dear=dear, classifier=label("simple"))
        record = await routed(pattern, prices=PRICES)
        member = told(record)["members"][1]
        assert member["usage"]["input_tokens"] == 1000
        assert member["cost"]["usd"] == pytest.approx(0.002)
        assert named(record.events, "model")[0].name == "scripted:cheap"
