"""What code may not do: each rule is a function from sources to findings."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator

from tests.shape.sizes import MEASURED
from tests.shape.sources import Finding, Source, aliases, dotted, place

EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "misc", "shared"}

CLOCKS = re.compile(
    r"time\.(time|monotonic|perf_counter|process_time)(_ns)?"
    r"|time\.sleep|asyncio\.sleep|anyio\.(sleep|current_time)"
    r"|datetime\.datetime\.(now|utcnow|today)|datetime\.date\.today"
)
WALL_CLOCKS = re.compile(
    r"time\.(time|localtime|gmtime|ctime)(_ns)?|datetime\.datetime\.(now|utcnow|today)"
    r"|datetime\.date\.today"
)
# Rooms that may not import the settings: a clock is handed to them.
NO_SETTINGS = frozenset("assistant aws core models remote runtimes standin storage testing".split())
MACHINE_CLOCKS = re.compile(r"batuta\.core\.clock\.(SystemClock|machine_time)")
CHANCE = re.compile(r"random\.\w+|secrets\.\w+|uuid\.uuid[1467]|os\.(urandom|getrandom)")
# Seeded by its caller, or no chance at all.
NO_CHANCE = {"random.Random", "secrets.compare_digest"}
ENVIRONMENT = re.compile(r"os\.(environb?|getenvb?|putenv|unsetenv)")

# Functions that only make a value, and may do so while a module is imported.
MAKERS = re.compile(
    r"(re\.compile|frozenset|tuple|dict|list|set|len|min|max|sorted|range|zip|map|int|str|object"
    r"|enumerate|reversed|staticmethod|sum|any|all|type|isinstance|dataclasses\.fields|fields"
    r"|field|dataclasses\.field|dataclasses\.dataclass|typing\.(cast|NewType|TypeVar|ParamSpec)"
    r"|collections\.namedtuple|types\.MappingProxyType|functools\.partial|itertools\.\w+"
    r"|operator\.\w+|logging\.getLogger|contextvars\.ContextVar|struct\.Struct|textwrap\.dedent"
    r"|datetime\.timedelta|datetime\.time|decimal\.Decimal|enum\.auto|importlib\.metadata\.version"
    r"|pydantic\.\w+Validator|\w+\.add_typer|batuta\.core\.(slots\.maker_of|lazy\.lazy_names))"
)
VALUE_METHODS = {
    *("format", "join", "lower", "removeprefix", "replace", "split", "strip", "upper"),
    *("items", "keys", "values"),
}
CODES = re.compile("|".join([*MEASURED, "PLR09", "C90"]))
COMPOUND = (ast.For, ast.While, ast.With, ast.AsyncFor, ast.AsyncWith, ast.Match)


def module_names(every: Iterable[Source]) -> Iterator[Finding]:
    """A name that says nothing invites everything."""
    for source in every:
        if EMPTY_NAMES & {part.strip("_") for part in source.module.split(".")}:
            yield Finding("module-name", f"{source.path}::<module>", 1, 1)


def prints(every: Iterable[Source]) -> Iterator[Finding]:
    for source in every:
        if source.within("src/batuta/cli"):
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "print":
                yield Finding("print", place(source, node.lineno), 1, node.lineno)


def clocks(every: Iterable[Source]) -> Iterator[Finding]:
    for source in every:
        if source.path != "src/batuta/core/clock.py":
            yield from _named(source, "clock", CLOCKS)
            yield from _loop_time(source)


def wall_clocks(every: Iterable[Source]) -> Iterator[Finding]:
    """Tests and examples read the time through the port, where it can be moved."""
    for source in every:
        yield from _named(source, "wall-clock", WALL_CLOCKS)


def machine_clocks(every: Iterable[Source]) -> Iterator[Finding]:
    """A clock of the machine's own, where settings are at hand that may say another time."""
    for source in every:
        if source.module.removeprefix("batuta.").split(".")[0] not in NO_SETTINGS:
            yield from _named(source, "machine-clock", MACHINE_CLOCKS)


def _loop_time(source: Source) -> Iterator[Finding]:
    """``get_running_loop().time()`` is a clock too."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and re.search(r"_loop\(\)\.time$", ast.unparse(node)):
            yield Finding("clock", place(source, node.lineno), 1, node.lineno)


def chance(every: Iterable[Source]) -> Iterator[Finding]:
    for source in every:
        if source.path != "src/batuta/core/ids.py":
            yield from _named(source, "chance", CHANCE, NO_CHANCE)


def environment(every: Iterable[Source]) -> Iterator[Finding]:
    for source in every:
        if not source.path.startswith("src/batuta/settings"):
            yield from _named(source, "environment", ENVIRONMENT)


def _named(
    source: Source, rule: str, wanted: re.Pattern[str], allowed: Iterable[str] = ()
) -> Iterator[Finding]:
    """Every use of a name, called or only passed on, however it was imported."""
    known = aliases(source.tree)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name | ast.Attribute):
            name = dotted(node, known)
            if name and wanted.fullmatch(name) and name not in allowed:
                yield Finding(rule, place(source, node.lineno), 1, node.lineno)


def probes(every: Iterable[Source]) -> Iterator[Finding]:
    """Asking what one holds for a name: a seam is a protocol, resolved once."""
    for source in every:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and _is_probe(node):
                yield Finding("probe", place(source, node.lineno), 1, node.lineno)


def _is_probe(call: ast.Call) -> bool:
    if ast.unparse(call.func) == "hasattr":
        return True
    return (
        ast.unparse(call.func) == "getattr"
        and len(call.args) == len(("object", "name", "default"))
        and isinstance(call.args[1], ast.Constant)
    )


def broad_excepts(every: Iterable[Source]) -> Iterator[Finding]:
    """Catching everything, unless the handler ends by raising; ``suppress`` counts as well."""
    for source in every:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ExceptHandler):
                caught = _is_broad(node.type) and not isinstance(node.body[-1], ast.Raise)
            elif isinstance(node, ast.Call):
                caught = ast.unparse(node.func).endswith("suppress") and any(
                    map(_is_broad, node.args)
                )
            else:
                continue
            if caught:
                yield Finding("broad-except", place(source, node.lineno), 1, node.lineno)


def _is_broad(kind: ast.expr | None) -> bool:
    if isinstance(kind, ast.Tuple):
        return any(map(_is_broad, kind.elts))
    return kind is None or ast.unparse(kind) in {"Exception", "BaseException"}


def suppressions(every: Iterable[Source]) -> Iterator[Finding]:
    """Comments that silence a size rule or a whole checker; one pyright rule may be named."""
    silencers = re.compile(
        r"#\s*(ruff:\s*noqa|type:\s*ignore|pyright:\s*(basic|standard|ignore(?!\[)|\w+=)|pylint:)"
        r"|#\s*noqa\s*(?!:)($|[^:\w])"
    )
    for source in every:
        for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
            if token.type == tokenize.COMMENT:
                of_size = "noqa" in token.string and CODES.search(token.string)
                if of_size or silencers.search(token.string):
                    line = token.start[0]
                    yield Finding("suppression", place(source, line), 1, line)


def work_at_import(every: Iterable[Source]) -> Iterator[Finding]:
    """Calls and loops that run while a module is imported.

    Making a value is no work: a class by its capital letter, a maker of the list above, a method
    of strings or mappings, a function of the same file that does nothing but return such a value.
    What stands in decorators, annotations and functions is not looked at.
    """
    for source in every:
        known = aliases(source.tree)
        known |= dict.fromkeys(_factories(source.tree, known), "Made")
        for line in _import_time(source.tree.body, known):
            yield Finding("work-at-import", f"{source.path}::<module>", 1, line)


def _import_time(body: list[ast.stmt], known: dict[str, str]) -> Iterator[int]:
    for node in body:
        if isinstance(node, COMPOUND):
            yield node.lineno
        elif isinstance(node, ast.ClassDef):
            yield from _import_time(node.body, known)
        elif isinstance(node, ast.If):
            if "__main__" not in ast.unparse(node.test):
                yield from _import_time([*node.body, *node.orelse], known)
        elif isinstance(node, ast.Try):
            yield from _import_time([*node.body, *node.orelse, *node.finalbody], known)
        elif isinstance(node, ast.Expr | ast.Assign | ast.AugAssign | ast.AnnAssign):
            yield from (
                call.lineno for call in _calls(node.value) if not _makes_a_value(call, known)
            )


def _factories(tree: ast.Module, known: dict[str, str]) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and isinstance(node.body[-1], ast.Return):
            *before, last = node.body
            only = all(
                isinstance(b, ast.Expr) and isinstance(b.value, ast.Constant) for b in before
            )
            if only and all(_makes_a_value(call, known) for call in _calls(last)):
                yield node.name


def _calls(node: ast.AST | None) -> Iterator[ast.Call]:
    if node is None or isinstance(node, ast.Lambda):
        return
    if isinstance(node, ast.Call):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from _calls(child)


def _makes_a_value(call: ast.Call, known: dict[str, str]) -> bool:
    target = call.func
    while isinstance(target, ast.Subscript):  # list[str]()
        target = target.value
    if isinstance(target, ast.Attribute) and target.attr in VALUE_METHODS:
        return True
    name = dotted(target, known) or ast.unparse(target)
    return name.split(".")[-1][:1].isupper() or bool(MAKERS.fullmatch(name))
