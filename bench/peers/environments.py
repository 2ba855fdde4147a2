"""An environment for each program, made with uv in a folder outside the repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from bench.peers.programs import ROOT, Program

_UV = str(ROOT / "scripts" / "uv.sh")
_LEFT_OUT = {"PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"}


def cache_folder() -> Path:
    """Say where environments are kept, unless the command line does."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "batuta-peers"


def environment(program: Program, folder: Path, python: str) -> Path:
    """Give the Python of a program's environment; make that where it is not as the table says.

    Raises:
        CalledProcessError: It cannot be made.
    """
    home = folder / f"{program.name}-{_version(python)}"
    found, stamp = home / "bin" / "python", home / "requirements.json"
    wanted = json.dumps(program.requirements)
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return found
    print(f"making the environment of {program.name}", file=sys.stderr)
    _call(_UV, "venv", "--quiet", "--clear", "--python", python, str(home))
    if program.requirements:
        # Ours is a folder: installed in place, so that what is measured is what stands there now.
        given = [word for each in program.requirements for word in _as_given(each)]
        _call(
            *(_UV, "pip", "install", "--quiet", "--compile-bytecode"),
            *("--python", str(found), *given),
        )
    stamp.write_text(wanted, "utf-8")
    return found


def surroundings() -> dict[str, str]:
    """Give the environment variables of a program: ours, without what turns caches off."""
    kept = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": "0",
        "AGNO_TELEMETRY": "false",
        "LANGSMITH_TRACING": "false",
        "OPENAI_API_KEY": "none",
    }


def _as_given(requirement: str) -> list[str]:
    return ["--editable", requirement] if Path(requirement).is_dir() else [requirement]


def _version(python: str) -> str:
    code = "import platform; print(platform.python_version())"
    told = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603 - the Python that was asked for
    return told.stdout.strip()


def _call(*command: str) -> None:
    subprocess.run(command, check=True, cwd=ROOT)  # noqa: S603 - our own words
