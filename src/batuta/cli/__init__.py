"""The door for a terminal: ``batuta``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec

from batuta.cli.exit_codes import INTERRUPTED, NOT_INSTALLED


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code.

    Args:
        arguments: None takes the process's own.
    """
    missing = [name for name in ("typer", "rich") if find_spec(name) is None]
    if missing:
        from batuta.errors import install_command

        needed = f"the command line needs {' and '.join(missing)}"
        print(f"batuta: {needed}. Run: {install_command('cli')}", file=sys.stderr)
        sys.exit(NOT_INSTALLED)
    try:
        from batuta.cli.program import run

        code = run(arguments)
    except KeyboardInterrupt:  # while modules load, before a command has anything to end
        code = INTERRUPTED
    sys.exit(code)
