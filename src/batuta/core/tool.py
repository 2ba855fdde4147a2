"""Typed functions that a model may ask for; what the caller alone decides is kept out of sight."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from importlib import import_module
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, cast, get_args, get_origin

from batuta.core.cancellation import contained
from batuta.core.clock import Clock
from batuta.core.effect import WriteOutcome, facts_text
from batuta.core.model import ToolSchema
from batuta.core.principal import Principal
from batuta.core.redaction import MOST_CHARS, cut
from batuta.core.signature import argument_texts, hints_of, signature_of
from batuta.core.slots import direct_init
from batuta.core.weak_cache import weakly_cached
from batuta.errors import ConfigError, ToolRetry
from batuta.errors.public import without_internals

if TYPE_CHECKING:
    from pydantic import BaseModel

    from batuta.core.message import Message
    from batuta.core.session import Session
    from batuta.core.trace import Decider

Effect = Literal["read", "write"]


@direct_init
@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool may know of the run around it; never shown to a model.

    Args:
        idempotency_key: The same for every try of one call of a writing tool, so that its effect
            happens once; empty for a tool that reads.
    """

    principal: Principal
    clock: Clock
    idempotency_key: str
    run_id: str
    session_id: str = ""
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Bound:
    """Marks a parameter that is filled from the context: ``Annotated[str, Bound(lambda c: …)]``."""

    read: Callable[[ToolContext], Any]


_BOUND_TYPES: dict[Any, Bound] = {
    ToolContext: Bound(lambda context: context),
    Principal: Bound(lambda context: context.principal),
    Clock: Bound(lambda context: context.clock),
}


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
        declared = signature_of(function)
        self.function = function
        self.name: str = name or function.__name__
        self.description = description or declared.summary
        self.effect: Effect = effect
        self.key = key
        self.outcome = outcome
        self._is_async = declared.is_async
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
        return ToolSchema(self.name, self.description, _arguments_schema(self.function), writes)

    def validate(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Turn a model's arguments into the function's own types.

        Raises:
            ToolRetry: They do not fit; the message says which and why, so that a model can mend.
        """
        try:
            made = self._shape.__pydantic_validator__.validate_python(arguments)
        except ValueError as error:  # pydantic's ValidationError is one
            raise ToolRetry(self.name, *_mendable(error, self.schema)) from error
        return made.__dict__

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
        bound = {name: b.read(context) for name, b in self._bound.items()}
        if self._is_async:
            return await self.function(**arguments, **bound)
        work = partial(_in_thread, self.function, {**arguments, **bound})
        if threads is None:
            return await asyncio.to_thread(work)
        return await threads.run(work, context.principal.id)

    @cached_property
    def is_bare(self) -> bool:
        """Whether it is an async function that takes nothing from the context."""
        return self._is_async and not self._bound

    @cached_property
    def _bound(self) -> Mapping[str, Bound]:
        return _bound_of(self.function)

    @cached_property
    def _shape(self) -> type[BaseModel]:
        return _shape_of(self.function)


def tool(
    function: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    effect: Effect = "read",
    key: tuple[str, ...] = (),
    outcome: WriteOutcome | None = None,
) -> Any:
    """Make a Tool of a typed function, as ``@tool`` or ``@tool(effect="write", key=("slot_id",))``.

    Parameters typed ``Principal``, ``Clock`` or ``ToolContext``, or marked with ``Bound``, are
    filled from the caller and never shown to a model. Descriptions come from the docstring.
    """
    if function is None:
        return partial(Tool, name=name, effect=effect, key=key, outcome=outcome)
    return Tool(function, name=name, effect=effect, key=key, outcome=outcome)


def result_text(result: Any) -> str:
    """Write a tool's result as a model reads it: text as it is, anything else as JSON.

    What is longer than a model should read is cut, and says so.
    """
    text = result if isinstance(result, str) else _json(result)
    return text if len(text) <= MOST_CHARS else cut(text)


def error_text(text: str, *, retry: bool) -> str:
    """Write a call's failure as a model reads it.

    Args:
        retry: Whether other arguments, or another try, can help.
    """
    return json.dumps({"error": without_internals(text), "retry": retry}, ensure_ascii=False)


def result_data(result: Any) -> Any:
    """Turn a tool's result into JSON-able data."""
    if type(result) in _PLAIN:
        return result
    if type(result) is dict:
        given = dict(cast("dict[Any, Any]", result))
        for name, value in given.items():
            if type(name) is not str or type(value) not in _PLAIN:
                break
        else:
            return given
    return _pydantic_core().to_jsonable_python(result, **_ANY)


def result_shown(result: Any) -> Any:
    """Turn a tool's result into what a trace holds of it: JSON-able, and cut where too long."""
    data = result_data(result)
    if isinstance(data, str):
        return data if len(data) <= MOST_CHARS else cut(data)
    if data is None or isinstance(data, bool | int | float):
        return data
    text = _json(data)
    return data if len(text) <= MOST_CHARS else {"cut": cut(text)}


def _json(value: Any) -> str:
    return _pydantic_core().to_json(value, **_ANY).decode()


_PLAIN = frozenset({str, bool, int, float, type(None)})
# A tool has done its work when its result is written: whatever it gave must become JSON.
_ANY: dict[str, Any] = {"serialize_unknown": True, "bytes_mode": "base64"}


@cache
def _pydantic_core() -> Any:
    return import_module("pydantic_core")


@weakly_cached
def _bound_of(function: Callable[..., Any]) -> Mapping[str, Bound]:
    """Find the parameters that are filled from the context."""
    found: dict[str, Bound] = {}
    for name, hint in hints_of(function).items():
        marks = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        bound = next((m for m in marks if isinstance(m, Bound)), None)
        bound = bound or _bound_type(hint)
        if bound is not None:
            found[name] = bound
    return found


def _bound_type(hint: Any) -> Bound | None:
    """Find a type that is always bound, also within Annotated or a union."""
    if isinstance(hint, type):
        return _BOUND_TYPES.get(hint)
    return next((found for found in map(_bound_type, get_args(hint)) if found), None)


@weakly_cached
def _shape_of(function: Callable[..., Any]) -> type[BaseModel]:
    """Make what a model's arguments are validated against."""
    from pydantic import ConfigDict, Field, create_model

    texts = argument_texts(inspect.getdoc(function) or "")
    declared, hints, bound = signature_of(function), hints_of(function), _bound_of(function)
    fields: dict[str, Any] = {}
    for name, default in declared.defaults.items():
        if name not in bound:
            told: dict[str, Any] = {"description": texts[name]} if name in texts else {}
            fields[name] = (hints[name], Field(default, **told))
    return create_model(declared.name, __config__=ConfigDict(extra="forbid"), **fields)


@weakly_cached
def _arguments_schema(function: Callable[..., Any]) -> Mapping[str, Any]:
    """Make the JSON Schema of what a model may give."""
    schema = _shape_of(function).model_json_schema()
    schema.pop("title", None)
    for field in schema.get("properties", {}).values():
        field.pop("title", None)
    schema.setdefault("properties", {})
    return schema


def _in_thread(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    try:
        return function(**arguments)
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
