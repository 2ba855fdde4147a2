"""What every pattern file must look like, and the page that belongs to it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from tests.shape.sources import Source

KINDS = ("control", "compose")
FOLDER_LINES = 300
_PARTS = "src/batuta/parts"
PARTS = ("**Decides:**", "**Model calls:**", "**Fails when:**", "**Source:**")


def patterns(every: Iterable[Source], kind: str) -> Iterator[Source]:
    """Give each pattern of a kind: a file of its room, or the ``__init__`` of a folder there."""
    for source in every:
        parts = inside(source, kind)
        file = len(parts) == 1 and parts[0] != "__init__.py"
        if file or parts[1:] == ("__init__.py",):
            yield source


def inside(source: Source, kind: str) -> tuple[str, ...]:
    """Where in a kind's room a file stands, folder by folder; empty where it is elsewhere."""
    room = f"src/batuta/{kind}/"
    return tuple(source.path.removeprefix(room).split("/")) if source.path.startswith(room) else ()


def name_of(source: Source) -> str:
    """The pattern's own name, which its page, its tests and its entries go by."""
    return source.module.rpartition(".")[2]


def opening_faults(source: Source) -> list[str]:
    """What is missing from the five fixed parts: the idea, then the four named ones in order."""
    text = ast.get_docstring(source.tree) or ""
    idea = text.split("\n", 1)[0]
    said: list[str] = []
    if not idea.endswith(".") or idea.startswith("**"):
        said.append(f"{source.path}: the first line is not the idea in one sentence")
    at = [text.find(part) for part in PARTS]
    for part, position in zip(PARTS, at, strict=True):
        rest = text[position + len(part) :].split("**", 1)[0] if position >= 0 else ""
        if not rest.strip():
            said.append(f"{source.path}: {part} is missing or empty")
    if not said and at != sorted(at):
        said.append(f"{source.path}: the parts stand in another order than {', '.join(PARTS)}")
    return said


def page_faults(every: Iterable[Source], pages: Collection[str], kind: str) -> list[str]:
    """Patterns without a page ``docs/<kind>/<module>.md``, and pages without a pattern.

    A pattern may have a second page, ``<module>_services.md``, about its agents as services.
    """
    wanted = {f"docs/{kind}/{name_of(source)}.md" for source in patterns(every, kind)}
    known = wanted | {page.replace(".md", "_services.md") for page in wanted}
    spare = {p for p in pages if not p.endswith(("/README.md", "/index.md"))}
    return sorted(
        [f"{page} is missing" for page in wanted - set(pages)]
        + [f"{page} belongs to no pattern" for page in spare - known]
    )


def lonely_parts(every: Iterable[Source]) -> list[str]:
    """Give the files of ``parts`` that one pattern alone imports, and that have room beside it.

    A public name has users outside: ``batuta`` itself imports it.
    """
    sources = [s for s in every if s.within("src/batuta")]
    homes = {s.path: _pattern_of(s) for s in sources}
    lines: Counter[str] = Counter()
    users: dict[str, set[str]] = {s.module: set() for s in sources if s.within(_PARTS)}
    for source in sources:
        home = homes[source.path]
        lines[home] += len(source.text.splitlines())
        for module in _imported(source):
            users.get(module, set[str]()).add(home)
    return sorted(
        f"{source.path} serves {home} alone: it stands with it"
        for source in sources
        for home in users.get(source.module, ())
        if len(users[source.module]) == 1
        and home.startswith(tuple(f"src/batuta/{kind}/" for kind in KINDS))
        and lines[home] + len(source.text.splitlines()) <= FOLDER_LINES
    )


def _pattern_of(source: Source) -> str:
    """Give the pattern that a file belongs to, else the file itself."""
    for kind in KINDS:
        if parts := inside(source, kind):
            return f"src/batuta/{kind}/{parts[0].removesuffix('.py')}"
    return source.path


def _imported(source: Source) -> set[str]:
    found = (node for node in ast.walk(source.tree) if isinstance(node, ast.ImportFrom))
    return {node.module for node in found if node.module}
