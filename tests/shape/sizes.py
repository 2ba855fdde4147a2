"""How big files, functions and classes may be."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.shape.patterns import FOLDER_LINES, KINDS, inside
from tests.shape.sources import ROOT, Finding, Source, aliases, definitions, dotted, place

PATTERN_LINES = 150
SOURCE_LINES = 400
TEST_LINES = 600
PUBLIC_METHODS = 10
INHERITANCE_DEPTH = 2

# Measured by ruff, so that an editor and this test never disagree: its code, our name for the rule.
MEASURED = {
    "C901": "complexity",
    "PLR0911": "returns",
    "PLR0912": "branches",
    "PLR0913": "parameters",
    "PLR0915": "statements",
    "PLR0917": "positional-parameters",
}
LIMITS = {
    "mccabe.max-complexity": 10,
    "pylint.max-returns": 8,
    "pylint.max-branches": 10,
    "pylint.max-args": 6,
    "pylint.max-statements": 30,
    "pylint.max-positional-args": 3,
}


def file_lines(every: Iterable[Source]) -> Iterator[Finding]:
    for source in every:
        lines = len(source.text.splitlines())
        if any(len(inside(source, kind)) == 1 for kind in KINDS):
            limit = PATTERN_LINES
        else:
            limit = TEST_LINES if source.within("tests") else SOURCE_LINES
        if lines > limit:
            yield Finding("file-lines", f"{source.path}::<module>", lines, 1)


def folder_lines(every: Iterable[Source]) -> Iterator[Finding]:
    """Count the whole folder of a pattern that needs parts of its own."""
    wholes: Counter[str] = Counter()
    for source in every:
        for kind in KINDS:
            parts = inside(source, kind)
            if len(parts) > 1:
                wholes[f"src/batuta/{kind}/{parts[0]}"] += len(source.text.splitlines())
    for folder, lines in wholes.items():
        if lines > FOLDER_LINES:
            yield Finding("folder-lines", f"{folder}::<folder>", lines, 1)


def function_sizes(every: Iterable[Source]) -> Iterator[Finding]:
    """Ask ruff, with the limits above and deaf to suppressions."""
    limits = [
        word for name, limit in LIMITS.items() for word in ("--config", f"lint.{name}={limit}")
    ]
    with tempfile.TemporaryDirectory() as folder:
        by_file = {str(_written(Path(folder).resolve(), s)): s for s in every}
        command = [
            *(sys.executable, "-m", "ruff", "check", "--isolated", "--preview", "--ignore-noqa"),
            *("--no-cache", "--exit-zero", "--output-format", "json"),
            *("--select", ",".join(MEASURED), *limits, folder),
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    for fault in json.loads(done.stdout):
        source, line = by_file[str(Path(fault["filename"]).resolve())], fault["location"]["row"]
        number = re.search(r"\((\d+) > \d+\)", fault["message"])
        assert number, fault["message"]
        yield Finding(MEASURED[fault["code"]], place(source, line), int(number[1]), line)


def _written(folder: Path, source: Source) -> Path:
    target = folder / source.path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(source.text)
    return target


def public_methods(every: Iterable[Source]) -> Iterator[Finding]:
    """Count what a caller can call; properties are data, underscores are private."""
    for source in every:
        for name, node in definitions(source.tree):
            if not isinstance(node, ast.ClassDef):
                continue
            called = {
                part.name
                for part in node.body
                if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)
                and not part.name.startswith("_")
                and not any(_is_property(d) for d in part.decorator_list)
            }
            if len(called) > PUBLIC_METHODS:
                place_ = f"{source.path}::{name}"
                yield Finding("public-methods", place_, len(called), node.lineno)


def _is_property(decorator: ast.expr) -> bool:
    if isinstance(decorator, ast.Attribute):
        return decorator.attr in {"setter", "deleter", "getter", "cached_property"}
    return isinstance(decorator, ast.Name) and decorator.id in {"property", "cached_property"}


def inheritance_depth(every: Iterable[Source]) -> Iterator[Finding]:
    """Count classes of ours in a chain: 1 for a class without a parent of ours."""
    parents: dict[str, list[str]] = {}
    where: dict[str, tuple[Source, ast.ClassDef]] = {}
    for source in every:
        if (
            source.path.endswith("/errors.py") or "/errors/" in source.path
        ):  # a tree of errors is as deep as it needs
            continue
        known = aliases(source.tree)
        for name, node in definitions(source.tree):
            if isinstance(node, ast.ClassDef):
                full = f"{source.module}.{name}"
                where[full] = (source, node)
                parents[full] = [
                    dotted(_bare(b), known) or f"{source.module}.{ast.unparse(_bare(b))}"
                    for b in node.bases
                ]

    def depth(full: str) -> int:
        return 1 + max((depth(p) for p in parents[full] if p in parents), default=0)

    for full, (source, node) in where.items():
        if (deep := depth(full)) > INHERITANCE_DEPTH:
            place_ = f"{source.path}::{full.removeprefix(source.module + '.')}"
            yield Finding("inheritance-depth", place_, deep, node.lineno)


def _bare(base: ast.expr) -> ast.expr:
    return base.value if isinstance(base, ast.Subscript) else base
