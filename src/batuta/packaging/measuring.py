"""Measures a package at a cold start: the CPU time of importing it and of its first answer."""

from __future__ import annotations

import resource
import statistics
import subprocess
import tempfile
from pathlib import Path
from zipfile import ZipFile

from batuta.errors import ConfigError

_OPEN = """
import sys
sys.path.insert(0, {folder!r})
from batuta.serve.aws_lambda import handler
class Context:
    def get_remaining_time_in_millis(self):
        return 30_000
http = {{"method": "GET", "path": "/health", "sourceIp": "127.0.0.1"}}
reply = handler(
    {{"version": "2.0", "headers": {{}}, "requestContext": {{"http": http}}}}, Context()
)
sys.exit(None if reply["statusCode"] == 200 else reply["body"])
"""
_ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
}


def opening_cpu_ms(package: Path, python: str, style: str, *, repeats: int = 5) -> float:
    """Give the median CPU time of a process that imports the entry and opens its door.

    Args:
        python: An interpreter of the package's version, on a machine that the package is for.

    Raises:
        ConfigError: The package cannot be opened, and why.
    """
    with tempfile.TemporaryDirectory(prefix="batuta-package-") as scratch:
        folder = Path(scratch, "task")
        with ZipFile(package) as archive:
            archive.extractall(folder)
        made = {**_ENVIRONMENT, "BATUTA_STYLE": style, "BATUTA_HOME": scratch}
        command = [python, "-S", "-P", "-B", "-c", _OPEN.format(folder=str(folder))]
        taken = [_cpu_ms(command, made) for _ in range(repeats)]
    return statistics.median(taken)


def _cpu_ms(command: list[str], environment: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or ["it gave no reason"]
        raise ConfigError(f"The package does not open: {said[0]}", "Mend it before it is deployed.")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used * 1000
