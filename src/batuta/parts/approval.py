"""A person as an Agent: whoever calls it waits for a human's answer."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from batuta.core.message import Message
from batuta.core.people import Question
from batuta.core.result import result_data
from batuta.core.run import CallOp
from batuta.errors import AccessDenied, ConfigError, InvalidInput

if TYPE_CHECKING:
    from batuta.core.run import Job, Run, UseOp
    from batuta.core.tool import AskPerson
    from batuta.core.trace import Decider

_YES = frozenset({"yes", "y", "ok", "okay", "approve", "approved", "allow", "true", "do it"})


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who answers in their own time.

    The wait takes nothing of the run's time. On the durable runtime it survives restarts.
    """

    name: str
    role: str = "a person"
    decides: Decider = "user"
    remote: ClassVar[bool] = True  # whoever waits for a person lends its right to work to others

    async def execute(self, message: Message, run: Run) -> Message:
        """Put the message to the person and give the answer."""
        job = run.job
        if job.people is None:
            raise ConfigError(
                f"Nobody passes questions to {self.name} here", "Use a runtime that has people."
            )
        question = Question(run_id=job.run_id, span=run.path, person=self.name, message=message)
        with untimed(job):
            return await job.people.ask(question)


@contextmanager
def untimed(job: Job) -> Generator[None]:
    """Let a run's time stand still while it waits for a person."""
    job.waits += 1
    if job.waits == 1 and job.deadline is not None:
        job.left_s = job.deadline - job.clock.monotonic()
        job.deadline = None
        _reschedule(job, None)
    try:
        yield
    finally:
        job.waits -= 1
        if job.waits == 0 and job.left_s is not None:
            job.deadline = job.clock.monotonic() + job.left_s
            _reschedule(job, job.left_s)
            job.left_s = None


def _reschedule(job: Job, left_s: float | None) -> None:
    loop = asyncio.get_running_loop()
    if job.limit is not None:
        job.limit.reschedule(None if left_s is None else loop.time() + left_s)


class QuestionDesk:
    """Questions of runs in this process, kept in memory."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], tuple[Question, asyncio.Future[Message]]] = {}

    async def ask(self, question: Question) -> Message:
        """Wait for the answer."""
        key = (question.run_id, question.span)
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._open[key] = question, answer
        try:
            return await answer
        finally:
            del self._open[key]

    def questions(self) -> tuple[Question, ...]:
        """List what is waited for, oldest first."""
        return tuple(question for question, _ in self._open.values())

    def answer(self, run_id: str, answer: Message, person: str = "") -> Question:
        """Answer the oldest question of a run that is open, and give that question.

        Args:
            person: Only a question to this one; empty takes any.

        Raises:
            InvalidInput: The run waits for nobody, or not for this one.
        """
        for question, future in self._open.values():
            fits = question.run_id == run_id and person in {"", question.person}
            if fits and not future.done():
                future.set_result(answer)
                return question
        raise nobody_waits(run_id, person)


def nobody_waits(run_id: str, person: str = "") -> InvalidInput:
    """Make the error of an answer that nothing was asked for."""
    whom = f"for {person}" if person else "for anybody"
    return InvalidInput(
        f"Run {run_id} does not wait {whom}", "See with batuta runs what waits, and for whom."
    )


async def approved(op: UseOp, arguments: Mapping[str, Any], wanted: AskPerson) -> None:
    """Ask a person whether a call may be made.

    Raises:
        AccessDenied: They did not clearly say yes.
    """
    data: Mapping[str, Any] = {"tool": op.tool.name, "arguments": result_data(arguments)}
    person = Person(name=wanted.person)
    question = Message.user(wanted.question, data)
    call = CallOp(op.run, person.name, f"{op.span}.approval", "code", person, question)
    answer = await op.run.job.handlers.call(call)
    if not says_yes(answer):
        whose = op.run.job.principal.id or "an anonymous caller"
        raise AccessDenied(whose, f"use {op.tool.name}: {person.name} said: {answer.text}")


def says_yes(answer: Message) -> bool:
    """Tell whether an answer is a clear yes, as ``data`` with ``approved`` or in words.

    >>> says_yes(Message.user("Yes!")), says_yes(Message.user("yes, but not today"))
    (True, False)
    """
    if answer.data is not None and "approved" in answer.data:
        return answer.data["approved"] is True
    return answer.text.strip().rstrip(".!").casefold() in _YES
