"""Classifiers: agents that answer with a label and a confidence, whoever finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, Field, create_model

from batuta.core.message import Message
from batuta.core.threads import in_thread
from batuta.errors import AgentFailed
from batuta.parts.instructions import system_message, talk

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.model import Model
    from batuta.core.run import Run
    from batuta.core.trace import Decider
    from batuta.parts.members import MemberResult


class Label(NamedTuple):
    """What a classifier came to.

    Args:
        confidence: From 0 to 1; None where it did not say.
    """

    name: str
    confidence: float | None = None


def read_label(asked: MemberResult) -> tuple[MemberResult, Label | None]:
    """Read ``{"label": …, "confidence": …}`` out of a classifier's data; text is never guessed at.

    Where it does not fit, the classifier counts as failed and there is no label.
    """
    if asked.reply is None:
        return asked, None
    data = asked.reply.data or {}
    label, confidence = data.get("label"), data.get("confidence")
    if not isinstance(label, str) or not label.strip():
        return _misfit(asked, "gave no label: its data needs {'label': …, 'confidence': …}")
    if confidence is None:
        return asked, Label(label.strip())
    if isinstance(confidence, bool) or not isinstance(confidence, int | float):
        return _misfit(asked, f"gave the confidence {confidence!r}, which is no number")
    if not 0 <= confidence <= 1:
        return _misfit(asked, f"gave the confidence {confidence:g}, outside of 0 to 1")
    return asked, Label(label.strip(), float(confidence))


def _misfit(asked: MemberResult, why: str) -> tuple[MemberResult, None]:
    return replace(asked, status="failed", reply=None, error=AgentFailed(asked.agent, why)), None


def check_labels(classifier: Agent | str, routes: Mapping[str, Any], *, covered: bool) -> None:
    """Refuse labels without a route, and routes whose label is never given.

    Args:
        covered: Whether there is somebody for a label without a route.

    Raises:
        ValueError: They do not fit; only a classifier that tells its ``labels`` can be checked.
    """
    labels = tuple(getattr(classifier, "labels", routes))
    lost = [label for label in labels if label not in routes]
    if lost and not covered:
        raise ValueError(f"There is no route for {', '.join(lost)}, and no default.")
    never = [label for label in routes if label not in labels]
    if never:
        raise ValueError(f"The classifier never gives the label {', '.join(never)}.")


def label_answer(scores: Mapping[str, float]) -> Message:
    """Make a classifier's answer of each label's probability; of equals the first wins."""
    best = max(scores, key=scores.__getitem__)
    data = {"label": best, "confidence": scores[best], "scores": dict(scores)}
    return Message.assistant(best, data)


@dataclass(frozen=True, kw_only=True)
class ModelClassifier:
    """A model that picks one of the labels, held to a strict schema.

    It sees the conversation where it is called within one.

    Args:
        labels: Label to when it applies, as the model reads it.
        model: None takes the run's default.
        repairs: How often the model may mend a reply that does not fit.
    """

    labels: Mapping[str, str]
    instructions: str = ""
    name: str = "classifier"
    role: str = "labels a request"
    model: str | Model | None = None
    repairs: int = 1
    decides: Decider = "model"

    def __post_init__(self) -> None:
        if len(self.labels) < 2:
            raise ValueError("A classifier needs two labels at least: one leaves nothing to tell.")

    async def execute(self, message: Message, run: Run) -> Message:
        """Ask the model for a label."""
        said = await run.ask_as(
            self._shape,
            [system_message(self._words, run), *talk(run.history()), message],
            model=self.model,
            repairs=self.repairs,
        )
        data = dict(said.__dict__)
        return Message.assistant(data["label"], data)

    @cached_property
    def _words(self) -> str:
        listing = "\n".join(f"- {label}: {when}" for label, when in self.labels.items())
        return f"{self.instructions}\n\n{_CLASSIFY}\n{listing}".strip()

    @cached_property
    def _shape(self) -> type[BaseModel]:
        names: Any = Literal[tuple(self.labels)]
        share = Field(ge=0, le=1, description="How sure you are, from 0 to 1.")
        return create_model(
            "Label",
            __config__=ConfigDict(strict=True, extra="forbid"),
            __doc__="The label that fits the last user message.",
            label=(names, ...),
            confidence=(float, share),
        )


class Estimator(Protocol):
    """A trained classifier with the interface of scikit-learn: a pipeline that takes texts."""

    @property
    def classes_(self) -> Sequence[Any]:
        """The labels, in the order of the probabilities."""
        ...

    @property
    def predict_proba(self) -> Any:
        """Takes a list of texts, gives each label's probability for each."""
        ...


@dataclass(frozen=True, kw_only=True)
class EstimatorClassifier:
    """A trained estimator as a classifier; it works in a thread and asks no model."""

    estimator: Estimator
    name: str = "classifier"
    role: str = "labels a request"
    decides: Decider = "code"

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that it may give."""
        return tuple(str(label) for label in self.estimator.classes_)

    async def execute(self, message: Message, run: Run) -> Message:
        """Estimate, as a recorded step."""

        async def estimate() -> dict[str, float]:
            row = (await in_thread(self.estimator.predict_proba, [message.text]))[0]
            return {label: float(share) for label, share in zip(self.labels, row, strict=True)}

        return label_answer(await run.step("estimate", estimate))


_CLASSIFY = """\
Label the last user message. Do not answer it. Say how sure you are; where two labels fit, or none,
say so by a low confidence. The labels:"""
