"""Where this package was installed from, and the one command that adds to it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from batuta.errors.root import ConfigError

DISTRIBUTION = "batuta-agents"
"""What is installed; on the public index ``batuta``, the import's name, is somebody else's."""

_ENVIRONMENT = ".venv"
_COMMAND = "batuta"


def missing_extra(what: str, *extras: str, mend: str = "") -> ConfigError:
    """Make the error for what is not installed; its note is the command that installs it.

    The message travels to whoever asked, the note stays here: it may name a path of this machine.

    Args:
        mend: What to do; empty names the extras.
    """
    error = ConfigError(what, mend or f"Install {extras_named(extras)} of {DISTRIBUTION}.")
    error.add_note(f"Run: {install_command(*extras)}")
    return error


def extras_named(extras: Sequence[str]) -> str:
    """Name extras in a sentence.

    >>> extras_named(["agents", "grpc"])
    'the extras agents and grpc'
    """
    return f"the extra{'s' if len(extras) > 1 else ''} {' and '.join(extras)}"


def install_command(*extras: str) -> str:
    """Give the command that adds extras to this installation, from where it stands.

    In a checkout's own environment that is uv's ``sync``. Elsewhere it is an installer with the
    checkout, wheel or repository that the package came from, else with its name.
    """
    checkout = checkout_folder()
    if checkout is None or not _is_own(checkout):
        return f"{_installer()} {_requirement(checkout, extras)}"
    place = "" if _stands_in(checkout) else f"--project {shlex.quote(str(checkout))} "
    options = " ".join(f"--extra {extra}" for extra in extras)
    return f"{_script_of(checkout)} sync {place}--inexact --no-default-groups {options}"


def package_command(*words: str) -> str:
    """Give the command that installs another package beside this one.

    Args:
        words: What an installer takes: options and a name.
    """
    checkout = checkout_folder()
    if checkout is None or not _is_own(checkout):
        return f"{_installer(adds=False)} {shlex.join(words)}"
    place = "" if _stands_in(checkout) else f"--python {shlex.quote(sys.prefix)} "
    return f"{_script_of(checkout)} pip install {place}{shlex.join(words)}"


def called() -> str:
    """Say how to call the command from here: by name where the shell finds it, else by its path."""
    script = Path(sys.executable).with_name(_COMMAND)
    found = shutil.which(_COMMAND)
    if found is not None and Path(found).resolve() == script.resolve():
        return _COMMAND
    return _shown(script) if script.is_file() else f"{_shown(Path(sys.executable))} -m {_COMMAND}"


def checkout_folder() -> Path | None:
    """Give the checkout whose source runs now; None for a package that was built."""
    root = Path(__file__).resolve().parents[2].parent
    return root if (root / "scripts" / "uv.sh").is_file() else None


def _is_own(checkout: Path) -> bool:
    return Path(sys.prefix).resolve() == checkout / _ENVIRONMENT


def _script_of(checkout: Path) -> str:
    if _stands_in(checkout):
        return "./scripts/uv.sh"
    return shlex.quote(str(checkout / "scripts" / "uv.sh"))


def _requirement(checkout: Path | None, extras: Sequence[str]) -> str:
    """Write what an installer takes: the origin of this installation, with extras.

    Source: PEP 610; installers leave the origin of what came from no index in ``direct_url.json``.
    """
    wanted = f"[{','.join(extras)}]"
    if checkout is not None:
        return f"--editable {shlex.quote(f'{checkout}{wanted}')}"
    origin = _direct_url()
    url = str(origin.get("url", ""))
    if url.startswith("file:"):
        from urllib.parse import urlsplit
        from urllib.request import url2pathname

        return shlex.quote(url2pathname(urlsplit(url).path) + wanted)
    if repository := origin.get("vcs_info"):
        url = f"{repository['vcs']}+{url}@{repository['commit_id']}"
    return shlex.quote(DISTRIBUTION + wanted + (f" @ {url}" if url else ""))


def _direct_url() -> dict[str, Any]:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        return json.loads(distribution(DISTRIBUTION).read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return {}


def _installer(*, adds: bool = True) -> str:
    """Give the installer of this environment.

    Args:
        adds: Whether it may write down in the user's project what it installs.
    """
    prefix, python = Path(sys.prefix), Path(sys.executable)
    project = prefix.parent
    if adds and prefix.name == _ENVIRONMENT and (project / "uv.lock").is_file():
        return "uv add" if _stands_in(project) else f"uv add --project {shlex.quote(str(project))}"
    if find_spec("pip") is None:
        return f"uv pip install --python {_shown(python)}"
    found = shutil.which("pip")
    if found is not None and Path(found).parent == python.parent:
        return "pip install"
    return f"{_shown(python)} -m pip install"


def _stands_in(folder: Path) -> bool:
    try:
        return Path.cwd() == folder.resolve()
    except OSError:  # the current folder is gone
        return False


def _shown(path: Path) -> str:
    """Write a path for the shell: from the current folder where it lies below that."""
    try:
        below = path.is_relative_to(Path.cwd())
    except OSError:  # the current folder is gone
        below = False
    return shlex.quote(os.path.relpath(path) if below else str(path))
