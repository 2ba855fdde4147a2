"""Router: the money saved by a cheap model where it does, and the accuracy paid for it."""

from __future__ import annotations

import json
import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from batuta import (
    Message,
    Model,
    ModelReply,
    ModelRequest,
    Router,
    Run,
    RunOptions,
    Usage,
    local_runtime,
)
from batuta.compose.router.savings import Saving
from batuta.core.model import Emit, ignore
from batuta.offline import OfflineModel
from batuta.parts.classifiers import EstimatorClassifier
from batuta.parts.instructions import system_message
from batuta.wiring import clock_at
from bench.claims.figures import Line, interval
from bench.claims.tokens import Counter

OWN = Path(__file__).parent / "data" / "when_questions.jsonl"
GIVEN = "datetime_en.jsonl"
CHEAP, DEAR = "openai:gpt-5-nano", "openai:gpt-5"
DEAR_RIGHT, LEAST = 0.97, 0.25
SURE = (0.6, 0.8, 0.9, 0.95)
SEEDS, FOLDS = 3, 5
Row = Mapping[str, Any]


class When(BaseModel):
    """When the user wants to come."""

    date: str | None = Field(
        description="Day, as YYYY-MM-DD.", json_schema_extra={"format": "date"}
    )
    time: str | None = Field(description="Start, as HH:MM.", json_schema_extra={"format": "time"})
    time_from: str | None = Field(description="Start of a window of time, as HH:MM.")
    time_to: str | None = Field(description="End of a window of time, as HH:MM.")
    action: str = Field("request", description="Write request.")
    choice: str | None = Field(None, description="Leave it out.")


@dataclass(frozen=True, kw_only=True)
class Reader:
    """An agent that reads a date and a time out of a few words."""

    name: str
    model: Model | str
    role: str = "reads dates"

    async def execute(self, message: Message, run: Run) -> Message:
        """Ask the model for the form."""
        asked = [
            system_message("Read the user's words into the fields.", run),
            Message.user(message.text),
        ]
        said = await run.ask_as(When, asked, model=self.model)
        return Message.assistant(said.model_dump_json(), said.model_dump())


@dataclass(frozen=True)
class Priced:
    """A stand-in under the name of a vendor's model, so that the ledger reckons with its price."""

    inner: Model
    name: str
    count: Counter

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Let the inner one answer; count what was sent and said."""
        said = await self.inner.reply(request, emit)
        schema = json.dumps(dict(request.output.schema)) if request.output else ""
        sent = self.count("\n".join([*(m.text for m in request.messages), schema]))
        written = self.count(json.dumps(dict(said.output or {})) or said.text)
        return ModelReply(output=said.output, usage=Usage(sent, written), model=self.name)


class Oracle:
    """Plays a dear model: knows the right answer, and gives a wrong one in a few of the cases."""

    name = "oracle"

    def __init__(self, rows: Sequence[Row]) -> None:
        luck = random.Random(0)  # noqa: S311 - a simulation
        self._known: dict[str, dict[str, Any]] = {
            row["text"]: row["accept"][0] if luck.random() < DEAR_RIGHT else {} for row in rows
        }

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Look the answer up."""
        empty = dict.fromkeys(("date", "time", "time_from", "time_to", "choice"))
        known = self._known[request.messages[-1].text]
        return ModelReply(output={**empty, "action": "request", **known}, model=self.name)


def right(row: Row, said: Mapping[str, Any]) -> bool:
    """Whether an answer is one of those that count."""
    kept = {k: v for k, v in said.items() if k in ("date", "time", "time_from", "time_to") and v}
    if "time_from" in kept:
        kept.pop("time", None)
    return kept in row["accept"]


@dataclass(frozen=True, kw_only=True)
class Alone:
    """Every question asked of one model alone: whether it was right, and what it cost."""

    right: list[bool]
    usd: list[float]


@dataclass(frozen=True, kw_only=True)
class Routed:
    """Every question routed once, at one seed and one confidence."""

    right: list[bool]
    to_cheap: list[bool]
    saving: Saving


class Trial:
    """One set of questions, its two models, and what each does alone.

    Args:
        cheap: A real model; None plays one with the offline rules.
        dear: A real model; None plays one that knows the answers.
    """

    def __init__(
        self, name: str, rows: Sequence[Row], *, cheap: str | None, dear: str | None
    ) -> None:
        count = Counter()
        self.name, self.rows, self.runtime = name, rows, local_runtime()
        self.cheap = Reader(name="cheap", model=cheap or Priced(OfflineModel(), CHEAP, count))
        self.dear = Reader(name="dear", model=dear or Priced(Oracle(rows), DEAR, count))

    async def alone(self, reader: Reader) -> Alone:
        """Ask one model everything."""
        made = Alone(right=[], usd=[])
        for row in self.rows:
            record = await self.runtime.run(reader, Message.user(row["text"]), _at(row))
            made.right.append(right(row, record.raised().answer().data or {}))
            made.usd.append(record.cost.usd or 0.0)
        return made

    async def routed(self, good: Sequence[bool], seed: int, sure: float) -> Routed:
        """Route each question by a classifier that was trained on the other folds."""
        labels = ["simple" if fine else "complex" for fine in good]
        made, saving = Routed(right=[], to_cheap=[], saving=Saving()), Saving()
        luck = random.Random(seed)  # noqa: S311 - a split
        order = luck.sample(range(len(self.rows)), len(self.rows))
        for fold in range(FOLDS):
            tested = order[fold::FOLDS]
            trained = sorted(set(order) - set(tested))
            router = Router.by_cost(
                cheap=self.cheap,
                dear=self.dear,
                classifier=trained_on(
                    [self.rows[n]["text"] for n in trained], [labels[n] for n in trained]
                ),
                min_confidence=sure,
            )
            for n in tested:
                row = self.rows[n]
                record = await self.runtime.run(router, Message.user(row["text"]), _at(row))
                reply = record.raised().answer()
                made.right.append(right(row, reply.data or {}))
                made.to_cheap.append(reply.metadata["composition"]["route"] == self.cheap.name)
                saving += Saving.of(reply)
        return Routed(right=made.right, to_cheap=made.to_cheap, saving=saving)


def trained_on(texts: Sequence[str], labels: Sequence[str]) -> EstimatorClassifier:
    """Train a small classifier that tells whether the cheap model will do."""
    text: Any = import_module("sklearn.feature_extraction.text")
    linear: Any = import_module("sklearn.linear_model")
    pipeline: Any = import_module("sklearn.pipeline")
    made = pipeline.make_pipeline(
        text.TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True),
        linear.LogisticRegression(C=10, max_iter=1_000),
    )
    made.fit(list(texts), list(labels))
    return EstimatorClassifier(estimator=made)


def _at(row: Row) -> RunOptions:
    return RunOptions(clock=clock_at(row["reference"], "UTC"))


async def measure(
    data: Path | None = None, cheap: str | None = None, dear: str | None = None
) -> Line:
    """Measure on the own questions, and on a folder's where one is given."""
    sets = {f"own {OWN.name}": _rows(OWN)}
    if data is not None:
        given = [row for row in _rows(data / GIVEN) if row["tier"] != "reject"]
        sets[f"{GIVEN} of the folder given"] = given
    details: list[tuple[str, str]] = []
    results: list[str] = []
    holds: list[str] = []
    for name, rows in sets.items():
        trial = Trial(name, rows, cheap=cheap, dear=dear)
        await _tried(trial, (results, holds, details))
        await trial.runtime.stop()
    return Line(
        pattern="Router",
        claim="25 to 50 % cheaper",
        measured="; ".join(results),
        holds="; ".join(holds),
        workload=_WORKLOAD.format(cheap=cheap or CHEAP, dear=dear or DEAR),
        repeats=f"{FOLDS}-fold cross-validation, seeds 0 to {SEEDS - 1}",
        simulated=_simulated(cheap, dear),
        details=details,
    )


async def _tried(trial: Trial, out: tuple[list[str], list[str], list[tuple[str, str]]]) -> None:
    """Measure one set at each confidence; the claim is judged by the accuracy that it costs."""
    results, holds, details = out
    cheap, dear = await trial.alone(trial.cheap), await trial.alone(trial.dear)
    details += [
        (f"{trial.name}: {len(trial.rows)} questions, all to the dear model", _alone(dear)),
        ("all to the cheap model", _alone(cheap)),
    ]
    cheaper: list[str] = []
    prices: list[str] = []
    paid: list[float] = []
    for sure in SURE:
        many = [await trial.routed(cheap.right, seed, sure) for seed in range(SEEDS)]
        saved = interval([one.saving.share or 0.0 for one in many])
        share = statistics.fmean(flag for one in many for flag in one.to_cheap)
        fine = statistics.fmean(flag for one in many for flag in one.right)
        lost = 100 * (statistics.fmean(dear.right) - fine)
        found = f"{saved.percent()} cheaper, {fine:.1%} right, {share:.0%} sent to cheap"
        details.append((f"routed, min_confidence={sure}", found))
        cheaper.append(f"{saved.mean:.0%}")
        prices.append(f"{lost:.1f}")
        if saved.low >= LEAST:
            paid.append(lost)
    told = f"{', '.join(cheaper)} cheaper, for {', '.join(prices)} points of accuracy"
    results.append(f"{trial.name}: {told}")
    holds.append(f"yes, for {min(paid):.1f} points of accuracy" if paid else "no")


def _alone(found: Alone) -> str:
    return f"{statistics.fmean(found.right):.1%} right, ${sum(found.usd):.6f}"


def _simulated(cheap: str | None, dear: str | None) -> str:
    played = [
        *(() if cheap else ("the cheap model is the offline rules, whose errors are real",)),
        *(() if dear else (f"the dear model knows {DEAR_RIGHT:.0%} of the answers",)),
    ]
    return "; ".join(played) or "nothing"


def _rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


_WORKLOAD = """\
Words for a day and a time, to be read into a form; an answer counts if it is one of those accepted.
`Router.by_cost` sends what a classifier (character n-grams, logistic regression, trained on the
other folds to tell what the cheap model gets right) is sure of to {cheap}, and the rest to {dear}.
Money is the router's own ledger: tokens that were really sent and written, counted with the
tokenizer of all-MiniLM-L6-v2, at the listed prices of these two models, against the same tokens at
the dear one's price. Tokens of reasoning, which a dear model adds, are not in it. How sure the
classifier must be trades money for accuracy; the claim holds at the price in accuracy that is told.
The classifier costs nothing here: a model in its place would be paid out of the saving.

The own questions were written for this page, a good third of them to be hard. With
`make bench-claims DATA=<folder>` those of `datetime_en.jsonl` are added (`text`, `reference`,
`accept`): expressions from the tests of three open parsers of dates. `make bench-language` measures
the offline rules on the same file, so it is nothing new to them: they may look better there than on
words that they never met. Points of accuracy below 0 mean that the router did better than the dear
model alone."""
