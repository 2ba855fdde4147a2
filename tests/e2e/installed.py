"""This package as a wheel installs it: in an environment of its own, far from the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from sysconfig import get_path

from batuta.errors import DISTRIBUTION
from tests.e2e.command_line import surroundings
from tests.patience import scaled

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Installed:
    """An environment with the package in it, and an empty folder beside.

    Args:
        wheel: Where the package says that it came from.
    """

    programs: Path
    folder: Path
    wheel: Path

    def batuta(
        self, *words: str, said: str = "", limit_s: float = 60, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the command in the folder, to its end."""
        return self.shell([str(self.programs / "batuta"), *words], said, limit_s, env)

    def shell(
        self,
        command: list[str] | str,
        said: str = "",
        limit_s: float = 60,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a line as a shell does, or words as they are."""
        plain = surroundings(self.folder, **(env or {}))
        del plain["BATUTA_HOME"]  # the folder's own, as of somebody who has set nothing
        return subprocess.run(
            command, shell=isinstance(command, str), cwd=self.folder, env=plain, input=said,
            capture_output=True, text=True, timeout=scaled(limit_s), check=False,
        )  # fmt: skip


def install(folder: Path) -> Installed:
    """Lay the package where a wheel's installer lays it; what it depends on is the checkout's."""
    environment, wheel = folder / "environment", folder / "batuta_agents-0.1.0-py3-none-any.whl"
    venv.create(environment, symlinks=True)
    programs = environment / "bin"
    place = Path(get_path("purelib", vars={"base": str(environment)}))
    shutil.copytree(
        ROOT / "src" / "batuta", place / "batuta", ignore=shutil.ignore_patterns("__pycache__")
    )
    told = place / f"{DISTRIBUTION.replace('-', '_')}-0.1.0.dist-info"
    told.mkdir()
    known = distribution(DISTRIBUTION)
    for name in ("METADATA", "entry_points.txt"):
        (told / name).write_text(known.read_text(name) or "")
    (told / "direct_url.json").write_text(json.dumps({"url": wheel.as_uri(), "archive_info": {}}))
    # A folder that is added here is taken as it is: its .pth file leads to the checkout, unread.
    (place / "dependencies.pth").write_text(get_path("purelib") + "\n")
    script = programs / "batuta"
    script.write_text(
        f"#!{programs / 'python'}\nfrom batuta.cli import main\n\nif __name__ == '__main__':\n"
        "    main()\n"
    )
    script.chmod(0o755)
    empty = folder / "empty"
    empty.mkdir()
    return Installed(programs, empty, wheel)


def on_path(installed: Installed) -> dict[str, str]:
    """An environment in which the shell finds the command."""
    return {"PATH": f"{installed.programs}{os.pathsep}{os.environ['PATH']}"}
