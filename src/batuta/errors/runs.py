"""A tool, a budget or an agent ended the work."""

from __future__ import annotations

from batuta.errors.root import BatutaError


class ToolError(BatutaError):
    """A tool did not do its work."""

    code = "tool_error"

    def __init__(self, tool: str, detail: str) -> None:
        self.tool, self.detail = tool, detail
        super().__init__(f"Tool {tool}: {detail}")


class ToolRetry(ToolError):
    """The model, or the user, may mend the arguments and call again.

    Args:
        arguments: Names of those at fault, where the tool knows them.
    """

    retryable = True
    code = "tool_retry"

    def __init__(self, tool: str, detail: str, arguments: tuple[str, ...] = ()) -> None:
        self.arguments = arguments
        super().__init__(tool, detail)


class ToolFailed(ToolError):
    """Final for this call."""

    code = "tool_failed"


class ToolServerUnreachable(ToolFailed):
    """A server of tools does not answer; nothing was begun there.

    Args:
        server: Its name.
        why: Without its address or command.
        mend: What whoever runs it should do.
    """

    retryable = True
    code = "tool_server_unreachable"

    def __init__(self, server: str, why: str, mend: str) -> None:
        self.server, self.why, self.mend = server, why, mend
        super().__init__(server, f"The tool server {server} {why}. {mend}")
        self.args = (self.detail,)


class BudgetExceeded(BatutaError):
    """A limit of the run was reached, before the work that would pass it.

    Args:
        kind: cost_usd, tokens, model_calls, tool_calls, depth or seconds.
        limit: The limit, in the kind's unit.
        used: Used and reserved so far; None where it cannot be known (an unpriced model).
        whose: Name of the run or agent that owns the budget.
    """

    code = "budget_exceeded"

    def __init__(self, kind: str, *, limit: float, used: float | None, whose: str) -> None:
        self.kind, self.limit, self.used, self.whose = kind, limit, used, whose
        may, by_now = _IN_WORDS.get(kind, (f"it has a limit of {{}} {kind}", "{} used"))
        spent = "an unknown amount used" if used is None else by_now.format(f"{used:g}")
        super().__init__(
            f"Budget of {whose} exceeded: {may.format(f'{limit:g}')}, {spent}. "
            f"Raise Budget({kind}=…) if this was expected."
        )


_IN_WORDS = {
    "cost_usd": ("it may cost ${}", "${} spent or reserved"),
    "tokens": ("it may use {} tokens", "{} used or reserved"),
    "model_calls": ("it may ask models {} times", "{} asked"),
    "tool_calls": ("it may use tools {} times", "{} used"),
    "depth": ("agents may stand {} deep", "{} stand"),
    "seconds": ("it may take {} s", "{} s gone"),
}
"""Of each kind, what a run may and what it has by now."""


class RunTimeExceeded(BudgetExceeded):
    """The run's time is up."""

    code = "run_time_exceeded"


class DeadlineExceeded(BatutaError):
    """The run, or one call of it, took longer than it may."""

    code = "deadline_exceeded"

    def __init__(self, whose: str, limit_s: float) -> None:
        self.whose, self.limit_s = whose, limit_s
        super().__init__(f"{whose} did not finish within {limit_s:g} s. Allow more seconds.")


class RuntimeFailure(BatutaError):
    """An agent could not be reached or run."""

    code = "runtime_failure"

    def __init__(self, agent: str, detail: str) -> None:
        self.agent, self.detail = agent, detail
        super().__init__(f"Agent {agent}: {detail}")


class AgentNotFound(RuntimeFailure):
    """No agent of that name is registered."""

    code = "agent_not_found"

    def __init__(self, agent: str, known: tuple[str, ...] = ()) -> None:
        self.known = known
        names = ", ".join(known) if known else "none"
        super().__init__(agent, f"not registered. Registered: {names}.")


class AgentUnreachable(RuntimeFailure):
    """The agent's process does not answer."""

    retryable = True
    code = "agent_unreachable"


class AgentNotReady(AgentUnreachable):
    """The agent has not been started, has been stopped, or says that it cannot answer now."""

    code = "agent_not_ready"


class AgentFailed(RuntimeFailure):
    """An agent raised something of its own; the cause is chained."""

    code = "agent_failed"


class MessageStopped(RuntimeFailure):
    """A check did not let a message through to an agent, or an answer out of it.

    Args:
        on: ``message`` or ``answer``.
        reason: As the check words it, for whoever sent the message.
    """

    code = "message_stopped"

    def __init__(self, agent: str, check: str, *, on: str, reason: str) -> None:
        self.check, self.on, self.reason = check, on, reason
        super().__init__(agent, f"check {check} stopped the {on}: {reason}")


class EmptyAnswer(RuntimeFailure):
    """A member of a composition answered with neither text nor data."""

    code = "empty_answer"

    def __init__(self, agent: str) -> None:
        super().__init__(agent, "answered nothing: neither text nor data")


class MembersFailed(RuntimeFailure):
    """Too few members of a composition gave an answer.

    Args:
        why: What that kept from being reached.
        failures: Name and error message of each that failed.
    """

    code = "members_failed"

    def __init__(self, agent: str, why: str, failures: tuple[tuple[str, str], ...] = ()) -> None:
        self.why, self.failures = why, failures
        told = "; ".join(f"{name}: {said.rstrip('. ')}" for name, said in failures)
        super().__init__(agent, f"{why}. {told}".rstrip(". ") + ".")


class RunInterrupted(RuntimeFailure):
    """The process of a durable run ends; the run goes on by itself, so it is not retryable."""

    code = "run_interrupted"

    def __init__(self, agent: str, run_id: str) -> None:
        self.run_id = run_id
        cut = f"was interrupted: the process ends. Run {run_id} goes on at the next start"
        super().__init__(agent, f"{cut}; the same request with the same key joins it.")


class InboxFull(RuntimeFailure):
    """The agent's inbox holds as many messages as it may."""

    retryable = True
    code = "inbox_full"

    def __init__(self, agent: str, size: int) -> None:
        self.size = size
        super().__init__(agent, f"inbox full ({size} messages). Receive some, then send again.")


class ReplayMismatch(BatutaError):
    """A replayed run asked for something that the recording does not hold.

    No failure of an agent or model: nobody may go on without the answer, so it ends the run.

    Args:
        recording: The file.
        detail: What was asked, and what to do about it.
        difference: Recorded request and present one as a unified difference; empty without one.
    """

    code = "replay_mismatch"

    def __init__(self, recording: str, detail: str, difference: str = "") -> None:
        self.recording, self.detail, self.difference = recording, detail, difference
        nearest = f" The nearest recorded request differs:\n{difference}" if difference else ""
        super().__init__(f"Recording {recording}: {detail}{nearest}")
