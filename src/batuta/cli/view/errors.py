"""An error as one line on stderr and an exit code."""

from __future__ import annotations

import re
import sys

from batuta.cli.view.streams import safe
from batuta.errors import BatutaError, InvalidInput, Portable, ToolError, notes_of
from batuta.errors.statuses import status_of
from batuta.tennis.errors import BadRequest, TennisError

LONGEST = 1_000
_SECRETS = re.compile(r"\b(sk|pk|rk|xox[abp]|gh[opsu])[-_][\w-]{6,}|(?<=Bearer )[\w.~+/-]+=*")


class Failed(Portable, Exception):
    """What had to be said was said; only the exit code is left.

    Args:
        exit_code: As ``batuta.errors.STATUS`` has it.
    """

    def __init__(self, exit_code: int) -> None:
        self.exit_code = exit_code
        super().__init__(f"exit code {exit_code}")


def failed(error: BaseException) -> int:
    """Print an error as one line on stderr and give its exit code."""
    say(line_of(error))
    return exit_code_of(error)


def say(line: str) -> None:
    """Print one line on stderr, with the program's name before it."""
    print(f"batuta: {line}", file=sys.stderr)


def line_of(error: BaseException) -> str:
    """Say an error in one line, with no secret and no control character in it."""
    if isinstance(error, BatutaError | TennisError):
        text = " ".join([f"{error}", *notes_of(error)])
    elif isinstance(error, OSError):
        text = f"{error.strerror or error}" + (f": {error.filename}" if error.filename else "")
    else:
        text = f"unexpected {type(error).__name__}: {error} (batuta --debug … shows where)"
    line = _SECRETS.sub("[secret]", " ".join(safe(text).split()))
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def exit_code_of(error: BaseException) -> int:
    """Give the exit code of the one table; the club's own errors count as wrong input or a tool's.

    >>> exit_code_of(InvalidInput("It is empty", "Say something."))
    2
    """
    if isinstance(error, BadRequest):
        return status_of(InvalidInput("", "")).exit
    return status_of(ToolError("", "") if isinstance(error, TennisError) else error).exit


def error_named(name: str) -> BatutaError:
    """Give an error of the class of that name, for its exit code; ``BatutaError`` where unknown."""
    waiting: list[type[BatutaError]] = [BatutaError]
    for kind in waiting:
        if kind.__name__ == name:
            return kind.__new__(kind)
        waiting += kind.__subclasses__()
    return BatutaError()
