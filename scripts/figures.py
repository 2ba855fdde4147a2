"""Measure the house: files, code lines, circles, double names, and the way of one message.

Run: ``python scripts/figures.py``, or with another checkout's folder as its argument, with that
checkout's own Python where its requests are to be measured.
"""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NO_CODE = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    *(tokenize.ENCODING, tokenize.ENDMARKER),
}
_OF_STYLES = ("batuta.styles", "batuta.catalog", "batuta.placement")

# The stand-in for a model, and what the club does: neither is the house's way.
_NOT_THE_WAY = ("batuta.offline", "batuta.models.offline", "batuta.tennis")

_MESSAGE = """
import asyncio, json, sys, tempfile
from pathlib import Path
import httpx
from batuta.settings import Settings
from batuta.wiring import Assistants, open_app

try:
    from batuta.serve.http import create_app
except ImportError:
    from batuta.serve import create_app

async def main():
    settings = Settings(home=Path(tempfile.mkdtemp()), now="2026-03-02T09:00")
    app = create_app(Assistants(await open_app("tennis", settings), settings))
    transport = httpx.ASGITransport(app=app)
    seen = []

    def watch(frame, event, _):
        if event == "call" and "batuta" in frame.f_code.co_filename:
            seen.append((frame.f_globals.get("__name__", ""), frame.f_code.co_qualname))

    async def chat(client, text):
        reply = await client.post("/chat", json={"message": text, "style": "d"})
        assert reply.status_code == 200, reply.text

    base = "http://127.0.0.1:8000"
    async with app.router.lifespan_context(app):
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            await chat(client, "Book a court tomorrow at 3pm")
            sys.setprofile(watch)
            await chat(client, "Book a court tomorrow at 5pm")
            sys.setprofile(None)
    print(json.dumps(seen))

asyncio.run(main())
"""


def sources(root: Path) -> dict[str, Path]:
    """Give every module of the package by its dotted name, generated code left out."""
    found: dict[str, Path] = {}
    for path in sorted((root / "src/batuta").rglob("*.py")):
        if not path.name.endswith("_pb2.py"):
            parts = path.relative_to(root / "src").with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def code_lines(text: str) -> int:
    """Count lines that hold code: no blank ones, comments or docstrings."""
    docs: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            for each in node.body:
                if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant):
                    docs.update(range(each.lineno, (each.end_lineno or each.lineno) + 1))
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - docs)


def imports(name: str, text: str, known: Mapping[str, Path]) -> Iterator[str]:
    """List the modules of the package that one imports, for types alone too."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("batuta"):
            for each in node.names:
                inner = f"{node.module}.{each.name}"
                target = inner if inner in known else node.module or ""
                if target != name and target in known:
                    yield target


def circles(graph: Mapping[str, set[str]]) -> list[str]:
    """List what knows itself by way of others: each set of nodes that all lead to each other."""
    reached = {node: _reached(graph, node) for node in graph}
    rings = {
        tuple(sorted(there for there in reached[node] if node in reached.get(there, ())))
        for node in graph
        if node in reached[node]
    }
    return sorted(" - ".join(each.removeprefix("batuta.") for each in ring) for ring in rings)


def _reached(graph: Mapping[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = graph.get(waiting.pop(), set()) - found
        found |= new
        waiting.extend(new)
    return found


def of_files(known: Mapping[str, Path]) -> dict[str, set[str]]:
    """Say which file imports which, packages' own front pages left out."""
    plain = {name: path for name, path in known.items() if path.name != "__init__.py"}
    return {name: set(imports(name, path.read_text(), plain)) for name, path in plain.items()}


def of_siblings(known: Mapping[str, Path]) -> dict[str, dict[str, set[str]]]:
    """Say of each folder which of the folders and files in it imports which other."""
    made: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for name, path in known.items():
        for there in imports(name, path.read_text(), known):
            ours, theirs = name.split("."), there.split(".")
            depth = next(
                (n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), 0
            )
            if depth:
                parent = ".".join(ours[:depth])
                made[parent][".".join(ours[: depth + 1])].add(".".join(theirs[: depth + 1]))
    return made


def double_names(known: Mapping[str, Path]) -> dict[str, int]:
    """Count public classes whose name stands for more than one thing."""
    counted: Counter[str] = Counter()
    for path in known.values():
        tree = ast.parse(path.read_text())
        counted.update(
            node.name
            for node in tree.body
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
        )
    return {name: times for name, times in sorted(counted.items()) if times > 1}


def message(root: Path) -> list[tuple[str, str]] | None:
    """Follow one booking through the HTTP door; None where that checkout cannot serve here."""
    command = [sys.executable, "-c", _MESSAGE]
    done = subprocess.run(  # noqa: S603 - our own words
        command, cwd=root, env={"PYTHONPATH": str(root / "src"), "PATH": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return None
    called: list[tuple[str, str]] = json.loads(done.stdout)
    return [(name, function) for name, function in called if not name.startswith(_NOT_THE_WAY)]


def main() -> None:
    """Print the figures of a checkout."""
    root = Path(sys.argv[1]).resolve() if sys.argv[1:] else ROOT
    known = sources(root)
    rings = circles(of_files(known))
    folders = {
        parent: found for parent, graph in of_siblings(known).items() if (found := circles(graph))
    }
    doubles = double_names(known)
    print(f"source files                 {len(known)}")
    print(f"lines of code                {sum(code_lines(p.read_text()) for p in known.values())}")
    print(f"circles of files             {len(rings)}  {'; '.join(rings)}")
    for parent, found in folders.items():
        print(f"circles inside {parent}: {'; '.join(found)}")
    print(f"class names of two meanings  {len(doubles)}  {', '.join(doubles)}")
    calls = message(root)
    if calls is not None:
        asked = [name for name, _ in calls if name.startswith(_OF_STYLES)]
        files = len({name for name, _ in calls})
        print(f"one POST of a booking        {len(calls)} calls in {files} files")
        print(f"of these to look a style up  {len(asked)}")


if __name__ == "__main__":
    main()
