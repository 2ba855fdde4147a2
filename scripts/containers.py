"""Run each style's compose file by a container engine, and book a court in it by ``POST /chat``.

Run: ``make containers``, where ``docker compose`` is, or with another command that reads such
files: ``make containers ARGS='--compose "podman-compose" c g'``. Which file and extras a style has
is read in the table of ``docs/deploying.md``. What stood up is taken down, its volume too.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from shutil import copytree
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parents[1]
ADDRESS = "http://127.0.0.1:8000"
BOOK, CHOICE = "Book a court tomorrow at 3pm", "The first one, please"
START_S, ANSWER_S = 300.0, 60.0
SOURCES = ("pyproject.toml", "uv.lock", "README.md", "LICENSE", "CHANGELOG.md", ".dockerignore")
_ROW = re.compile(r"^\| ([A-H](?:, [A-H])*) \| `([\w.]+)` \| `([\w ]+)`", re.M)


@dataclass(frozen=True, kw_only=True)
class Project:
    """A style in containers.

    Args:
        words: The command that reads compose files, with the file.
    """

    style: str
    extras: str
    words: Sequence[str]
    key: str

    def compose(self, *words: str) -> None:
        """Run the command; what it says is seen where it fails."""
        env = {"STYLE": self.style, "EXTRAS": self.extras, "BATUTA_SECRET": secrets.token_hex(32)}
        done = subprocess.run(  # noqa: S603 - our own words
            [*self.words, *words], env={**os.environ, **env}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{shlex.join([*self.words, *words])}\n{done.stdout}{done.stderr}")

    def answer(self) -> tuple[str, str]:
        """Ask for a court, and choose where it is offered; gives who answered and what was done."""
        named = wait_for_health()["name"]
        said = self.chat({"message": BOOK})
        if not said["effects"]:
            said = self.chat({"message": CHOICE, "session_id": said["session_id"]})
        return named, "; ".join(
            each["text"] for each in said["effects"] if each["status"] == "done"
        )

    def chat(self, body: dict[str, str]) -> dict[str, Any]:
        """Send a message."""
        head = {"content-type": "application/json", "authorization": f"Bearer {self.key}"}
        asked = Request(f"{ADDRESS}/chat", json.dumps(body).encode(), head)  # noqa: S310 - our own
        with urlopen(asked, timeout=ANSWER_S) as came:  # noqa: S310
            return json.load(came)


def wait_for_health() -> dict[str, Any]:
    """Wait until the door answers; gives what it says of itself."""
    until = time.monotonic() + START_S
    while True:
        try:
            with urlopen(f"{ADDRESS}/health", timeout=5) as came:  # noqa: S310 - our own server
                return json.load(came)
        except (OSError, HTTPException, ValueError) as error:
            if time.monotonic() > until:
                raise SystemExit(f"{ADDRESS}/health does not answer: {error}") from error
            time.sleep(1)


def is_locked() -> bool:
    """Tell whether who has no key is refused."""
    head = {"content-type": "application/json"}
    try:
        asked = Request(f"{ADDRESS}/chat", b'{"message": "hi"}', head)  # noqa: S310 - our own
        urlopen(asked, timeout=ANSWER_S).close()  # noqa: S310
    except HTTPError as error:
        return error.code == 401
    return False


def copy_sources(folder: Path) -> str:
    """Copy what an image is made of, and give those who may call a key; gives Ana's."""
    for name in SOURCES:
        (folder / name).write_bytes((ROOT / name).read_bytes())
    for name in ("src", "deploy"):
        copytree(ROOT / name, folder / name)
    key = secrets.token_hex(16)
    users = {"users": [{"id": "ana", "name": "Ana", "key": key}]}
    (folder / "deploy/compose/users.json").write_text(json.dumps(users))
    (folder / "deploy/compose/users.json").chmod(0o644)  # read by the image's own user
    return key


def run(project: Project, *, build: bool) -> bool:
    """Start a style, ask it, take it away; tells whether it booked and kept strangers out."""
    began = time.monotonic()
    try:
        project.compose("up", "-d", *(["--build"] if build else ["--no-build"]))
        named, done = project.answer()
        locked = is_locked()
    finally:
        project.compose("down", "-v")
    took = time.monotonic() - began
    print(f"{project.style.upper()} {named}: {done or 'nothing was done'}", end="")
    print(f"; strangers {'refused' if locked else 'ANSWERED'}; {took:.0f} s", flush=True)
    return bool(done) and locked


def main(words: Sequence[str]) -> int:
    """Run the styles named, or all; 1 where one of them booked nothing."""
    told = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    told.add_argument("styles", nargs="*", help="letters; left out: all")
    told.add_argument("--compose", default="docker compose", help="the command, with its options")
    told.add_argument("--no-build", action="store_true", help="take the images that are there")
    chosen = told.parse_args(words)
    table = _ROW.findall((ROOT / "docs/deploying.md").read_text("utf-8"))
    rows = {key: row for row in table for key in row[0].lower().split(", ")}
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        key = copy_sources(Path(name))
        for style in chosen.styles or sorted(rows):
            _, file, extras = rows[style]
            there = [*shlex.split(chosen.compose), "-p", "batuta-tried"]
            there += ["-f", f"{name}/deploy/compose/{file}"]
            project = Project(style=style, extras=extras, words=there, key=key)
            wrong += not run(project, build=not chosen.no_build)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
