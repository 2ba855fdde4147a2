"""Plans of who does what: how a manager says one, and a model that can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from pydantic import BaseModel, ConfigDict, Field, create_model

from batuta.core.message import Message, question_of
from batuta.errors import ModelReplyInvalid
from batuta.parts.instructions import system_message
from batuta.parts.members import name_of
from batuta.parts.tool_loop import answer_in

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.model import Model
    from batuta.core.run import Run
    from batuta.core.trace import Decider

Roster = Mapping[str, Mapping[str, str]]
"""Team to its workers, each with its role."""


class Assignment(NamedTuple):
    """One task for one worker."""

    team: str
    worker: str
    task: str


def roster_of(teams: Mapping[str, Sequence[Agent | str]]) -> Roster:
    """Name everybody with what they are for, as far as it is known."""
    return {
        team: {name_of(w): w if isinstance(w, str) else w.role for w in workers}
        for team, workers in teams.items()
    }


def read_plan(reply: Message, roster: Roster) -> tuple[list[Assignment], list[str]]:
    """Read ``{"assignments": [{"team": …, "worker": …, "task": …}]}``, and what is wrong with it.

    Without a worker the task is for each one of the team; where the team is wrong, and only one has
    that worker, it is for that one.
    """
    raw = (reply.data or {}).get("assignments")
    if not isinstance(raw, list):
        return [], ["there is no list of assignments in its data"]
    made: list[Assignment] = []
    faults: list[str] = []
    for each in cast("list[Any]", raw):
        found = _read(cast("Mapping[str, Any]", each) if isinstance(each, Mapping) else {}, roster)
        if isinstance(found, str):
            faults.append(found)
        else:
            made += [one for one in found if one not in made]
    return made, faults


def _read(raw: Mapping[str, Any], roster: Roster) -> list[Assignment] | str:
    said, worker, task = _name(raw.get("team")), _name(raw.get("worker")), raw.get("task")
    homes = [team for team, workers in roster.items() if worker in workers]
    team = homes[0] if len(homes) == 1 else said
    if not isinstance(task, str) or not task.strip():
        return f"an assignment for {worker or team} has no task"
    if team not in roster:
        return f"there is no team {team!r}"
    if worker and worker not in roster[team]:
        return f"team {team} has no worker {worker!r}"
    return [Assignment(team, name, task) for name in ([worker] if worker else roster[team])]


def _name(said: Any) -> str:
    return said if isinstance(said, str) else "" if said is None else repr(said)


def asking_for_plan(request: Message, roster: Roster, faults: Sequence[str]) -> Message:
    """Make what a manager reads to plan.

    Args:
        faults: What was wrong with its last plan.
    """
    lines = [request.text, ""]
    for team, workers in roster.items():
        lines.append(f"Team {team}:")
        lines += [f"- {name}: {role}" for name, role in workers.items()]
    if faults:
        lines += ["", f"Your last plan cannot be done: {'; '.join(faults)}. Plan anew."]
    data = {**(request.data or {}), "request": request.text, "teams": roster}
    return request.revised(text="\n".join(lines), data=data)


def asking_for_answer(request: Message, results: Sequence[Mapping[str, str]]) -> Message:
    """Make what a manager reads to put results together."""
    data = {**(request.data or {}), "request": request.text, "results": list(results)}
    return request.revised(text=f"{request.text}\n\n{_DONE}\n\n{written(results)}", data=data)


def written(results: Sequence[Mapping[str, str]]) -> str:
    """Write what became of each assignment."""
    return "\n\n".join(
        f"{r['worker']} of {r['team']} ({r['status']}): {r['text']}" for r in results
    )


@dataclass(frozen=True, kw_only=True)
class ModelManager:
    """A model that plans assignments, held to a strict schema, and puts the results together.

    Args:
        model: None takes the run's default.
        repairs: How often the model may mend a plan that does not fit.
    """

    instructions: str = ""
    name: str = "manager"
    role: str = "plans who does what and puts the results together"
    model: str | Model | None = None
    repairs: int = 1
    decides: Decider = "manager"

    async def execute(self, message: Message, run: Run) -> Message:
        """Plan where the message comes with teams; else answer it."""
        roster: Roster | None = (message.data or {}).get("teams")
        words = f"{self.instructions}\n\n{_PUT_TOGETHER if roster is None else _PLAN}".strip()
        asked = [system_message(words, run), *run.history(), question_of(message)]
        if roster is not None:
            workers = dict.fromkeys(n for its in roster.values() for n in its)
            shape = _plan_shape(tuple(roster), tuple(workers))
            said = await run.ask_as(shape, asked, model=self.model, repairs=self.repairs)
            plan = said.model_dump()
            return Message.assistant(plan["answer"], plan)
        reply = await run.ask(asked, model=self.model)
        answer = answer_in(reply, run)
        if answer is None:
            raise ModelReplyInvalid(reply.model, "reply asks for tools, and there are none")
        return answer


@lru_cache
def _plan_shape(teams: tuple[str, ...], workers: tuple[str, ...]) -> type[BaseModel]:
    strict = ConfigDict(strict=True, extra="forbid")
    names: Any = Literal[workers]
    told = "One of the team's workers; null for each of them."
    fields: dict[str, Any] = {
        "team": (Literal[teams], ...),
        "worker": (names | None, Field(description=told)),
        "task": (str, Field(min_length=1, description="All that the worker must know.")),
    }
    each: Any = Sequence[create_model("Assignment", __config__=strict, **fields)]
    return create_model(
        "Plan",
        __config__=strict,
        __doc__="Who does what.",
        assignments=(each, Field(description="Empty where nobody else is needed.")),
        answer=(str, Field(description="The answer where nobody else is needed, else empty.")),
    )


_DONE = "This is what your teams came to. Put it together into the answer to the above:"
_PLAN = """\
You manage teams. Plan who does what to serve the last request. Workers know only the task that you
write for them: put all that they need into it. Give work to those alone who are needed."""
_PUT_TOGETHER = """\
You manage teams, and they have done their work. Put their results together into one answer to the
request. Say what could not be done, and never fill a gap with guesses."""
