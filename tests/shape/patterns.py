"""What every pattern file must look like, and the page that belongs to it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from tests.shape.sources import Source

KINDS = ("control", "compose")
PARTS = ("**Decides:**", "**Model calls:**", "**Fails when:**", "**Source:**")


def patterns(every: Iterable[Source], kind: str) -> Iterator[Source]:
    """The pattern files of a kind: every module of its folder but the package itself."""
    for source in every:
        folder, _, name = source.path.rpartition("/")
        if folder == f"src/batuta/{kind}" and name != "__init__.py":
            yield source


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
    """Patterns without a page ``docs/<kind>/<module>.md``, and pages without a pattern."""
    wanted = {
        f"docs/{kind}/{source.path.rpartition('/')[2].removesuffix('.py')}.md"
        for source in patterns(every, kind)
    }
    spare = {p for p in pages if not p.endswith(("/README.md", "/index.md"))}
    return sorted(
        [f"{page} is missing" for page in wanted - set(pages)]
        + [f"{page} belongs to no pattern" for page in spare - wanted]
    )
