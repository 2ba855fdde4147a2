"""An agent drafts, critics score, the agent rewrites; the best draft is the answer.

**Decides:** the critics, by their scores; code stops.
**Model calls:** rounds · (generator + critics), at most ``max_rounds`` rounds.
**Fails when:** the critics cannot tell a good draft from a bad one.
**Source:** Madaan et al., "Self-Refine", 2023, arXiv:2303.17651.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from batuta.compose.reflection.drafts import Draft, Drafts, StopRule, ended
from batuta.core.message import Message
from batuta.core.slots import new_dict
from batuta.parts.critique import UNIT, Combine, ModelCritic, Panel, Scale
from batuta.parts.members import (
    Composed,
    MemberResult,
    attempt,
    attempt_all,
    check_members,
    with_record,
)
from batuta.parts.options import check_options

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.run import Run
    from batuta.core.trace import Decider


@dataclass(frozen=True, kw_only=True)
class Reflection(Composed):
    """Rewrites an agent's answer until its critics are content.

    Stops at the target, where a round brings no better draft, after the last round, or where the
    budget or the time is used up; whatever happens after the first draft, the best one is given.

    Args:
        generator: Drafts; for a rewrite it gets the request, its draft and what is wrong with it.
        critics: Answer with ``{"score": …, "feedback": …}`` as data. None of them is self-critique:
            the generator's own model scores.
        max_rounds: Most drafts; each is criticised.
        target: Score from 0 to 1 that is good enough.
        min_gain: What a draft must be better by than the best before it.
        patience: Rounds without such a gain after which it stops.
        combine: How several scores become one.
        weights: Critic's name to what it counts, for ``weighted``.
        scale: Lowest and highest score of a critic that tells no ``scale`` in its data.
        criteria: What a good draft is, for self-critique.
    """

    generator: Agent | str
    critics: Sequence[Agent | str] = ()
    max_rounds: int = 3
    target: float = 0.9
    min_gain: float = 0.0
    patience: int = 1
    combine: Combine = "mean"
    weights: Mapping[str, float] = field(default_factory=new_dict)
    scale: Scale = UNIT
    criteria: str = ""
    name: str = "reflection"
    role: str = "drafts, criticises and rewrites"
    decides: Decider = "code"

    def __post_init__(self) -> None:
        check_options(self)
        names = check_members(self.parts(), "member")
        _ = self._rule
        self._panel.check(names[1:])

    def parts(self) -> tuple[Agent | str, ...]:
        """Give the generator and the critics."""
        return (self.generator, *(self.critics or (self._self_critic,)))

    async def execute(self, message: Message, run: Run) -> Message:
        """Draft, criticise and rewrite until it is good enough or cannot be better."""
        drafts, stop, task = Drafts(self._rule), "", message
        ran: list[MemberResult] = []
        while not stop:
            wrote = await attempt(
                run, self.generator, task, shares_history=True, timeout_s=drafts.left_s(run)
            )
            ran.append(wrote)
            if wrote.reply is None:
                if not drafts.made and wrote.error is not None:
                    raise wrote.error
                stop = ended([wrote], "generator failed")
                break
            drafts.made.append(Draft(wrote.reply))
            draft = wrote.reply.text
            ask = _criticise(message, draft)
            asked = await attempt_all(
                run, [(critic, ask) for critic in self.parts()[1:]], timeout_s=drafts.left_s(run)
            )
            drafts.made[-1].verdict = verdict = self._panel.judge(asked)
            ran.extend(verdict.asked)
            stop = drafts.stop()
            run.decide(stop or "rewrite", f"round {len(drafts.made)}, score {verdict.score}")
            task = _rewrite(message, draft, verdict.feedback)
        return with_record(drafts.best.reply, "reflection", ran, stop=stop, **drafts.to_json())

    @cached_property
    def _rule(self) -> StopRule:
        return StopRule(
            max_rounds=self.max_rounds,
            target=self.target,
            min_gain=self.min_gain,
            patience=self.patience,
        )

    @cached_property
    def _panel(self) -> Panel:
        return Panel(combine=self.combine, weights=self.weights, scale=self.scale)

    @cached_property
    def _self_critic(self) -> ModelCritic:
        model = getattr(self.generator, "model", None)
        return ModelCritic(name="self-critique", criteria=self.criteria, model=model)


def _criticise(request: Message, draft: str) -> Message:
    words = f"""\
The request:
{request.text}

The draft:
{draft}"""
    told = {"request": request.text, "draft": draft}
    return request.revised(text=words, data={**(request.data or {}), **told})


def _rewrite(request: Message, draft: str, feedback: str) -> Message:
    words = f"""\
The request:
{request.text}

Your last draft:
{draft}

What a critic says of it:
{feedback}

Write the answer to the request anew, with that mended. Give the answer alone."""
    told = {"request": request.text, "draft": draft, "feedback": feedback}
    return request.revised(text=words, data={**(request.data or {}), **told})
