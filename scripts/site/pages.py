"""What the site is built from: the project's pages at their addresses, and the menu over them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
OUTSIDE = {
    "README.md": "project/readme.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
    "LICENSE": "project/license.txt",
    "deploy/README.md": "deploy/README.md",
}
"""Pages that stand beside ``docs``, and where the site has them."""
LINK = re.compile(r"(?P<open>\]\()(?P<target>[^)\s#]+)(?P<rest>#[^)\s]*)?(?=\))")
ROW = re.compile(r"^\| (?P<title>[^|]+) \| (?P<links>.*\[.*) \|$", re.M)
ENTRY = re.compile(r"\[(?P<title>[^\]]+)\]\((?P<page>[^)#\s]+)")
_DRAWN_ELSEWHERE = re.compile(
    r"^ *(?:`{3,}|~{3,}) *(?P<kind>mermaid|dot|graphviz|plantuml)\b", re.M
)
"""Drawings as source, which would need a script from elsewhere: ours are in ``docs/diagrams``."""
_ELSEWHERE = re.compile(r"[a-z]+:")
Menu = list[tuple[str, list[tuple[str, str]]]]


def stage(target: Path) -> None:
    """Lay out the pages as the site has them, with every link told anew."""
    for path in sorted(DOCS.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            _place(path, target / path.relative_to(DOCS))
    for folder in sorted(path for path in DOCS.iterdir() if path.is_dir()):
        page = target / folder.name / "README.md"
        named = folder.with_suffix(".md")  # it has the folder's address
        if not (page.exists() or named.exists()) and any(folder.glob("*.md")):
            page.write_text(_list_of(folder), "utf-8")
    for name, where in OUTSIDE.items():
        _place(ROOT / name, target / where)
    for path in sorted({found for page in _pages() for found in _pointed_at(page)}):
        where = target / _moved(path.relative_to(ROOT).as_posix())
        if not where.exists():
            _place(path, where)


def _place(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".md":
        target.write_text(linked(path), "utf-8")
    else:
        shutil.copyfile(path, target)


def _list_of(folder: Path) -> str:
    """Write the first page of a folder that has none of its own."""
    pages = "\n".join(f"- [{title_of(p)}]({p.name})" for p in sorted(folder.glob("*.md")))
    return f"# {folder.name.capitalize()}\n\n{pages}\n"


def _pages() -> list[Path]:
    return [*sorted(DOCS.rglob("*.md")), *(ROOT / name for name in OUTSIDE if name.endswith(".md"))]


def _prose(page: Path) -> list[str]:
    """Part a page at its blocks of code: every second piece is one."""
    return re.split(r"(^ *```.*?^ *```$)", page.read_text("utf-8"), flags=re.M | re.S)


def _pointed_at(page: Path) -> Iterator[Path]:
    """Files of the project that a page has links to; the site shows them as text."""
    for piece in _prose(page)[::2]:
        for link in LINK.finditer(piece):
            if not _ELSEWHERE.match(link["target"]):
                found = (page.parent / link["target"]).resolve()
                if found.is_file():
                    yield found


def linked(page: Path) -> str:
    """Give a page's text with its links as the site has them.

    Raises:
        ValueError: A link leads to no file of the project, or a drawing would be shown as source.
    """
    if found := _DRAWN_ELSEWHERE.search(page.read_text("utf-8")):
        raise ValueError(
            f"{page.name}: a reader would see the source of a drawing ({found['kind']}). "
            "Keep an SVG in docs/diagrams: scripts/flow_drawings.py makes one."
        )

    def told(match: re.Match[str]) -> str:
        target = match["target"]
        if _ELSEWHERE.match(target):
            return match[0]
        return f"{match['open']}{_address(page, target)}{match['rest'] or ''}"

    return "".join(p if at % 2 else LINK.sub(told, p) for at, p in enumerate(_prose(page)))


def _address(page: Path, target: str) -> str:
    found = (page.parent / target).resolve()
    if not found.exists() or not found.is_relative_to(ROOT):
        raise ValueError(f"{page.relative_to(ROOT)}: there is no {target}")
    path = found.relative_to(ROOT).as_posix()
    if found.is_dir():
        path += "/README.md"
    here = Path(_moved(page.relative_to(ROOT).as_posix())).parent
    return _relative(_moved(path), here)


def _moved(path: str) -> str:
    """Where the site has a file of the project."""
    if path in OUTSIDE:
        return OUTSIDE[path]
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if path.endswith(".md"):
        return path
    return f"{path}.txt"  # shown, not run


def _relative(path: str, folder: Path) -> str:
    up, parts = 0, folder.parts
    wanted = Path(path).parts
    shared = 0
    while shared < min(len(parts), len(wanted) - 1) and parts[shared] == wanted[shared]:
        shared += 1
    up = len(parts) - shared
    return "/".join([*[".."] * up, *wanted[shared:]])


def menu(index: str) -> Menu:
    """Read the menu from the list of pages: a row is a section, its links are its pages.

    Pages of a folder whose first page is listed follow it.
    """
    found: Menu = []
    listed = {page for _, pages in _rows(index) for _, page in pages}
    for section, pages in _rows(index):
        inside: list[tuple[str, str]] = []
        for title, page in pages:
            inside.append((title, page))
            inside += _rest_of_folder(page, listed)
        found.append((section, inside))
    return found


def _rows(index: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for row in ROW.finditer(index):
        pages = [(m["title"], m["page"]) for m in ENTRY.finditer(row["links"])]
        pages = [(title, page) for title, page in pages if not page.startswith("..")]
        if pages:
            yield (
                row["title"].strip().capitalize(),
                [(t, page if page.endswith(".md") else f"{page}/README.md") for t, page in pages],
            )


def _rest_of_folder(page: str, listed: set[str]) -> Iterator[tuple[str, str]]:
    if page.endswith("/README.md"):
        folder = (DOCS / page).parent
        for path in sorted(folder.rglob("*.md")):
            name = path.relative_to(DOCS).as_posix()
            if name not in listed:
                yield title_of(path), name


def title_of(page: Path) -> str:
    """Give the first heading of a page."""
    for line in page.read_text("utf-8").splitlines():
        if line.startswith("# "):
            return line[2:].strip().replace("`", "")
    return page.stem
