"""The end of a run, and the record that is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batuta.core.record import RunRecord, RunStop
from batuta.core.slots import maker_of
from batuta.errors import BatutaError, BudgetExceeded, DeadlineExceeded
from batuta.parts.effects import done_text, tell_done

if TYPE_CHECKING:
    from batuta.core.budget import Budget
    from batuta.core.message import Message
    from batuta.core.run import CallOp, Job
    from batuta.core.runtime import Observer, OpenRun, RunOptions

_record = maker_of(RunRecord)


class Ending:
    """Closes a run, once, and makes its record.

    ``observer`` is told of it, before anybody else; None for nobody. ``watched`` has it while it is
    on; None where nobody looks.
    """

    def __init__(self, job: Job, op: CallOp, options: RunOptions) -> None:
        self.job, self.op, self.options = job, op, options
        self.observer: Observer | None = None
        self.watched: set[OpenRun] | None = None
        self._started_at = job.clock.now().isoformat()

    def failed(self, error: BatutaError) -> RunRecord:
        """Close a run that ended with an error, which says what was done by then."""
        tell_done(error, self.job.trace.events)
        stop: RunStop = "error"
        if isinstance(error, BudgetExceeded):
            stop = "deadline" if error.kind == "seconds" else "budget"
        elif isinstance(error, DeadlineExceeded):
            stop = "deadline"
        said = {"code": error.code, "message": str(error)}
        return self.close(stop, failure=error, said=said)

    def cut(self) -> None:
        """Close a run that was cancelled; its record says what was done by then."""
        done = done_text(self.job.trace.events)
        said = {"code": "cancelled", "message": f"The run was cancelled. {done}"} if done else None
        self.close("cancelled", said=said)

    def close(
        self,
        stop: RunStop,
        reply: Message | None = None,
        *,
        failure: BatutaError | None = None,
        said: dict[str, str] | None = None,
    ) -> RunRecord:
        """Let nothing more begin, and make the record; a listener is told first."""
        job = self.job
        job.ended = stop
        if self.options.listener is not None:
            job.trace.run("end", self.op.name, {"run_id": job.run_id, "stop": stop})
        job.trace.close()
        made = self._recorded(stop, reply, failure=failure, said=said)
        if self.watched is not None:
            self.watched.discard(self)
        if self.observer is not None:
            self.observer(made, self.options.budget)
        if self.options.on_end is not None:
            self.options.on_end(made)
        return made

    def so_far(self) -> tuple[RunRecord, Budget]:
        """Give what there is of the run so far, as of one that is cut; may be called in any thread.

        It is for whoever tells of the parts that have ended, and nobody keeps it.
        """
        return self._recorded("cancelled"), self.options.budget

    def _recorded(
        self,
        stop: RunStop,
        reply: Message | None = None,
        *,
        failure: BatutaError | None = None,
        said: dict[str, str] | None = None,
    ) -> RunRecord:
        job, op, labels, account = self.job, self.op, self.options.labels, self.job.account
        return _record(
            run_id=job.run_id,
            agent=op.name,
            principal_id=job.principal.id,
            question=op.message,
            reply=reply,
            events=tuple(job.trace.events),
            usage=account.usage,
            cost=account.cost,
            model_calls=account.model_calls,
            tool_calls=account.tool_calls,
            stop_reason=stop,
            error=said,
            failure=failure,
            stand_in=job.stand_in,
            started_at=self._started_at,
            seconds=job.trace.elapsed_s(),
            session_id=job.session.id,
            steps=tuple(job.said),
            traceparent=job.trace.context,
            style=labels.get("style", ""),
            app=labels.get("app", ""),
        )
