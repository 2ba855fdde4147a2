"""What belongs to a pattern, runtime, store, model, vendor or door: where one of it is missing."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from batuta.models.vendors import Provider
from tests.shape.patterns import name_of
from tests.shape.sources import Finding, Source

RULES = ("contract-case", "unit-test", "page", "opened")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What there is besides the patterns' own files.

    Args:
        root: Of the checkout.
        keys: Keys of the table's entries for a pattern, by room and name.
        wanted: Keys that need a contract case.
        cases: Keys that have one.
        trees: Compositions that random trees are made of.
        public: Names that ``batuta`` offers.
    """

    root: Path
    keys: Mapping[tuple[str, str], Collection[str]]
    wanted: Collection[str]
    cases: Collection[str]
    trees: Collection[str]
    public: Collection[str]


def missing_of(source: Source, room: str, facts: Facts) -> list[str]:
    """Say what a pattern lacks, each with the place where it belongs."""
    name, root = name_of(source), facts.root
    said: list[str] = []
    keys = facts.keys.get((room, name), ())
    if not keys:
        said.append(f"no entry with page {room}/{name}.md in the table of patterns")
    # What is in no table yet would go by its own name.
    said += [
        f"no case {key!r} in CASES of tests/contract/test_agents.py"
        for key in keys or (name,)
        if key not in facts.cases and (key in facts.wanted or not keys)
    ]
    if room == "compose" and name not in facts.trees:
        said.append(f"no kind {name!r} in KINDS of tests/contract/trees.py")
    said += [
        f"class {agent} is not offered by batuta/__init__.py"
        for agent in _agents(source)
        if agent not in facts.public
    ]
    unit = f"tests/unit/{room}/test_{name}.py"
    if not _has_test(root / unit):
        said.append(f"no test in {unit}")
    page = f"docs/{room}/{name}.md"
    if not (root / page).is_file():
        said.append(f"no page {page}")
    for index, link in (("README.md", page), (f"docs/{room}/README.md", f"{name}.md")):
        if (root / index).is_file() and f"({link}" not in (root / index).read_text():
            said.append(f"no link to {link} in {index}")
    return [f"{name}: {each}" for each in said]


def _agents(source: Source) -> Iterator[str]:
    """Give the public classes of a file that are agents: those that execute."""
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from [node.name] if "execute" in _awaited(node) else []


def _has_test(path: Path) -> bool:
    if not path.is_file():
        return False
    found = ast.walk(ast.parse(path.read_text()))
    functions = (n for n in found if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return any(node.name.startswith("test_") for node in functions)


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """One protocol, and where what implements it must be found again.

    Args:
        home: File that declares it, in the package.
        rooms: Folders of the package in which it is implemented.
        suites: Files of ``tests`` that hold its implementations to the contract.
        opener: File of the package that picks one by the settings; empty where the user does.
        unit_tests: Whether each has a unit test of its own; False where the contract tries it all.
    """

    name: str
    home: str
    rooms: tuple[str, ...]
    suites: tuple[str, ...]
    opener: str = ""
    unit_tests: bool = True


def untried(every: Iterable[Source], protocol: Protocol, pages: Collection[str]) -> list[Finding]:
    """Find implementations without contract case or unit test, named on no page, never opened."""
    every = tuple(every)
    cases = _used(s for s in every if s.path in {f"tests/{f}" for f in protocol.suites})
    tests = _used(s for s in every if s.within("tests/unit"))
    words = {word for page in pages for word in re.findall(r"\w+", page)}
    known: dict[str, set[str]] = dict(zip(RULES[:3], (cases, tests, words), strict=True))
    if not protocol.unit_tests:
        del known["unit-test"]
    if protocol.opener:
        known["opened"] = _used(s for s in every if s.path == f"src/batuta/{protocol.opener}")
    return [
        Finding(rule, f"{path}::{name}", 1, 1)
        for path, name in implementations(every, protocol)
        for rule, names in known.items()
        if name not in names
    ]


@dataclass(frozen=True, kw_only=True)
class VendorFacts:
    """What there is besides the table of providers.

    Args:
        page: Text of the page of models.
        extras: Those of the package.
        variables: Environment variables that the settings read of vendors.
        wires: Providers whose replies stand written among the unit tests.
        priced: Providers whose model there has a listed price.
    """

    page: str
    extras: Collection[str]
    variables: Collection[str]
    wires: Collection[str]
    priced: Collection[str]


def missing_of_provider(name: str, provider: Provider, facts: VendorFacts) -> list[str]:
    """Say what a provider lacks, each with the place where it belongs."""
    # Who serves whatever model at whatever address has no prices of its own.
    priced = name == "compatible" or name in facts.priced
    wanted = {
        "line in docs/models.md": f"| `{name}:" in facts.page,
        f"extra {provider.extra} in pyproject.toml": provider.extra in facts.extras,
        # One that is started here has no address of its own.
        f"{provider.address} in settings/tables.py": not provider.address
        or provider.address in facts.variables,
        "example in VENDORS of tests/unit/models/vendors/wires.py": name in facts.wires,
        "price in telemetry/prices.py": priced,
    }
    return [f"{name}: no {what}" for what, there in wanted.items() if not there]


def missing_of_door(name: str, root: Path) -> list[str]:
    """Say what a folder of ``serve`` lacks: tests of its own, a page, a link to that."""
    page = f"docs/doors/{name.removeprefix('aws_')}.md"
    tests = f"tests/unit/serve/{name}"
    readme = root / "README.md"
    wanted = {
        f"test in {tests}": any(map(_has_test, (root / tests).glob("test_*.py"))),
        f"page {page}": (root / page).is_file(),
        f"link to {page} in README.md": readme.is_file() and f"({page}" in readme.read_text(),
    }
    return [f"{name}: no {what}" for what, there in wanted.items() if not there]


def implementations(every: Iterable[Source], protocol: Protocol) -> list[tuple[str, str]]:
    """Give path and name of each public class that has what is awaited of a protocol.

    What a class of ours inherits counts as its own; what others extend, an ``ABC``, is none.
    """
    classes: dict[str, tuple[Source, ast.ClassDef]] = {}
    awaited: set[str] = set()
    rooms = tuple(f"src/batuta/{room}" for room in protocol.rooms)
    for source in every:
        if not source.within("src"):
            continue
        for node in source.tree.body:
            if not isinstance(node, ast.ClassDef):
                continue
            if source.path == f"src/batuta/{protocol.home}" and node.name == protocol.name:
                awaited = _awaited(node)
            elif node.name not in classes or source.within(*rooms):
                classes[node.name] = source, node

    if not awaited:
        raise ValueError(f"src/batuta/{protocol.home} declares no {protocol.name} that is awaited")

    def has(node: ast.ClassDef) -> set[str]:
        bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
        return _awaited(node).union(*(has(classes[b][1]) for b in bases if b in classes))

    return [
        (source.path, name)
        for name, (source, node) in sorted(classes.items())
        if source.within(*rooms) and not _is_part(node) and awaited <= has(node)
    ]


def _is_part(node: ast.ClassDef) -> bool:
    """Tell whether a class is not one that anybody makes."""
    bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
    return node.name.startswith("_") or "ABC" in bases


def _awaited(node: ast.ClassDef) -> set[str]:
    return {part.name for part in node.body if isinstance(part, ast.AsyncFunctionDef)}


def _used(every: Iterable[Source]) -> set[str]:
    """Give the names that files work with; an import alone does not count."""
    return {
        node.id
        for source in every
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
