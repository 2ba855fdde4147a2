"""Pages on the styles that can run here, as resources."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batuta.serve.http.door import Door
    from batuta.styles import AppStyle

INDEX = "batuta://styles"


def pages(door: Door) -> Mapping[str, tuple[str, str]]:
    """List the pages: address to name and title."""
    made = {INDEX: ("styles", "Who decides in each style")}
    for key, each in _served(door).items():
        made[f"{INDEX}/{key}"] = (key, f"{each.style.label}, {each.style.name}")
    return made


def page(door: Door, uri: str) -> str | None:
    """Give a page's text in Markdown; None where there is none."""
    served = _served(door)
    if uri == INDEX:
        return _index(served)
    key = uri.removeprefix(f"{INDEX}/")
    return _of(served[key]) if uri.startswith(f"{INDEX}/") and key in served else None


def _served(door: Door) -> Mapping[str, AppStyle]:
    if door.alone is not None:
        return {door.alone.key: door.alone}
    return {key: each for key, each in door.house.cast.styles.items() if not each.missing()}


def _index(served: Mapping[str, AppStyle]) -> str:
    rows = [
        f"| {s.label} {s.name} | {s.decides} | {s.when} |"
        for s in (each.style for each in served.values())
    ]
    return "\n".join(["| style | who decides | when |", "|---|---|---|", *rows, ""])


def _of(each: AppStyle) -> str:
    style = each.style
    said = [f"# {style.label}, {style.name}", f"**Who decides:** {style.decides}."]
    said += [f"**When:** {style.when}.", f"**Runs:** {style.runs}."]
    told = _docstring(style.page)
    return "\n\n".join([*said, *([told] if told else [])]) + "\n"


def _docstring(where: str) -> str:
    """Read what a pattern says of itself, which is its page in short."""
    if not where.startswith(("control/", "compose/")) or where.endswith("README.md"):
        return ""
    module = where.removesuffix(".md").replace("/", ".")
    return (import_module(f"batuta.{module}").__doc__ or "").strip()
