"""Every ``Agent`` of the package keeps the contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from batuta.app import App, Specialist
from batuta.compose.debate import Debate
from batuta.compose.ensemble import Ensemble
from batuta.compose.hierarchical import Hierarchical
from batuta.compose.map_reduce import MapReduce
from batuta.compose.parallel import Parallel
from batuta.compose.rag import RAG
from batuta.compose.reflection import Reflection
from batuta.compose.router import Router
from batuta.compose.swarm import Swarm
from batuta.core.agent import Agent, FunctionAgent
from batuta.core.message import Message
from batuta.core.model import ModelReply, ModelRequest
from batuta.core.run import Run
from batuta.parts.aggregation import Clusters, Consensus, Synthesis, Vote
from batuta.parts.answers import with_headings
from batuta.parts.classifiers import ModelClassifier
from batuta.parts.critique import ModelCritic
from batuta.parts.handoff import HandoffAgent
from batuta.parts.naive_bayes import WordClassifier
from batuta.parts.plans import ModelManager
from batuta.settings import Settings
from batuta.styles import app_style
from batuta.testing.scripted import calls
from tests.contract.agent import AgentCase, AgentContract
from tests.contract.hosts import HOSTS
from tests.contract.runtime import Host
from tests.contract.table import keys_with_case
from tests.unit.control.ferry import Harbour, said

FIND = calls(("find_sailings", {"day": "monday", "seats": 1}))


def _app() -> App:
    intake = Harbour().intake()
    return App(
        name="ferry", instructions="Sell tickets.", tools=(intake.find, intake.act), intake=intake,
        specialists=(
            Specialist("finder", "Finds sailings.", "Find.", ("find_sailings",)),
            Specialist("seller", "Sells tickets.", "Sell.", ("buy",)),
        ),
    )  # fmt: skip


def _style(key: str) -> tuple[Callable[[], Agent], Callable[[], tuple[Agent, ...]]]:
    def made() -> tuple[Agent, ...]:
        return app_style(_app(), key, Settings()).agents()

    return (lambda: made()[-1]), (lambda: made()[:-1])


def _function() -> AgentCase:
    async def answer(message: Message, run: Run) -> Message:
        return Message.assistant(message.text.upper())

    return AgentCase(make=lambda: FunctionAgent(name="function", answer=answer))


def _case(key: str, *lines: object) -> AgentCase:
    make, others = _style(key)
    return AgentCase(make=make, others=others, lines=lines)


def _asks(name: str) -> FunctionAgent:
    async def answer(message: Message, run: Run) -> Message:
        return Message.assistant((await run.ask([message])).text)

    return FunctionAgent(name=name, answer=answer)


def _spelt(request: ModelRequest) -> ModelReply:
    return ModelReply(" ".join(request.messages[-1].text))


PAIR = (_asks("one"), _asks("two"))
ANSWERS = Message.user(
    "Which?", {"answers": [{"agent": "one", "text": "x"}, {"agent": "two", "text": "y"}]}
)


async def _found(message: Message, run: Run) -> Message:
    return Message.assistant("", {"documents": [{"id": "a", "text": message.text}]})


RETRIEVER = FunctionAgent(name="retriever", answer=_found)


def _compositions() -> dict[str, AgentCase]:
    """Members by name, then by object: both are how they are used."""
    many = {"lines": ("x", "x"), "refused": "members_failed"}
    return {
        "parallel": AgentCase(
            make=lambda: Parallel(members=["one", "two"]), others=lambda: PAIR, **many
        ),
        "ensemble": AgentCase(make=lambda: Ensemble(voters=PAIR), **many),
        "map_reduce": AgentCase(
            make=lambda: MapReduce(
                split=lambda m: [m.text, "more"], mapper=PAIR[0], reducer=with_headings
            ),
            lines=(_spelt, _spelt),  # who asks first is nobody's business
        ),
        "debate": AgentCase(
            make=lambda: Debate(debaters=["one", "two"], judge=_asks("judge"), rounds=2),
            others=lambda: PAIR,
            lines=("x", "y", "x", "z", "so"),
            refused="members_failed",
        ),
        "rag": AgentCase(
            make=lambda: RAG(retrievers=["retriever"]),
            others=lambda: (RETRIEVER,),
            lines=("So [[a]].",),
        ),
        "vote": AgentCase(make=lambda: Vote(threshold=0.5), question=ANSWERS),
        "clusters": AgentCase(
            make=Clusters, lines=(ModelReply(output={"groups": [[1, 2]]}),), question=ANSWERS
        ),
        "consensus": AgentCase(
            make=Consensus, lines=(ModelReply(output={"statements": []}),), question=ANSWERS
        ),
        "synthesis": AgentCase(make=Synthesis, lines=("Either.",), question=ANSWERS),
    }


def _deciding() -> dict[str, AgentCase]:
    """Compositions in which somebody decides who works, and those deciders by themselves."""
    label = ModelReply(output={"label": "x", "confidence": 1.0})
    fine = ModelReply(output={"feedback": "", "score": 1.0})
    task = {"team": "crew", "worker": "one", "task": "Do it."}
    plan = ModelReply(output={"assignments": [task], "answer": ""})
    classifier = ModelClassifier(labels={"x": "Always.", "y": "Never."})
    desks = [HandoffAgent(name=name, instructions="Answer.") for name in ("one", "two")]
    words = WordClassifier.fit([("hello", "x"), ("bye", "y")])
    return {
        "router": AgentCase(
            make=lambda: Router(classifier=classifier, routes={"x": "one", "y": "two"}),
            others=lambda: PAIR,
            lines=(label, "ok"),
        ),
        "swarm": AgentCase(
            make=lambda: Swarm(members=desks), lines=(calls(("transfer_to_two", {})), "ok")
        ),
        "reflection": AgentCase(make=lambda: Reflection(generator=PAIR[0]), lines=("ok", fine)),
        "hierarchical": AgentCase(
            make=lambda: Hierarchical(manager=ModelManager(), teams={"crew": ["one", "two"]}),
            others=lambda: PAIR,
            lines=(plan, "x", "so"),
        ),
        "model_classifier": AgentCase(make=lambda: classifier, lines=(label,)),
        "word_classifier": AgentCase(make=lambda: words),
        "model_critic": AgentCase(make=ModelCritic, lines=(fine,)),
        "handoff_agent": AgentCase(make=lambda: desks[0], lines=("ok",)),
        "model_manager": AgentCase(make=ModelManager, lines=("ok",)),
    }


CASES = {
    **_compositions(),
    **_deciding(),
    "function": _function(),
    "a": _case("a", said(day="monday", seats=2)),
    "b": _case("b", said(day="friday", seats=2)),
    "d": _case("d", FIND, "There are three."),
    "e": _case("e", FIND, "There are three."),
    "f": _case("f", calls(("finder", {"task": "monday"})), FIND, "Three.", "There are three."),
    "h": _case("h", FIND, "There are three."),
}


NAMES = tuple(dict.fromkeys((*CASES, *keys_with_case())))
"""Those that must pass: all cases, and every pattern of the table, whether it has one or not."""
ASKING = tuple(name for name, case in CASES.items() if case.lines)
"""Those that ask a model."""


def case_of(name: str, host: Host) -> AgentCase:
    """Give a case on a host; a pattern of the table without one fails by its name."""
    if name not in CASES:
        pytest.fail(f"The pattern {name!r} has no case: add it to CASES in {__name__}.")
    return replace(CASES[name], host=host)


class TestAgents(AgentContract):
    @pytest.fixture(params=list(HOSTS.values()), ids=list(HOSTS))
    def host(self, request: pytest.FixtureRequest) -> Host:
        return request.param

    @pytest.fixture(params=NAMES)
    def case(self, request: pytest.FixtureRequest, host: Host) -> AgentCase:
        return case_of(request.param, host)

    @pytest.fixture(params=ASKING)
    def asking(self, request: pytest.FixtureRequest, host: Host) -> AgentCase:
        return case_of(request.param, host)
