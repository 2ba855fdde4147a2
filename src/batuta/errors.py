"""Every error of the package, in one tree.

BatutaError
├── ConfigError            something is set wrongly or missing; says what to set
├── InvalidInput           what the user sent cannot be taken: empty, too long, not text
├── Conflict               the thing changed under the caller's feet
├── LimitReached           a door's limit: rate, concurrent runs; retryable
├── ModelError             the model did not give a usable reply
│   ├── ModelTimeout       retryable
│   ├── ModelRateLimited   retryable, with ``retry_after_s``
│   ├── ModelUnavailable   down, overloaded or out of reach; mostly retryable
│   ├── ModelCut           the reply broke off; retryable, what was heard is void then
│   ├── ModelRefused       final
│   ├── ModelReplyInvalid  the reply does not fit what was asked for
│   ├── ModelAuthFailed    final; says which variable to set
│   ├── ModelNotFound      final: no such model there
│   └── ModelContextTooLong  final: the conversation is longer than the model can read
├── ToolError              a tool did not do its work
│   ├── ToolRetry          the model may mend its arguments and call again
│   └── ToolFailed         final for this call
├── BudgetExceeded         a limit of the run, with kind, limit, used and whose
├── DeadlineExceeded       the run took longer than it may
├── RuntimeFailure         an agent could not be reached or run
│   ├── AgentNotFound
│   ├── AgentUnreachable   retryable
│   ├── AgentFailed        an agent raised something that is no BatutaError
│   ├── EmptyAnswer        an agent answered with neither text nor data
│   ├── MembersFailed      too few members of a composition answered; tells of each
│   └── InboxFull          retryable
├── ReplayMismatch         a replayed run asks for what its recording does not hold
├── SessionError           no such session for this principal
├── RecordNotFound         no such run record for this principal
├── StoreBusy              a database was locked or throttled for too long; retryable
│   └── StoreUnreachable   a database elsewhere does not answer; retryable
└── AccessDenied           the principal may not do this

Each error builds its message from typed fields, says what to do next, and knows whether trying the
same thing again can help (``retryable``). Wrong arguments from a programmer are ``ValueError`` or
``TypeError``, as everywhere in Python. ``statuses`` maps every class to HTTP, gRPC and exit codes.
"""

from __future__ import annotations

from typing import Any


class BatutaError(Exception):
    """Root of the tree: catch this to catch whatever the package raises on purpose.

    ``done`` says what a run had done by then that stays done, and is part of the message.
    """

    retryable = False
    code = "error"
    done = ""

    def __str__(self) -> str:
        return f"{super().__str__()} {self.done}".rstrip()


class ConfigError(BatutaError):
    """A setting is wrong or missing.

    Args:
        what: The setting or object at fault.
        mend: What the user should do about it, as a full sentence.
    """

    code = "config"

    def __init__(self, what: str, mend: str) -> None:
        self.what, self.mend = what, mend
        super().__init__(f"{what}. {mend}")


class InvalidInput(BatutaError):
    """What the user sent cannot be taken as it is."""

    code = "invalid_input"

    def __init__(self, what: str, mend: str) -> None:
        self.what, self.mend = what, mend
        super().__init__(f"{what}. {mend}")


class Conflict(BatutaError):
    """Somebody else changed the same thing first; read it again and retry."""

    retryable = True
    code = "conflict"

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"{what} was changed meanwhile. Read it again and retry.")


class LimitReached(BatutaError):
    """A door's own limit: too many requests or runs at once.

    Args:
        retry_after_s: Seconds after which another try can succeed.
    """

    retryable = True
    code = "limit_reached"

    def __init__(self, what: str, *, limit: int, retry_after_s: float) -> None:
        self.what, self.limit, self.retry_after_s = what, limit, retry_after_s
        super().__init__(f"Limit of {limit} {what} reached. Try again in {retry_after_s:.0f} s.")


class ModelError(BatutaError):
    """The model did not give a usable reply.

    ``spent`` holds what was used by then, as ``core.model.Spent``: it is paid for all the same.
    Empty where nothing was. A ``CancelledError`` that cut a vendor's call short has it too.
    """

    code = "model_error"
    spent: tuple[Any, ...] = ()

    def __init__(self, model: str, detail: str, *, mend: str = "") -> None:
        self.model, self.detail, self.mend = model, detail, mend
        super().__init__(f"Model {model}: {detail}." + (f" {mend}" if mend else ""))


class ModelTimeout(ModelError):
    """The model took too long."""

    retryable = True
    code = "model_timeout"

    def __init__(self, model: str, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        super().__init__(model, f"no reply within {timeout_s:g} s", mend="Try again later.")


class ModelRateLimited(ModelError):
    """The provider asks to slow down; ``retry_after_s`` is None where it does not say."""

    retryable = True
    code = "model_rate_limited"

    def __init__(self, model: str, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        wait = "later" if retry_after_s is None else f"in {retry_after_s:g} s"
        super().__init__(model, "rate limited", mend=f"Try again {wait}.")


class ModelUnavailable(ModelError):
    """The provider is down, overloaded or out of reach; another model may well answer.

    Args:
        retryable: Whether the same one may answer a moment later.
    """

    retryable = True
    code = "model_unavailable"

    def __init__(self, model: str, detail: str, *, mend: str = "", retryable: bool = True) -> None:
        self.retryable = retryable
        super().__init__(model, detail, mend=mend or ("Try again later." if retryable else ""))


class ModelCut(ModelError):
    """The reply broke off.

    Args:
        heard: Whether part of its text was given away. The run's retry tells listeners to drop it
            (``core.streamed``); a wrapper inside the model, such as a fallback, cannot, and must
            let the error pass.
    """

    retryable = True
    code = "model_cut"

    def __init__(self, model: str, detail: str = "the reply broke off", *, heard: bool) -> None:
        self.heard = heard
        super().__init__(model, detail, mend="Ask again.")


class ModelRefused(ModelError):
    """The model declined to answer."""

    code = "model_refused"

    def __init__(self, model: str, detail: str = "refused to answer") -> None:
        super().__init__(model, detail, mend="Say it another way.")


class ModelReplyInvalid(ModelError):
    """The reply does not fit the schema or the protocol."""

    code = "model_reply_invalid"


class ModelAuthFailed(ModelError):
    """The provider does not know the key, or the key may not use the model.

    Args:
        variable: The environment variable, or variables, that should hold it.
    """

    code = "model_auth_failed"

    def __init__(self, model: str, detail: str, *, variable: str) -> None:
        self.variable = variable
        super().__init__(model, detail, mend=f"Set {variable} to a key that may use this model.")


class ModelNotFound(ModelError):
    """The provider has no model of that name; ``suggestion`` is a name it has, else empty."""

    code = "model_not_found"

    def __init__(self, model: str, suggestion: str = "") -> None:
        self.suggestion = suggestion
        meant = f" Did you mean {suggestion}?" if suggestion else ""
        super().__init__(
            model, "not found at the provider", mend=f"Check the name and the base URL.{meant}"
        )


class ModelContextTooLong(ModelError):
    """The conversation is longer than the model can read."""

    code = "model_context_too_long"

    def __init__(self, model: str, detail: str = "the conversation is too long for it") -> None:
        super().__init__(
            model, detail, mend="Lower history_messages, or take a model with a longer context."
        )


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
        spent = "an unknown amount" if used is None else f"{used:g}"
        super().__init__(
            f"Budget of {whose} exceeded: {kind} limit {limit:g}, {spent} used. "
            f"Raise Budget({kind}=…) if this was expected."
        )


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


class AgentFailed(RuntimeFailure):
    """An agent raised something of its own; the cause is chained."""

    code = "agent_failed"


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


class SessionError(BatutaError):
    """No such session for this principal; says nothing about other people's sessions."""

    code = "session_not_found"

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        super().__init__(f"No session {session_id!r}. Leave session_id out to start a new one.")


class RecordNotFound(BatutaError):
    """No such run record for this principal."""

    code = "run_not_found"

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        super().__init__(f"No run {run_id!r}. Run ids are given with every reply.")


class AccessDenied(BatutaError):
    """The principal may not do this."""

    code = "access_denied"

    def __init__(self, principal: str, what: str) -> None:
        self.principal, self.what = principal, what
        super().__init__(f"{principal} may not {what}. Ask the operator for the right to.")


class StoreBusy(BatutaError):
    """Others kept the database busy; nothing was read or written."""

    retryable = True
    code = "store_busy"

    def __init__(self, what: str, waited_s: float) -> None:
        self.what, self.waited_s = what, waited_s
        super().__init__(f"{what} was busy for {waited_s:g} s and nothing was done. Try again.")


class StoreUnreachable(StoreBusy):
    """A database elsewhere does not answer; what was sent may have been done or not."""

    code = "store_unreachable"

    def __init__(self, what: str, waited_s: float, detail: str) -> None:
        super().__init__(what, waited_s)
        self.detail = detail
        self.args = (f"{what} cannot be reached: {detail}. Check the network, then try again.",)
