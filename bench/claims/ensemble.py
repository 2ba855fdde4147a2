"""Ensemble: a vote's errors against those of its best and its mean member, on held-out cases."""

from __future__ import annotations

import asyncio
import random
import statistics
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from batuta import Ensemble, FunctionAgent, LocalRuntime, Message, Run, local_runtime
from batuta.parts.ballots import majority_right
from bench.claims.figures import Interval, Line, interval, verdict

_MODULES = "linear_model naive_bayes neighbors pipeline preprocessing svm tree".split()
SPLITS, HELD_OUT, CASES = 12, 0.5, 4_000
RIGHT, VOTERS = 0.7, 5


def voter(name: str, answers: Sequence[str]) -> FunctionAgent:
    """Make an agent that answers case number n with its own n-th prediction."""

    async def answer(message: Message, run: Run) -> Message:
        del run
        return Message.assistant(answers[int(message.text)])

    return FunctionAgent(name=name, answer=answer)


async def errors(
    runtime: LocalRuntime, votes: Mapping[str, Sequence[str]], truth: Sequence[str]
) -> float:
    """Hold a vote on every case; give the share of wrong answers."""
    panel = Ensemble(voters=[voter(name, answers) for name, answers in votes.items()])
    wrong = 0
    for number, right in enumerate(truth):
        record = (await runtime.run(panel, Message.user(str(number)))).raised()
        wrong += record.text != right
    return wrong / len(truth)


def members() -> dict[str, Any]:
    """Make five classifiers of different kinds, each with its defaults and what it needs."""
    sk = {name: import_module(f"sklearn.{name}") for name in _MODULES}
    scaled: Any = sk["pipeline"].make_pipeline
    scaler: Any = sk["preprocessing"].StandardScaler
    return {
        "logistic": scaled(scaler(), sk["linear_model"].LogisticRegression(max_iter=1_000)),
        "neighbours": scaled(scaler(), sk["neighbors"].KNeighborsClassifier()),
        "bayes": sk["naive_bayes"].GaussianNB(),
        "tree": sk["tree"].DecisionTreeClassifier(random_state=0),
        "vectors": scaled(scaler(), sk["svm"].SVC()),
    }


def predictions(seed: int) -> tuple[dict[str, Sequence[str]], Sequence[str]]:
    """Train on one half of the set and predict the other."""
    datasets: Any = import_module("sklearn.datasets")
    selection: Any = import_module("sklearn.model_selection")
    loaded = datasets.load_breast_cancer()
    parts: Any = selection.train_test_split(
        loaded.data, loaded.target, test_size=HELD_OUT, random_state=seed, stratify=loaded.target
    )
    train, test, train_labels, test_labels = parts
    votes: dict[str, Sequence[str]] = {}
    for name, member in members().items():
        member.fit(train, train_labels)
        votes[name] = [str(label) for label in member.predict(test)]
    return votes, [str(label) for label in test_labels]


async def measure() -> Line:
    """Vote on several splits, and check the vote itself against the exact formula."""
    runtime = local_runtime()
    against_best: list[float] = []
    against_mean: list[float] = []
    shares: dict[str, list[float]] = {}
    for seed in range(SPLITS):
        votes, truth = await asyncio.to_thread(predictions, seed)
        own = {name: _wrong(answers, truth) for name, answers in votes.items()}
        panel = await errors(runtime, votes, truth)
        for name, share in {**own, "the vote": panel}.items():
            shares.setdefault(name, []).append(share)
        against_best.append(1 - panel / min(own.values()))
        against_mean.append(1 - panel / statistics.fmean(own.values()))
    exact, counted = await _check(runtime)
    await runtime.stop()
    best, mean = interval(against_best), interval(against_mean)
    return Line(
        pattern="Ensemble",
        claim="25 to 50 % fewer errors",
        measured=f"{_fewer(mean)} than the mean member; {_fewer(best)} than the best",
        holds=f"against the mean member: {verdict(mean, 0.25, 0.50)}; against the best: "
        f"{verdict(best, 0.25, 0.50)}",
        workload=_WORKLOAD,
        repeats=f"{SPLITS} random stratified halves (seeds 0 to {SPLITS - 1})",
        simulated="nothing in the vote; in the check below, the voters",
        details=[
            *((f"errors of {n}", f"{statistics.fmean(share):.1%}") for n, share in shares.items()),
            (f"check: {VOTERS} independent voters, each right in {RIGHT:.0%}, by exact formula",
             f"{exact:.2%} right"),
            (f"the same, {CASES} simulated cases put through `Ensemble` (seed 0)", counted),
        ],
    )  # fmt: skip


async def _check(runtime: LocalRuntime) -> tuple[float, str]:
    """Vote with independent simulated voters; the interval must hold the exact figure."""
    luck = random.Random(0)  # noqa: S311 - a simulation
    votes = {
        f"voter{n}": ["right" if luck.random() < RIGHT else "wrong" for _ in range(CASES)]
        for n in range(VOTERS)
    }
    share = 1 - await errors(runtime, votes, ["right"] * CASES)
    exact = majority_right(VOTERS, RIGHT)
    half = 1.96 * (exact * (1 - exact) / CASES) ** 0.5
    within = "within" if abs(share - exact) <= half else "OUTSIDE"
    return exact, f"{share:.2%} right, {within} the 95 % interval of ±{half:.2%}"


def _fewer(found: Interval) -> str:
    if found.mean >= 0:
        return f"{found.percent()} fewer"
    return f"{Interval(-found.mean, -found.high, -found.low).percent()} more"


def _wrong(answers: Sequence[str], truth: Sequence[str]) -> float:
    return statistics.fmean(a != t for a, t in zip(answers, truth, strict=True))


_WORKLOAD = """\
Five classifiers of scikit-learn (logistic regression, nearest neighbours, naive Bayes, a decision
tree, a support vector machine) on the breast-cancer set that comes with it, each trained on one
half and voting by simple majority on the other, through `Ensemble`. The best member is that of each
split in hindsight, which nobody knows beforehand: the hardest comparison there is. Voters that
learned from the same data err on the same cases, so a vote brings less than the formula for
independent ones."""
