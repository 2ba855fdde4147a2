"""Pages of the reference that are made from the code.

``python -m scripts.site.tables`` writes them: names, settings, errors with their codes, events, and
the HTTP API; a test compares.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

from scripts.site.pages import DOCS
from scripts.site.reference import names_in, offered, package_of

FOLDER = DOCS / "reference"
_MADE = "*This page is made from the code: `python -m scripts.site.tables`.*"
_ARGUMENT = re.compile(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", re.M)
KINDS = {
    "run": "the run itself: its ids at the start, why it stopped at the end; told, not kept",
    "agent": "an agent is called and answers",
    "model": "a model is asked and replies: usage, cost, the tools that it wants",
    "tool": "a tool is used: arguments and result",
    "step": "a step of a workflow, or a recorded step of yours",
    "decision": "something was decided: the choice, and why",
    "retry": "something is tried again; what a reader was shown of it is void",
    "text": "a piece of an answer, while it is written; told, not kept",
    "reasoning": "a piece of a model's own summary of its thoughts; told, not kept",
    "warning": "something that a reader should know, such as a claim of what was not done",
    "measure": "a count or a value of yours",
}
DECIDERS = {
    "code": "code between the steps: yours, or a pattern's",
    "workflow": "a fixed order that was written down beforehand",
    "model": "a model suggested it, and code ran it",
    "agent": "an agent in a loop of its own",
    "manager": "an agent that delegates to others",
    "aws": "a managed agent's service",
    "user": "whoever asked",
}
PHASES = {"start": "it begins", "end": "it has ended", "point": "it stands alone"}


def table(heads: Sequence[str], rows: Iterator[Sequence[str]] | Sequence[Sequence[str]]) -> str:
    """Write a table of Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def page(title: str, *parts: str) -> str:
    """Write a page."""
    return "\n\n".join([f"# {title}", _MADE, *parts]) + "\n"


def arguments(thing: object) -> dict[str, str]:
    """Read what the docstring says of each argument."""
    text = inspect.getdoc(thing) or ""
    return {name: " ".join(said.split()) for name, said in _ARGUMENT.findall(text)}


def settings() -> str:
    """Write the page of the settings."""
    from batuta.settings import PREFIX, Settings

    told = arguments(Settings)
    simple = [field for field in fields(Settings) if field.default is not MISSING]
    tables = [field for field in fields(Settings) if field.default is MISSING]
    return page(
        "Settings",
        "Each is an environment variable, or a line `name = …` of `batuta.toml` in the folder "
        "where Batuta is started; the variable goes first.",
        table(
            ["variable", "default", "meaning"],
            [
                [f"`{PREFIX}{each.name.upper()}`", _default(each.default), told.get(each.name, "")]
                for each in simple
            ],
        ),
        "## Tables of `batuta.toml`",
        table(["name", "meaning"], [[f"`{e.name}`", told.get(e.name, "")] for e in tables]),
    )


def _default(value: object) -> str:
    text = str(value)
    return f"`{text}`" if text and "Secret" not in type(value).__name__ else ""


def errors() -> str:
    """Write the page of the errors, with their codes at every door."""
    from batuta.cli import exit_codes
    from batuta.errors import BatutaError
    from batuta.errors.statuses import STATUS

    def of(cls: type[BatutaError], depth: int) -> Iterator[list[str]]:
        status = next(STATUS[each] for each in cls.__mro__ if each in STATUS)
        summary = (inspect.getdoc(cls) or "").splitlines()[0]
        retry = {True: "yes", False: "no"}.get(cls.retryable, "it says")
        codes = [f"`{cls.code}`", f"{status.http}", status.grpc, f"{status.exit}", retry, summary]
        yield [f"{'↳ ' * depth}`{cls.__name__}`", *codes]
        for below in sorted(cls.__subclasses__(), key=lambda each: each.__name__):
            if below.__module__.startswith("batuta.errors"):
                yield from of(below, depth + 1)

    heads = ["error", "code", "HTTP", "gRPC", "exit", "try again?", "meaning"]
    others = [
        ["0", "it is done"],
        [f"{exit_codes.WORSE}", "a comparison came out worse, or an error of no class above"],
        ["2", "the command line itself was wrong"],
        [f"{exit_codes.NOT_INSTALLED}", "an extra that the command needs is not installed"],
        [f"{exit_codes.INTERRUPTED}", "interrupted by Ctrl-C"],
    ]
    return page(
        "Errors and exit codes",
        "Every error is a `BatutaError`, importable from `batuta.errors`. It says what to do next, "
        "and whether trying the same again can help; one table maps it to HTTP, gRPC and the "
        "process's exit code.",
        table(heads, of(BatutaError, 0)),
        "An error may say otherwise of its own case: `error.retryable`.",
        "## Other exit codes",
        table(["exit", "when"], others),
    )


def events() -> str:
    """Write the page of the events that make up a trace."""
    from batuta.core.trace import Decider, Event, Kind, Phase

    told = arguments(Event)
    return page(
        "Events",
        "A run's trace is a list of events, the same on every runtime. `GET /runs/{id}` gives them "
        "as JSON, `GET /runs/{id}/events` as a stream, `record.events` in Python.",
        "## Fields",
        table(["field", "meaning"], [[f"`{f}`", told.get(f) or _FIELDS[f]] for f in Event._fields]),
        "## `kind`",
        table(["kind", "meaning"], [[f"`{each}`", KINDS[each]] for each in get_args(Kind)]),
        "## `phase`",
        table(["phase", "meaning"], [[f"`{each}`", PHASES[each]] for each in get_args(Phase)]),
        "## `by`",
        table(["who", "meaning"], [[f"`{each}`", DECIDERS[each]] for each in get_args(Decider)]),
    )


_FIELDS = {
    "kind": "what happened, see below",
    "phase": "its start, its end, or a point",
    "span": "the step path: `1.2` is the second thing done inside `1`",
    "name": "of the agent, model, tool, step or decision",
    "usage": "tokens, on a model's end",
    "cost": "money, on a model's end",
}


def http_api() -> str:
    """Write the page of the HTTP API, from what the server says of itself."""
    made = _described()
    addresses = [
        [f"`{method.upper()} {path}`", _said(operation), _answers(operation)]
        for path, operations in made["paths"].items()
        for method, operation in operations.items()
    ]
    schemas: Mapping[str, Any] = made.get("components", {}).get("schemas", {})
    parts = [
        f"## `{name}`\n\n{table(['field', 'type', 'meaning'], list(_fields(schema)))}"
        for name, schema in sorted(schemas.items())
        if schema.get("properties")
    ]
    return page(
        "HTTP API",
        "What `batuta serve` answers, as its own `/openapi.json` says it. How it is used stands in "
        "[HTTP](../doors/http.md).",
        "## Addresses",
        table(["address", "what it does", "answers"], addresses),
        *parts,
    )


def _said(operation: Mapping[str, Any]) -> str:
    told = str(operation.get("description") or operation.get("summary", ""))
    return told.partition("\n\n")[0]


def _answers(operation: Mapping[str, Any]) -> str:
    return " · ".join(sorted(operation.get("responses", {})))


def _fields(schema: Mapping[str, Any]) -> Iterator[list[str]]:
    required = schema.get("required", ())
    for name, each in schema["properties"].items():
        kind = _type(each) + ("" if name in required else ", optional")
        yield [f"`{name}`", kind, str(each.get("description", ""))]


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(_type(each) for each in choices)
    kind: object = schema.get("type", "any")
    return str(kind)


def _described() -> dict[str, Any]:
    async def read(home: Path) -> dict[str, Any]:
        from batuta.serve.http.app import create_app
        from batuta.settings import Settings
        from batuta.wiring import Assistants, open_app

        kept = Settings(home=home)
        async with Assistants(await open_app("tennis", kept), kept) as house:
            return create_app(house).openapi()

    with tempfile.TemporaryDirectory() as home:
        return asyncio.run(read(Path(home)))


def names() -> str:
    """Write the first page: every public name, with its page and its line."""
    parts = [
        part
        for package, told in _TOLD.items()
        for part in (f"## `{package}`", told, _listed(package))
        if part
    ]
    return page(
        "Reference",
        "All that `batuta`, `batuta.testing` and `batuta.errors` offer, each with what its "
        "docstring says and an example that runs as a "
        "test. Beside it: [settings](settings.md), [errors and exit codes](errors.md), "
        "[events](events.md), the [HTTP API](http_api.md), the [command line](../doors/cli.md).",
        *parts,
    )


_TOLD = {
    "batuta": "",
    "batuta.testing": "For [tests of your own](../testing.md).",
    "batuta.testing.pytest_plugin": "Fixtures that pytest has wherever Batuta is installed.",
    "batuta.errors": "The tree of errors, and what reads them.",
}
_VALUES = {
    "VOLATILE": "batuta.testing.recorded.content",
    "DISTRIBUTION": "batuta.errors.installation",
}
"""Names that are plain values, and the module that says beside them what they are."""


def _listed(package: str) -> str:
    module, at = import_module(package), places(package)
    rows = [
        [f"[`{name}`]({at[name]})", _summary(name, getattr(module, name))]
        for name in offered(package)
    ]
    return table(["name", "what it is"], rows)


def places(package: str) -> dict[str, str]:
    """Find under which heading of which page each name of a package stands."""
    return {
        name: f"python/{path.name}#{name.lower()}"
        for path in sorted((FOLDER / "python").glob("*.md"))
        if package_of(path) == package
        for name in names_in(path)
    }


def _summary(name: str, thing: object) -> str:
    if name in _VALUES:
        source = inspect.getsource(import_module(_VALUES[name]))
        body = ast.parse(source).body
        told = next(
            after.value.value
            for before, after in pairwise(body)
            if isinstance(before, ast.Assign)
            and ast.unparse(before.targets[0]) == name
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        )
        return str(told)
    return (inspect.getdoc(thing) or "").partition("\n\n")[0]


PAGES: Mapping[str, Callable[[], str]] = {
    "README": names,
    "settings": settings,
    "errors": errors,
    "events": events,
    "http_api": http_api,
}


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    for name, made in PAGES.items():
        (FOLDER / f"{name}.md").write_text(made(), "utf-8")


if __name__ == "__main__":
    main()
