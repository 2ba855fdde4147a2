"""``batuta new``: a small App to begin with, and its tests."""

from __future__ import annotations

import keyword
import re
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from batuta.errors import InvalidInput, called

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FILES = {"app.txt": "{name}.py", "test.txt": "test_{name}.py"}


@dataclass(frozen=True, kw_only=True)
class NewOptions:
    """What ``batuta new`` takes."""

    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the module, such as my_app.")]
    folder: Annotated[
        Path | None, typer.Option("--in", metavar="DIR", help="Folder to write in, else NAME.")
    ] = None


def new(options: NewOptions) -> None:
    """Write a small App and its tests, to be changed into yours.

    It lends books, keeps who has which in a file, and runs under every control style.
    """
    name = options.name
    known = name in sys.stdlib_module_names or name == "batuta"
    if not _NAME.fullmatch(name) or keyword.iskeyword(name) or known:
        raise InvalidInput(
            f"An App cannot be written as the module {name!r}",
            "Use a-z, 0-9 and _, a letter first, and no name that Python has taken.",
        )
    folder = options.folder or Path(name)
    made = {folder / path.format(name=name): source for source, path in _FILES.items()}
    there = [str(path) for path in made if path.exists()]
    if there:
        raise InvalidInput(f"{there[0]} is there already", "Take another name, or move it away.")
    folder.mkdir(parents=True, exist_ok=True)
    title = name.replace("_", " ").capitalize()
    for path, source in made.items():
        text = (files("batuta.cli") / "new_app" / source).read_text("utf-8")
        path.write_text(text.replace("@NAME@", name).replace("@TITLE@", title), "utf-8")
        print(f"{path}")
    print(f"\n  cd {folder}")
    print(f"  {called()} demo --app {name}:app    every style, side by side")
    print(f"  {called()} play {name}:app          in the browser")
    print(f"  {called()} serve --app {name}:app   by HTTP")
    print("  python -m pytest                its tests")
