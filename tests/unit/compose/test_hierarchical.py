"""Hierarchical: a manager plans, teams work, the manager puts it together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from batuta.compose.hierarchical import Hierarchical
from batuta.compose.reflection import Reflection
from batuta.core.agent import FunctionAgent
from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.core.tool import tool
from batuta.errors import AgentUnreachable
from batuta.parts.members import RECORD
from batuta.parts.plans import ModelManager
from batuta.testing.scripted import ScriptedModel
from tests.unit.compose.cast import Listens, Waits, breaks, says
from tests.unit.core.rig import HELLO, does, hosted, named, others, reply, settled

Plan = Sequence[tuple[Any, Any, Any]]


class Manager:
    """Plans as it is told, one plan after the other; then lists what it got."""

    role = "manages"

    def __init__(self, *plans: Plan, name: str = "manager", text: str = "") -> None:
        self.name = name
        self.plans, self.text = plans, text
        self.planned: list[Message] = []
        self.together: list[Message] = []

    async def execute(self, message: Message, run: Run) -> Message:
        if "results" in (message.data or {}):
            self.together.append(message)
            results = (message.data or {})["results"]
            return Message.assistant("; ".join(f"{r['worker']}: {r['text']}" for r in results))
        self.planned.append(message)
        plan = self.plans[min(len(self.planned), len(self.plans)) - 1]
        names = ("team", "worker", "task")
        assignments = [dict(zip(names, each, strict=True)) for each in plan]
        return Message.assistant(self.text, {"assignments": assignments})


FRONT = [("web", "ui", "draw it"), ("web", "ux", "try it")]
BOTH = [*FRONT, ("base", "api", "serve it"), ("base", "db", "keep it")]


def teams(**workers: Any) -> dict[str, list[Any]]:
    made: dict[str, Any] = {n: says(n, f"{n} done") for n in ("ui", "ux", "api", "db")}
    made |= workers
    return {"web": [made["ui"], made["ux"]], "base": [made["api"], made["db"]]}


def hierarchical(manager: Any = None, **more: Any) -> Hierarchical:
    return Hierarchical(**{"manager": manager or Manager(BOTH), "teams": teams(), **more})


async def done(pattern: Hierarchical, *agents: Any, **more: Any) -> RunRecord:
    return (await hosted(*agents, **more).run(pattern, HELLO)).raised()


def told(record: RunRecord) -> dict[str, Any]:
    assert record.reply is not None
    return record.reply.metadata[RECORD]


async def test_the_manager_plans_the_teams_work_and_the_manager_answers() -> None:
    manager = Manager(BOTH)
    record = await done(hierarchical(manager))
    assert record.text == "ui: ui done; ux: ux done; api: api done; db: db done"
    assert told(record)["stop"] == "done"
    assert [m["agent"] for m in told(record)["members"]] == ["manager", "web", "base", "manager"]
    inner = told(record)["members"][1][RECORD]
    assert [m["agent"] for m in inner["members"]] == ["ui", "ux"]
    assert told(record)["assignments"][0] == {
        "team": "web", "worker": "ui", "task": "draw it", "status": "done",
    }  # fmt: skip
    decisions = [(e.name, e.by) for e in record.events if e.kind == "decision"]
    assert decisions[0] == ("assign ui of web", "manager")
    assert len(decisions) == 4


async def test_the_request_is_in_view_when_planning_and_when_putting_together() -> None:
    manager = Manager(FRONT)
    await done(hierarchical(manager))
    for read in (manager.planned[0], manager.together[0]):
        assert read.text.startswith(HELLO.text)
        assert (read.data or {})["request"] == HELLO.text
    assert "Team web:\n- ui: function\n- ux: function" in manager.planned[0].text
    assert (manager.planned[0].data or {})["teams"]["base"] == {"api": "function", "db": "function"}
    assert "ui of web (done): ui done" in manager.together[0].text


async def test_each_worker_reads_its_own_task() -> None:
    ui, ux = Listens("ui"), Listens("ux")
    await done(hierarchical(Manager(FRONT), teams={"web": [ui, ux]}))
    assert (ui.heard[0].text, ux.heard[0].text) == ("draw it", "try it")
    assert (ui.heard[0].data or {})["request"] == HELLO.text


async def test_a_task_for_a_whole_team_goes_to_each_worker() -> None:
    record = await done(hierarchical(Manager([("web", None, "look")])))
    assert record.text == "ui: ui done; ux: ux done"


async def test_teams_and_workers_work_at_the_same_time() -> None:
    all_four = asyncio.Barrier(4)

    async def work(run: Run) -> str:
        await all_four.wait()
        return "met"

    met = {name: does(name, work) for name in ("ui", "ux", "api", "db")}
    record = await done(hierarchical(teams=teams(**met)))
    assert record.text.count("met") == 4


async def test_workers_in_order_are_told_what_was_done_before() -> None:
    ux, api = Listens("ux"), Listens("api")
    pattern = hierarchical(teams=teams(ux=ux, api=api), in_order=["web"])
    await done(pattern)
    assert ux.heard[0].text == "try it\n\nDone in your team before:\n- ui: ui done"
    assert api.heard[0].text == "serve it"


async def test_a_limit_of_one_lets_one_work_at_a_time() -> None:
    at_work = [0, 0]

    async def work(run: Run) -> str:
        at_work[0] += 1
        at_work[1] = max(at_work)
        await settled()
        at_work[0] -= 1
        return "ok"

    busy = {name: does(name, work) for name in ("ui", "ux", "api", "db")}
    await done(hierarchical(teams=teams(**busy), limit=1))
    assert at_work == [0, 1]


async def test_spans_are_the_same_whichever_team_is_faster() -> None:
    def slow(name: str, turns: int) -> FunctionAgent:
        async def work(run: Run) -> str:
            await settled(turns)
            return "ok"

        return does(name, work)

    spans: list[list[tuple[str, str]]] = []
    for first, second in ((1, 30), (30, 1)):
        crew = teams(ui=slow("ui", first), api=slow("api", second))
        record = await done(hierarchical(teams=crew, in_order=["web", "base"]))
        spans.append(sorted((e.span, e.name) for e in named(record.events, "agent")))
    assert spans[0] == spans[1]


class TestPlans:
    """What a manager may plan, and what not."""

    @pytest.mark.parametrize(
        ("stranger", "why"),
        [
            (("web", "cook", "cook it"), "team web has no worker 'cook'"),
            (("kitchen", "cook", "cook it"), "there is no team 'kitchen'"),
            (("kitchen", None, "cook it"), "there is no team 'kitchen'"),
            (("web", "ui", " "), "an assignment for ui has no task"),
            (("web", "ui", 3), "an assignment for ui has no task"),
            ((None, None, "x"), "there is no team ''"),
            ((["web"], {"a": 1}, "x"), "there is no team"),
        ],
    )
    async def test_a_stranger_is_told_to_the_manager_who_plans_anew(
        self, stranger: Any, why: str
    ) -> None:
        manager = Manager([stranger], FRONT)
        record = await done(hierarchical(manager))
        assert record.text == "ui: ui done; ux: ux done"
        assert why in manager.planned[1].text
        assert told(record)["refused"] == []

    async def test_after_the_repairs_the_rest_is_done_and_the_stranger_recorded(self) -> None:
        manager = Manager([("web", "cook", "cook it"), *FRONT])
        record = await done(hierarchical(manager))
        assert len(manager.planned) == 2
        assert record.text == "ui: ui done; ux: ux done"
        assert told(record)["refused"] == ["team web has no worker 'cook'"]
        record = await done(hierarchical(Manager([("web", "cook", "x"), *FRONT]), repairs=0))
        assert len(told(record)["refused"]) == 1

    async def test_a_worker_under_the_wrong_team_is_found_where_it_is(self) -> None:
        record = await done(hierarchical(Manager([("base", "ui", "draw it")])))
        assert told(record)["assignments"][0]["team"] == "web"
        assert told(record)["refused"] == []

    async def test_the_same_assignment_twice_is_one(self) -> None:
        record = await done(hierarchical(Manager([FRONT[0], FRONT[0]])))
        assert record.text == "ui: ui done"

    async def test_no_assignments_and_a_text_is_the_managers_own_answer(self) -> None:
        record = await done(hierarchical(Manager([], text="I know: 42.")))
        assert (record.text, told(record)["stop"]) == ("I know: 42.", "manager answered")

    @pytest.mark.parametrize(
        "manager",
        [
            Manager([]),
            Manager([("kitchen", None, "x")], text="Planned."),
            says("manager", '{"assignments": []}'),
            says("manager", "", {"assignments": "ui"}),
            says("manager", "", {"assignments": ["ui"]}),
        ],
    )
    async def test_a_plan_of_nothing_is_a_clear_error(self, manager: Any) -> None:
        record = await hosted().run(hierarchical(manager), HELLO)
        assert "the manager planned nothing to do" in record.text


class TestFailures:
    async def test_in_part_what_was_done_is_put_together_and_the_rest_told(self) -> None:
        manager = Manager(BOTH)
        pattern = hierarchical(
            manager, teams=teams(ux=breaks("ux"), api=breaks("api"), db=breaks("db"))
        )
        record = await done(pattern)
        assert "ui: ui done" in record.text
        statuses = {a["worker"]: a["status"] for a in told(record)["assignments"]}
        assert statuses == {"ui": "done", "ux": "failed", "api": "failed", "db": "failed"}
        assert "ux of web (failed)" in manager.together[0].text
        assert "api is broken" in manager.together[0].text

    async def test_where_nobody_did_anything_it_is_an_error_that_names_them_all(self) -> None:
        broken = {name: breaks(name) for name in ("ui", "ux", "api", "db")}
        record = await hosted().run(hierarchical(teams=teams(**broken)), HELLO)
        assert record.error is not None
        assert record.error["code"] == "members_failed"
        for name in broken:
            assert f"{name} is broken" in record.text

    async def test_failing_fast_cancels_everybody_at_the_first_error(self) -> None:
        slow = Waits("api")

        async def work(run: Run) -> None:
            await slow.begun.wait()
            raise AgentUnreachable("ui", "gone")

        pattern = hierarchical(teams=teams(ui=does("ui", work), api=slow), on_error="fail_fast")
        record = await hosted().run(pattern, HELLO)
        said = "Agent ui: gone. Answered by then: ux: ux done; db: db done"
        assert record.error == {"code": "agent_unreachable", "message": said}
        assert slow.cancelled

    async def test_failing_fast_in_order_begins_nothing_after_the_error(self) -> None:
        ux = Listens("ux")
        pattern = hierarchical(
            Manager(FRONT), teams=teams(ui=breaks("ui"), ux=ux), in_order=["web"],
            on_error="fail_fast",
        )  # fmt: skip
        record = await hosted().run(pattern, HELLO)
        assert record.error == {"code": "tool_failed", "message": "Tool t: ui is broken"}
        assert ux.heard == []

    async def test_in_order_a_failure_is_told_to_those_after_it(self) -> None:
        ux = Listens("ux")
        await done(hierarchical(teams=teams(ui=breaks("ui"), ux=ux), in_order=["web"]))
        assert "- ui: failed (Tool t: ui is broken)" in ux.heard[0].text

    async def test_without_a_synthesis_the_results_are_given_as_they_are(self) -> None:
        pattern = hierarchical(Manager(FRONT), synthesizer=breaks("writer"))
        record = await done(pattern)
        assert record.text == "ui of web (done): ui done\n\nux of web (done): ux done"
        assert told(record)["stop"] == "no synthesis"
        strict = hierarchical(Manager(FRONT), synthesizer=breaks("w"), on_error="fail_fast")
        assert (await hosted().run(strict, HELLO)).stop_reason == "error"

    async def test_what_was_done_is_told_where_the_synthesis_fails(self) -> None:
        @tool(effect="write")
        async def ship() -> str:
            """Ship."""
            return "shipped"

        async def work(run: Run) -> str:
            await run.use(ship, {})
            return "fine"

        pattern = hierarchical(
            Manager(FRONT), teams=teams(ui=does("ui", work)), synthesizer=breaks("writer")
        )
        assert (
            "This is done and need not be done again: ship (shipped)" in (await done(pattern)).text
        )

    async def test_a_used_up_budget_gives_the_results_that_there_are(self) -> None:
        async def ask(run: Run) -> str:
            return (await run.ask([HELLO])).text

        pattern = hierarchical(
            Manager(FRONT), teams=teams(ui=does("ui", ask)), synthesizer=does("writer", ask)
        )
        options = RunOptions(budget=Budget(model_calls=1))
        record = (await hosted().run(pattern, HELLO, options)).raised()
        assert "ui of web (done): ok" in record.text
        nothing = RunOptions(budget=Budget(model_calls=0))
        alone = hierarchical(Manager(FRONT[:1]), teams=teams(ui=does("ui", ask)))
        assert (await hosted().run(alone, HELLO, nothing)).stop_reason == "budget"

    async def test_cancelling_it_leaves_no_task(self) -> None:
        slow = Waits("ui")
        task = asyncio.create_task(hosted().run(hierarchical(teams=teams(ui=slow)), HELLO))
        await slow.begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await settled()
        assert slow.cancelled
        assert others() == set()


def level(name: str, worker: Any, **more: Any) -> Hierarchical:
    """A manager with one team of one worker."""
    manager = Manager([("t", None, f"task of {name}")], name=f"{name} manager")
    return Hierarchical(manager=manager, teams={"t": [worker]}, name=name, **more)


class TestDepth:
    """Managers under managers."""

    async def test_a_worker_may_be_a_manager_down_to_the_depth(self) -> None:
        leaf = Listens("leaf", "dug")
        pattern = level("top", level("middle", level("low", leaf)))
        record = await done(pattern)
        assert record.text == "middle: low: leaf: dug"
        assert leaf.heard[0].text == "task of low"
        inner = told(record)["members"][1][RECORD]["members"][0][RECORD]
        assert inner["pattern"] == "hierarchical"

    def test_more_levels_than_max_depth_are_refused_where_they_are_known(self) -> None:
        deep = level("c", level("d", says("leaf", "x")))
        with pytest.raises(ValueError, match="4 levels deep, and max_depth is 3"):
            level("a", level("b", deep))
        assert level("a", level("b", deep), max_depth=4).max_depth == 4

    def test_levels_inside_other_compositions_count(self) -> None:
        inner = Reflection(generator=level("b", says("leaf", "x")), critics=["critic"])
        with pytest.raises(ValueError, match="2 levels"):
            level("a", inner, max_depth=1)

    async def test_a_level_known_by_name_alone_is_refused_when_it_is_reached(self) -> None:
        low = level("low", says("leaf", "x"))
        record = await hosted(low).run(level("top", "low", max_depth=1), HELLO)
        assert "stands deeper than the max_depth above it allows" in record.text
        assert (await done(level("top", "low", max_depth=2), low)).text == "low: leaf: x"

    async def test_two_that_know_each_other_by_name_end_at_the_depth(self) -> None:
        a, b = level("a", "b"), level("b", "a")
        record = await hosted(a, b).run("a", HELLO)
        assert record.error is not None
        assert "stands deeper" in record.text
        assert [e.name for e in named(record.events, "agent") if e.name in "ab"] == list("abab")

    @pytest.mark.parametrize("worker", ["a", Reflection(generator="a", critics=["critic"])])
    def test_a_circle_is_refused_where_it_is_known(self, worker: Any) -> None:
        with pytest.raises(ValueError, match=r"A circle: a → .*a\. Take one of them away\."):
            level("a", worker)
        with pytest.raises(ValueError, match="A circle: a → b → "):
            level("a", level("b", worker))

    def test_two_of_one_name_that_hold_each_other_are_no_circle(self) -> None:
        inner = Hierarchical(manager=Manager(FRONT), teams=teams())
        assert Hierarchical(manager=Manager(FRONT), teams={"t": [inner]}).name == inner.name


class TestModelManager:
    def plan(self, *assignments: Mapping[str, Any], answer: str = "") -> Any:
        return reply(output={"assignments": list(assignments), "answer": answer})

    async def test_it_plans_in_a_schema_of_teams_and_workers_then_answers(self) -> None:
        ui = {"team": "web", "worker": "ui", "task": "draw it"}
        whole = {"team": "base", "worker": None, "task": "build it"}
        model = ScriptedModel([self.plan(ui, whole), "All is done."])
        record = await done(hierarchical(ModelManager(instructions="Build sites.")), model=model)
        assert record.text == "All is done."
        assert {a["worker"] for a in told(record)["assignments"]} == {"ui", "api", "db"}
        plan, answer = model.requests
        assert plan.output is not None
        shape = plan.output.schema["$defs"]["Assignment"]["properties"]
        assert shape["team"]["enum"] == ["web", "base"]
        assert shape["worker"]["anyOf"][0]["enum"] == ["ui", "ux", "api", "db"]
        assert answer.output is None
        assert "Build sites." in plan.messages[0].text
        assert "ui of web (done): ui done" in answer.messages[-1].text

    async def test_a_stranger_does_not_fit_its_schema_and_is_mended(self) -> None:
        stranger = {"team": "web", "worker": "cook", "task": "cook it"}
        ui = {"team": "web", "worker": "ui", "task": "draw it"}
        model = ScriptedModel([self.plan(stranger), self.plan(ui), "Done."])
        assert (await done(hierarchical(ModelManager()), model=model)).text == "Done."
        assert "did not fit the schema" in model.requests[1].messages[0].text

    async def test_it_may_answer_itself(self) -> None:
        model = ScriptedModel([self.plan(answer="42.")])
        assert (await done(hierarchical(ModelManager()), model=model)).text == "42."

    async def test_neither_assignments_nor_an_answer_is_an_error(self) -> None:
        model = ScriptedModel([self.plan()])
        record = await hosted(model=model).run(hierarchical(ModelManager()), HELLO)
        assert "no assignment, and no answer" in record.text

    async def test_it_sees_the_conversation_and_the_workers_do_not(self) -> None:
        seen: list[int] = []

        async def work(run: Run) -> str:
            seen.append(len(run.history()))
            return "ok"

        session = Session("s", "local", history=[Message.user("q"), Message.assistant("r")])
        model = ScriptedModel([self.plan({"team": "web", "worker": "ui", "task": "x"}), "Done."])
        pattern = hierarchical(ModelManager(), teams=teams(ui=does("ui", work)))
        await hosted(model=model).run(pattern, HELLO, RunOptions(session=session))
        assert seen == [0]
        assert [[m.text for m in r.messages[1:3]] for r in model.requests] == [["q", "r"]] * 2


async def test_manager_and_workers_may_be_names() -> None:
    pattern = Hierarchical(
        manager="manager", teams={"web": ["ui"], "base": ["ui", "api"]}, synthesizer="writer"
    )
    assert pattern.needs == ("manager", "writer", "ui", "api")
    manager = Manager([("web", "ui", "x")])
    assert (await done(pattern, manager, says("ui", "y"), says("writer", "z"))).text == "z"


@pytest.mark.parametrize(
    ("options", "says_what"),
    [
        ({"teams": {}}, "one team"),
        ({"teams": {"": [says("a", "x")]}}, "one team"),
        ({"teams": {"web": []}}, "worker of team web"),
        ({"teams": {"web": [says("a", "x"), says("a", "y")]}}, "worker of team web has"),
        ({"in_order": ["kitchen"]}, "in_order tells of kitchen"),
        ({"max_depth": 0}, "max_depth"),
        ({"repairs": -1}, "repairs"),
        ({"on_error": "ignore"}, "on_error must be one of"),
        ({"limit": 0}, "limit"),
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any], says_what: str) -> None:
    with pytest.raises(ValueError, match=says_what):
        hierarchical(**options)
