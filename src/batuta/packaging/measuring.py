"""Measures a cold start: CPU time to import a package, to its first answer and first reply."""

from __future__ import annotations

import json
import resource
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

from batuta.errors import ConfigError

if TYPE_CHECKING:
    from batuta.styles import AppStyle

IMPORT = "from batuta.serve.aws_lambda import handler\n"
"""What Lambda does before the first event."""

_EVENT = """
class Context:
    def get_remaining_time_in_millis(self):
        return 30_000

asked = {"version": "2.0", "headers": {"content-type": "application/json"}}
who = {"jwt": {"claims": {"sub": "ana"}, "scopes": None}}
def ask(method, path, body=None):
    http = {"method": method, "path": path, "sourceIp": "127.0.0.1"}
    context = {"http": http, "authorizer": who}
    return handler({**asked, "requestContext": context, "body": body}, Context())
"""
OPEN = IMPORT + _EVENT + 'reply = ask("GET", "/health")\n'
"""The first answer, which asks no model."""

_REPLY = OPEN + 'reply = ask("POST", "/chat", \'{"message": "Book a court tomorrow at 3pm"}\')\n'
_BEGIN = "import sys\nsys.path.insert(0, sys.argv[1])\n"
_SEE = 'sys.exit(None if reply["statusCode"] == 200 else reply["body"])\n'
_ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
}
_APART = {"BATUTA_SECRET": "signs nothing, as nobody is called", "BATUTA_STORE": "dynamodb"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ColdStart:
    """CPU milliseconds of a new process, the least of several.

    Args:
        importing: The handler alone.
        opening: To the answer to ``GET /health``.
        replying: To the offline stand-in's reply to a first message, with what the style loads for
            it; None for C and G, which ask other functions.
    """

    importing: float
    opening: float
    replying: float | None


def cold_start(
    package: Path, python: str, style: AppStyle, *, repeats: int = 5
) -> ColdStart:  # fmt: skip
    """Run a package in new processes, and give what they took.

    Args:
        python: An interpreter of the package's version, on a machine that the package is for.
        style: Of the App that the package serves. The agents of C and G are other functions; none
            is called before the first message.

    Raises:
        ConfigError: The package cannot be opened, and why.
    """
    members = style.style.member_names(style.app) if style.style.independent else ()
    with tempfile.TemporaryDirectory(prefix="batuta-package-") as scratch:
        folder = Path(scratch, "task")
        with ZipFile(package) as archive:
            archive.extractall(folder)
        made = {**_ENVIRONMENT, "BATUTA_STYLE": style.key, "BATUTA_HOME": scratch}
        if members:
            there = {name: f"lambda:{name}:live" for name in members}
            made |= {**_APART, "BATUTA_PLACEMENT": json.dumps({style.key: there})}

        def least(code: str) -> float:
            command = started(python, folder, code)
            return min(_cpu_ms(command, made) for _ in range(repeats))

        return ColdStart(
            importing=least(IMPORT),
            opening=least(OPEN + _SEE),
            replying=None if members else least(_REPLY + _SEE),
        )


def started(python: str, folder: Path, code: str) -> list[str]:
    """Say what starts a process that finds an unpacked package and nothing else."""
    return [python, "-S", "-P", "-B", "-c", _BEGIN + code, str(folder)]


def _cpu_ms(command: list[str], environment: Mapping[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or ["it gave no reason"]
        raise ConfigError(f"The package does not open: {said[0]}", "Mend it before it is deployed.")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used * 1000
