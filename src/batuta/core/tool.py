"""Typed functions that a model may ask for; what the caller alone decides is kept out of sight."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

from batuta.core.arguments import arguments_schema, checked_signature, shape_of
from batuta.core.cancellation import contained
from batuta.core.iteration import awaited, is_lazy, taken
from batuta.core.model import ToolSchema
from batuta.core.principal import Principal
from batuta.core.redaction import cut, redacted_text
from batuta.core.result import facts_text, result_data
from batuta.core.signature import Signature
from batuta.core.threads import in_thread
from batuta.core.tool_context import Bound, ToolContext, bound_of
from batuta.errors import ConfigError, ToolFailed, ToolRetry

if TYPE_CHECKING:
    from batuta.core.effect import WriteOutcome
    from batuta.core.message import Message
    from batuta.core.retry import Retry
    from batuta.core.session import Session
    from batuta.core.trace import Decider

Effect = Literal["read", "write"]


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A call about to happen, as a hook sees it; ``arguments`` are validated values by name.

    Args:
        session: The conversation; what a hook puts into its state is kept for the next turn.
        question: What the user said last; None in a run of no user's.
    """

    tool: Tool
    arguments: Mapping[str, Any]
    principal: Principal
    by: Decider
    span: str
    session: Session
    question: Message | None = None


@dataclass(frozen=True, slots=True)
class Approve:
    """Let the call happen."""


@dataclass(frozen=True, slots=True)
class Deny:
    """Keep the call from happening; the reason is told to whoever wanted it.

    Args:
        arguments: Names of those at fault, where another call with others may be allowed.
    """

    reason: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """Let the call happen with other arguments; they are validated again."""

    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AskPerson:
    """Let the call happen where a person says yes; the run waits for them.

    Args:
        person: Who is asked, by name.
        question: What they are asked, whole: what would be done, and why it needs them.
    """

    person: str
    question: str


Verdict = Approve | Deny | Edit | AskPerson
Hook = Callable[[ToolUse], Awaitable[Verdict]]
"""Asked before each call; where it has ``async after(use, result)``, told of each that was done."""


class Threads(Protocol):
    """Where plain functions run, so that they hold up nobody else."""

    async def run(self, work: Callable[[], Any], principal_id: str) -> Any:
        """Do work in a thread, as one of that principal's."""
        ...


class Tool:
    """One function with its schema, bound parameters, effect and idempotency key.

    Args:
        effect: ``write`` for anything that changes the world; decides on permission and retry.
        key: Names of arguments which, with run and step, make two calls the same effect.
        outcome: How what it wrote is looked up and said; None leaves a lost write unknown.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        effect: Effect = "read",
        key: tuple[str, ...] = (),
        outcome: WriteOutcome | None = None,
    ) -> None:
        self._declared = declared = _checked(function, name)
        self.function = function
        self.name: str = name or declared.name
        self.description = description or declared.summary
        self.effect: Effect = effect
        self.key = key
        self.outcome = outcome
        self.retry: Retry | None = None
        if not is_legal(self.name):
            raise ConfigError(
                f"A tool cannot have the name {self.name!r}",
                "Give it a name of up to 64 letters, digits, _ and -: no vendor takes another.",
            )
        if key and (unknown := [k for k in key if k not in declared.defaults]):
            raise ConfigError(
                f"Tool {self.name}: key names {', '.join(unknown)}, no such parameter",
                f"Use some of: {', '.join(declared.defaults)}.",
            )
        if not self.description:
            raise ConfigError(
                f"Tool {self.name} has no description", "Give it a docstring: models choose by it."
            )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the plain function."""
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"Tool({self.name!r}, effect={self.effect!r})"

    @cached_property
    def schema(self) -> ToolSchema:
        """What a model sees."""
        writes = self.effect == "write"
        return ToolSchema(self.name, self.description, arguments_schema(self.function), writes)

    def validate(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Turn a model's arguments into the function's own types.

        Raises:
            ToolRetry: They do not fit; the message says which and why, so that a model can mend.
            ToolFailed: A type's own code that checks them has failed.
        """
        try:
            return self._values(arguments)
        except ValueError as error:  # pydantic's ValidationError is one
            raise ToolRetry(self.name, *_mendable(error, self.schema)) from error
        except ConfigError:
            raise
        except Exception as error:  # the boundary: a type's own code checks its values
            raise ToolFailed(
                self.name, f"its arguments cannot be checked: {redacted_text(error)}"
            ) from error

    def with_retry(self, retry: Retry) -> Self:
        """Copy the tool, with how its calls are tried again and how long each may take.

        One that writes is never tried again; its limit of time holds all the same.
        """
        made = copy(self)
        made.retry = retry
        return made

    def renamed(self, name: str) -> Self:
        """Copy the tool under another name."""
        made = copy(self)
        made.name = name
        made.__dict__.pop("schema", None)
        return made

    def idempotency_key(self, step: str, arguments: Mapping[str, Any]) -> str:
        """Make the key of one effect; within a run ``Job.idempotency_key`` does.

        Args:
            step: The request, or the run, and the step path in it.
            arguments: Of which the author's fields count.
        """
        fields = ", ".join([encode_basestring_ascii(str(arguments.get(k))) for k in self.key])
        return hashlib.sha256(f"{step}|{self.name}|[{fields}]".encode()).hexdigest()[:32]

    def done_line(self, result: Any) -> str:
        """Say in a line what a use of the tool has done, cut where too long; empty for a read."""
        if self.effect == "read":
            return ""
        facts = result_data(result)
        if self.outcome is None:
            return cut(f"{self.name} ({facts_text(facts)})")
        return cut(self.outcome.line(facts))

    def invoke(
        self,
        arguments: Mapping[str, Any],
        context: ToolContext,
        threads: Threads | None = None,
    ) -> Coroutine[Any, Any, Any]:
        """Call the function with validated arguments and what is bound from the context.

        A plain ``def`` runs in a thread, so that it cannot hold up others.

        Args:
            threads: Those of the runtime; None takes the event loop's own.
        """
        return contained(self.called(arguments, context, threads))

    async def called(
        self, arguments: Mapping[str, Any], context: ToolContext, threads: Threads | None
    ) -> Any:
        """Do what ``invoke`` does, where whoever awaits it is prepared that it would exit."""
        values = dict(arguments)
        for name, bound in self._bound.items():
            values[name] = bound.read(context)
        declared = self._declared
        if declared.is_async:
            made = await declared.called(self.function, values)
        else:
            work = partial(_worked, declared, self.function, values)
            made = await _in_thread(threads, context.principal.id, work)
        return await self.given(made, threads, context.principal.id) if is_lazy(made) else made

    async def given(self, made: Any, threads: Threads | None, whose: str) -> Any:
        """Give what a result comes to that must be awaited, iterated or read."""
        return await awaited(made, partial(_in_thread, threads, whose))

    @cached_property
    def is_bare(self) -> bool:
        """Whether it is an async function that takes nothing from the context."""
        declared = self._declared
        placed = declared.in_order or declared.spread
        return declared.is_async and not placed and not self._bound

    @cached_property
    def _bound(self) -> Mapping[str, Bound]:
        return bound_of(self.function)

    @cached_property
    def _values(self) -> Callable[[Any], dict[str, Any]]:
        return shape_of(self.function).values


def tool(
    function: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    effect: Effect = "read",
    key: tuple[str, ...] = (),
    outcome: WriteOutcome | None = None,
    retry: Retry | None = None,
) -> Any:
    """Make a Tool of a typed function, as ``@tool`` or ``@tool(effect="write", key=("slot_id",))``.

    Parameters typed ``Principal``, ``Clock`` or ``ToolContext``, or marked with ``Bound``, are
    filled from the caller and never shown to a model. Descriptions come from the docstring.

    Args:
        retry: How its calls are tried again, and how long each may take; None as the run has it.
    """
    if function is None:
        return partial(tool, name=name, effect=effect, key=key, outcome=outcome, retry=retry)
    made = Tool(function, name=name, effect=effect, key=key, outcome=outcome)
    return made if retry is None else made.with_retry(retry)


@lru_cache(maxsize=1_024)
def is_legal(name: str) -> bool:
    """Tell whether every vendor takes a name for a tool.

    Source: OpenAI, Anthropic and Bedrock take ``[a-zA-Z0-9_-]{1,64}`` (2026-11).
    """
    return _LEGAL.fullmatch(name) is not None


def legal_name(name: str) -> str:
    """Give a name that every vendor takes for what others call otherwise, such as an agent.

    >>> legal_name("Court Booking")
    'Court_Booking'
    """
    if is_legal(name):
        return name
    made = _ILLEGAL.sub("_", name)
    if len(made) <= _LONGEST and made.strip("_"):
        return made
    mark = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{made[: _LONGEST - 9]}_{mark}"


_LONGEST = 64
_LEGAL = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ILLEGAL = re.compile(r"[^a-zA-Z0-9_-]")


def _checked(function: Callable[..., Any], name: str | None) -> Signature:
    """Read a function's signature and see that a model can fill it."""
    try:
        return checked_signature(function)
    except ConfigError as error:
        if name is None:
            raise
        told = error.what.partition(": ")[2] or error.what
        raise ConfigError(f"Tool {name}: {told}", error.mend) from error


async def _in_thread(threads: Threads | None, whose: str, work: Callable[[], Any]) -> Any:
    if threads is None:
        return await in_thread(work)
    return await threads.run(work, whose)


def _worked(declared: Signature, function: Callable[..., Any], values: dict[str, Any]) -> Any:
    try:
        return taken(declared.called(function, values))
    except StopIteration as error:  # no Future can carry one: whoever awaits it waits for ever
        raise RuntimeError("StopIteration") from error


def _mendable(error: Any, schema: ToolSchema) -> tuple[str, tuple[str, ...]]:
    """Say what is wrong, and give the names of the arguments at fault."""
    known = ", ".join(schema.parameters["properties"]) or "none"
    faults: list[str] = []
    names: dict[str, None] = {}
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        where = ".".join(str(part) for part in fault["loc"]) or "arguments"
        names |= dict.fromkeys(str(part) for part in fault["loc"][:1])
        if fault["type"] == "extra_forbidden":
            faults.append(f"{where}: no such argument (known: {known})")
        else:
            faults.append(f"{where}: {fault['msg']}")
    return "; ".join(faults), tuple(names)
