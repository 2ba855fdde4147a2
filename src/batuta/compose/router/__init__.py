"""A classifier labels the request, and the label's agent answers it.

**Decides:** the classifier: a model, or code.
**Model calls:** those of the classifier + those of the route, and of each fallback that is tried.
**Fails when:** a wrong label is sure of itself, or every agent of the chain fails.
**Source:** E. Schluntz and B. Zhang, "Building effective agents", Anthropic, 2024: routing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from batuta.compose.router.savings import saving_of
from batuta.core.agent import decider
from batuta.core.slots import new_dict
from batuta.errors import RuntimeFailure
from batuta.parts.classifiers import Label, ModelClassifier, check_labels, read_label
from batuta.parts.effects import done_text
from batuta.parts.members import Composed, attempt, check_members, failure, name_of, with_record
from batuta.parts.nesting import each_once
from batuta.parts.options import check_options

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.core.trace import Decider
    from batuta.parts.members import MemberResult


@dataclass(frozen=True, kw_only=True)
class Router(Composed):
    """Sends each request to one agent, which answers as if it had been asked itself.

    Args:
        classifier: Answers with ``{"label": …, "confidence": 0 to 1}`` as data.
        routes: Label to agent.
        default: Answers where the classifier fails, or its label has no route or does not count.
        min_confidence: Below it, or where the classifier tells none, a label does not count.
        fallback: Tried in their order where the route or the default fails, unless it has changed
            something by then.
        timeout_s: Most seconds for each agent that is called.
        models: Label to its route's model, for the saving, where its agent has no ``model``.
    """

    classifier: Agent | str
    routes: Mapping[str, Agent | str]
    default: Agent | str | None = None
    min_confidence: float = 0.0
    fallback: Sequence[Agent | str] = ()
    timeout_s: float | None = None
    models: Mapping[str, str] = field(default_factory=new_dict)
    name: str = "router"
    role: str = "sends a request to the agent for it"

    def __post_init__(self) -> None:
        check_options(self)
        check_members(tuple(self.routes), "route")
        check_members(self.parts(), "member")
        if not 0 <= self.min_confidence <= 1:
            raise ValueError("min_confidence must be from 0 to 1.")
        covered = self.default is not None or bool(self.fallback)
        check_labels(self.classifier, self.routes, covered=covered)
        if strange := [label for label in self.models if label not in self.routes]:
            raise ValueError(f"models tells of {', '.join(strange)}, no label of a route.")

    @property
    def decides(self) -> Decider:
        """Whoever decides in the classifier."""
        return "model" if isinstance(self.classifier, str) else decider(self.classifier)

    @classmethod
    def by_cost(cls, *, cheap: Agent | str, dear: Agent | str, **options: Any) -> Self:
        """Send simple requests to a cheap agent, complex and doubtful ones to a dear one."""
        options = {"default": dear, "min_confidence": 0.6, **options}
        return cls._preset({"simple": cheap, "complex": dear}, _COST, options)

    @classmethod
    def by_intent(
        cls, routes: Mapping[str, Agent | str], when: Mapping[str, str], **options: Any
    ) -> Self:
        """Send a request by what its user wants; ``when`` tells when each label applies."""
        other = {} if options.get("default") is None else _OTHER
        return cls._preset(routes, {**when, **other}, options)

    @classmethod
    def by_skill(cls, experts: Sequence[Agent], **options: Any) -> Self:
        """Send a request to the expert for it, by what each one's role says."""
        names = check_members(experts, "expert")
        roles = {expert.name: expert.role for expert in experts}
        return cls.by_intent(dict(zip(names, experts, strict=True)), roles, **options)

    @classmethod
    def _preset(
        cls, routes: Mapping[str, Agent | str], when: Mapping[str, str], options: dict[str, Any]
    ) -> Self:
        model = options.pop("model", None)
        classifier = options.pop("classifier", None) or ModelClassifier(labels=when, model=model)
        return cls(classifier=classifier, routes=routes, **options)

    def parts(self) -> tuple[Agent | str, ...]:
        """Give classifier, routes, default and fallbacks, each once."""
        return each_once((self.classifier, *self.routes.values(), self.default, *self.fallback))

    async def execute(self, message: Message, run: Run) -> Message:
        """Classify, then call agents until one answers."""
        limits: dict[str, Any] = {"shares_history": True, "timeout_s": self.timeout_s}
        asked, label, doubt = self._read(await attempt(run, self.classifier, message, **limits))
        first, why = (self.default, doubt) if doubt else (self.routes[label.name], label.name)
        ran, stop = [asked], "default" if doubt else "routed"
        for agent in each_once((first, *self.fallback)):
            run.decide(f"route to {name_of(agent)}", why)
            ran.append(await attempt(run, agent, message, **limits))
            reply, error = ran[-1].reply, ran[-1].error
            if reply is not None:
                saved = saving_of(run, self.routes, self.models, answered=ran[-1].span)
                told = {"label": label.name, "confidence": label.confidence, "doubt": doubt}
                told |= {"route": ran[-1].agent, "saving": saved.to_json()}
                return with_record(reply, "router", ran, stop=stop, **told)
            stop, why = "fallback", f"{name_of(agent)} failed: {error}"
            if done_text(run.job.trace.inside(run.path), run.path):
                break
        if len(ran) == 1 and asked.error is None:
            raise RuntimeFailure(self.name, f"{doubt}, and there is no default")
        failed = [one.error for one in ran if one.error is not None]
        raise failed[0] if len(failed) == 1 else failure(run, ran, "no route gave an answer")

    def _read(self, asked: MemberResult) -> tuple[MemberResult, Label, str]:
        """Give the label, and why it does not count: empty where it does."""
        asked, label = read_label(asked)
        if label is None:
            return asked, Label(""), f"the classifier failed: {asked.error}"
        if label.name not in self.routes:
            return asked, label, f"the label {label.name} has no route"
        if self.min_confidence > (label.confidence or 0):
            return asked, label, f"the label {label.name} has a confidence of {label.confidence}"
        return asked, label, ""


_OTHER = {"other": "None of these, or several."}
_COST = {
    "simple": "One fact, a greeting, a rewording: a small model answers it as well as a large one.",
    "complex": "Several steps, a judgement, code, a plan, much at stake: it needs a large model.",
}
