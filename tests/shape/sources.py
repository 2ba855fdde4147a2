"""The project's own files, parsed once, and how a place in one of them is named."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
GENERATED = "_pb2.py"


@dataclass(frozen=True)
class Source:
    """One parsed file; ``path`` is relative to the root, with slashes."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return parse(self.text)

    @property
    def module(self) -> str:
        parts = self.path.removeprefix("src/").removesuffix(".py").split("/")
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def within(self, *folders: str) -> bool:
        return self.path.startswith(tuple(f"{folder}/" for folder in folders))


@dataclass(frozen=True)
class Finding:
    """A rule that a place breaks, and by what number: a size, or 1 for each occurrence."""

    rule: str
    place: str
    number: int
    line: int


@cache
def parse(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """All Python files in these folders of the checkout."""
    files = sorted(f for folder in folders for f in (ROOT / folder).rglob("[!.]*.py"))
    files = [f for f in files if not f.name.endswith(GENERATED)]
    return tuple(Source(f.relative_to(ROOT).as_posix(), f.read_text()) for f in files)


def definitions(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Every function and class with its dotted name inside the file."""
    waiting: list[tuple[str, ast.AST]] = [("", tree)]
    while waiting:
        prefix, node = waiting.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield prefix + child.name, child
                waiting.append((f"{prefix}{child.name}.", child))
            else:
                waiting.append((prefix, child))


def place(source: Source, line: int) -> str:
    """Name the innermost function or class around a line, as ``path::Class.function``."""
    best, size = "<module>", float("inf")
    for name, node in definitions(source.tree):
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        last = node.end_lineno or node.lineno
        if first <= line <= last and last - first < size:
            best, size = name, last - first
    return f"{source.path}::{best}"


def aliases(tree: ast.Module) -> dict[str, str]:
    """What each imported name stands for, wherever in the file it is imported."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                found[name.asname or name.name.split(".")[0]] = (
                    name.name if name.asname else name.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for name in node.names:
                found[name.asname or name.name] = f"{node.module}.{name.name}"
    return found


def dotted(node: ast.AST, known: dict[str, str]) -> str | None:
    """The full dotted name of an expression such as ``dt.now``; None where it is no plain name."""
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value, known)
        return f"{owner}.{node.attr}" if owner else None
    return None
