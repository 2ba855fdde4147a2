"""What pages and messages tell people to install: paths, or names that stand on the index."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache

from tests.shape.sources import ROOT, Finding, Source

FOLDERS = ("src", "docs", "examples", "bench", "deploy", "scripts")
ENDINGS = {".md", ".py", ".sh", ".toml", ".yaml", ".tf", ".html", ""}
# A command's words, to the end of its line, block of code or sentence in a string.
_COMMAND = re.compile(r"\b(?:pipx? install|uv add|uvx|uv tool install)\b(?P<words>[^`\n]*)")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_PLACES = ("/", "./", "../", "~", "$")
# The one place that makes the command: the origin of the installation is put in there.
_MAKER = "src/batuta/errors/installation.py"


def texts() -> tuple[Source, ...]:
    """Everything that tells people what to do."""
    files = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "Makefile"]
    files += [f for folder in FOLDERS for f in sorted((ROOT / folder).rglob("*"))]
    kept = [
        f for f in files if f.is_file() and f.suffix in ENDINGS and "__pycache__" not in f.parts
    ]
    return tuple(Source(f.relative_to(ROOT).as_posix(), f.read_text("utf-8")) for f in kept)


@cache
def published() -> frozenset[str]:
    """Names that the lock file has from an index."""
    locked = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]
    return frozenset(each["name"] for each in locked if "registry" in each["source"])


def unpublished(sources: Iterable[Source]) -> Iterator[Finding]:
    """Commands that would install what is not ours, or what nobody has published."""
    for source in sources:
        for number, line in enumerate(source.text.splitlines(), 1):
            for command in _COMMAND.finditer(line) if source.path != _MAKER else ():
                for name in _asked(command["words"]):
                    if _normal(name) not in published():
                        yield Finding("requirement", f"{source.path}::{name}", 1, number)


def makers(sources: Iterable[Source]) -> Iterator[Finding]:
    """Sources that make such a command themselves."""
    for source in sources:
        if source.path.startswith("src/") and source.path != _MAKER:
            for number, line in enumerate(source.text.splitlines(), 1):
                if _COMMAND.search(line) or re.search(r"\bbatuta(-agents)?\[", line):
                    yield Finding("install-command", source.path, 1, number)


def _asked(words: str) -> Iterator[str]:
    """The names in a command's words; options and paths are none."""
    try:
        parts = shlex.split(words, comments=True)
    except ValueError:  # the command ends inside a string
        parts = words.split()
    for part in parts:
        plain = part.strip("'\"(),;")
        name = _NAME.match(plain)
        if name is not None and not plain.startswith(_PLACES):
            yield name[0].rstrip(".")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
