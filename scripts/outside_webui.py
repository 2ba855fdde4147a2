"""Open WebUI in front of the OpenAI-compatible door, driven as its page does, under every style.

Run: ``make outside``, or ``python scripts/outside_webui.py`` for this part alone. It is fetched by
uv, which takes 7 GB of its cache. A chat is begun, its answer made again, its first message edited,
and what follows said until a court is booked; then that answer is made again too. Its page's own
requests, for a title, tags and what to say next, go on beside. What must come of it: one booking,
by the person who is signed in, and sessions that hold nothing but that person's words.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen
from uuid import uuid4

from foreign_processes import free_port

from batuta.core.clock import machine_time

ROOT = Path(__file__).resolve().parents[1]
UV = str(ROOT / "scripts/uv.sh")
VERSION = "0.12.4"
PLACED = ("c", "g")
"""Styles whose agents are processes of their own."""
STYLES = ("a", "b", *PLACED, "d", "e", "f", "h", "front-desk")
HEAD = "| Open WebUI"
_SECRET = "only-for-these-two-processes-0123456789"  # noqa: S105 - of two processes on loopback
_START_S, _ANSWER_S, _TITLE_S = 600.0, 90.0, 60.0
_NOTHING_MORE_S = 3.0
_MOST_TURNS = 3
_DONE = "SELECT slot_id, member_id FROM bookings WHERE status = 'confirmed'"
_SAID = (
    "SELECT s.principal_id, m.message FROM messages m JOIN sessions s USING (session_id) "
    "WHERE json_extract(m.message, '$.role') = 'user'"
)


class WebUI:
    """The front end, as its page speaks to it."""

    def __init__(self, address: str) -> None:
        self._address, self._token = address, ""
        signed = self.call("POST", "/api/v1/auths/signin", {"email": "", "password": ""})
        self._token, self.user = signed["token"], str(signed["id"])

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send one request of the page."""
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {self._token}"} if self._token else {}
        data = None if body is None else json.dumps(body).encode()
        asked = Request(self._address + path, data, headers, method=method)  # noqa: S310 - ours
        with urlopen(asked, timeout=_ANSWER_S) as answer:  # noqa: S310
            return json.load(answer)


class Chat:
    """One chat of the page: messages in a tree, of which the page shows one branch."""

    def __init__(self, ui: WebUI, model: str) -> None:
        self._ui, self._model = ui, model
        self._messages: dict[str, dict[str, Any]] = {}
        self._id = ""

    def say(self, text: str, after: str | None = None) -> str:
        """Say something below a message, or at the beginning, and give the answer's id."""
        said = self._add({"role": "user", "content": text}, after)
        return self.answer(said)

    def answer(self, said: str) -> str:
        """Have a message answered, once more where it was."""
        answer = self._add({"role": "assistant", "content": "", "model": self._model}, said)
        asked, first = self._messages[said], not self._id
        more = dict.fromkeys(("title_generation", "tags_generation"), True) if first else {}
        body = {
            "model": self._model, "stream": True, "messages": self._branch(said),
            "parent_id": asked["parentId"], "user_message": asked, "session_id": "page",
            "message_ids": [{"model_id": self._model, "message_id": answer, "modelIdx": 0}],
            "background_tasks": {**more, "follow_up_generation": True},
            "features": {}, "variables": {"{{USER_NAME}}": "User"},
            **({} if first else {"chat_id": self._id}),
        }  # fmt: skip
        self._id = self._ui.call("POST", "/api/chat/completions", body)["chat_id"]
        until = time.monotonic() + _ANSWER_S
        while time.monotonic() < until:
            kept = self._kept()["messages"][answer]
            if kept.get("error"):
                raise RuntimeError(str(kept["error"])[:200])
            if kept.get("content") and kept.get("done", True):
                self._messages[answer] = {**self._messages[answer], **kept}
                return answer
            time.sleep(0.3)
        raise RuntimeError("no answer came")

    def text(self, name: str) -> str:
        """Give what a message says."""
        return self._messages[name]["content"]

    def asked(self, answer: str) -> str:
        """Give the message that an answer is to."""
        return self._messages[answer]["parentId"]

    def title(self) -> str:
        """Wait for the title that the front end makes by itself."""
        until = time.monotonic() + _TITLE_S
        title = ""
        while time.monotonic() < until:
            title = self._ui.call("GET", f"/api/v1/chats/{self._id}")["title"]
            if title != "New Chat":
                break
            time.sleep(0.3)
        return title

    def _add(self, message: dict[str, Any], parent: str | None) -> str:
        name = str(uuid4())
        self._messages[name] = {**message, "id": name, "parentId": parent, "childrenIds": []}
        if parent is not None:
            self._messages[parent]["childrenIds"].append(name)
        return name

    def _kept(self) -> dict[str, Any]:
        return self._ui.call("GET", f"/api/v1/chats/{self._id}")["chat"]["history"]

    def _branch(self, last: str) -> list[dict[str, str]]:
        said: list[dict[str, str]] = []
        at: str | None = last
        while at is not None:
            message = self._messages[at]
            said.append({"role": message["role"], "content": message["content"]})
            at = message["parentId"]
        return said[::-1]


def through(ui: WebUI, home: Path, style: str) -> tuple[str, str]:
    """Drive one chat to a booking; gives what is wrong, and what was seen."""
    hour = f"{9 + STYLES.index(style)}:00"
    chat, before = Chat(ui, f"batuta-{style}"), booked(home)
    first = chat.say(f"Is a court free tomorrow at {hour}?")
    title = chat.title()
    again = chat.answer(chat.asked(first))
    edited = chat.say(f"Book court B tomorrow at {hour}, please")
    words, turns = {chat.asked(each) for each in (first, edited)}, 1
    while booked(home) == before and turns < _MOST_TURNS:
        edited, turns = chat.say("yes, court B", edited), turns + 1
        words.add(chat.asked(edited))
    last = chat.say("What is free the day after?", chat.answer(chat.asked(edited)))
    words.add(chat.asked(last))
    time.sleep(_NOTHING_MORE_S)  # its page's own requests may still be under way
    new = [each for each in booked(home) if each not in before]
    told = [text for owner, text in spoken(home) if owner == ui.user]
    strange = sorted(set(told) - PEOPLE - {chat.text(each) for each in words})
    PEOPLE.update(chat.text(each) for each in words)
    wrong = [
        what
        for what, bad in {
            f"{len(new)} bookings": len(new) != 1,
            f"booked for {[who for _, who in new]}": any(who != ui.user for _, who in new),
            f"sessions hold {strange[:2]}": bool(strange) or not told,
            "no title": title == "New Chat",
            "an answer that was made again is empty": not (chat.text(again) and chat.text(last)),
        }.items()
        if bad
    ]
    return "; ".join(wrong), (
        f"{len(new)} booking by who is signed in, after {turns} of {len(words)} things said; "
        "no other words in sessions; a title"
    )


PEOPLE: set[str] = set()
"""What the person has said in all chats."""


def booked(home: Path) -> list[tuple[str, str]]:
    """Read slot and member of every booking."""
    if not (home / "tennis.db").exists():
        return []
    with closing(sqlite3.connect(home / "tennis.db")) as db:
        return sorted(db.execute(_DONE).fetchall())


def spoken(home: Path) -> list[tuple[str, str]]:
    """Read whose session holds which words of a person."""
    with closing(sqlite3.connect(home / "batuta.db")) as db:
        return [(owner, json.loads(raw)["text"]) for owner, raw in db.execute(_SAID)]


def serve(stack: ExitStack, home: Path) -> str:
    """Start the club with the door, on a day that stands still; gives its address."""
    told = {"BATUTA_HOME": str(home), "BATUTA_REQUESTS_PER_MINUTE": "0"}
    process = _started(
        stack,
        [
            *(sys.executable, "-m", "batuta", "serve", "--port", "0", "--now", "2019-03-01T06:00"),
            *("--place", ",".join(PLACED)),
        ],
        told={**told, "BATUTA_USER_JWT_SECRET": _SECRET, "BATUTA_DOORS": "openai"},
        folder=home,
    )
    said = process.stdout.readline() if process.stdout else ""
    found = re.search(r"http://\S+", said)
    if found is None:
        raise SystemExit(f"The server did not start: {said}")
    return found[0].rstrip("/")


def front_end(stack: ExitStack, door: str, folder: Path) -> WebUI:
    """Start Open WebUI before the door, and sign in once it answers."""
    port = free_port()
    told = {
        "WEBUI_AUTH": "False", "ENABLE_OLLAMA_API": "False", "WEBUI_SECRET_KEY": _SECRET,
        "OPENAI_API_BASE_URL": f"{door}/v1", "OPENAI_API_KEY": "none", "OFFLINE_MODE": "true",
        "HF_HUB_OFFLINE": "1", "BYPASS_EMBEDDING_AND_RETRIEVAL": "True",
        "ENABLE_FORWARD_USER_INFO_HEADERS": "True",
        "FORWARD_USER_INFO_HEADER_JWT_SECRET": _SECRET, "DATA_DIR": str(folder),
    }  # fmt: skip
    words = [UV, "tool", "run", "--python", "3.11", "--from", f"open-webui=={VERSION}"]
    words += ["open-webui", "serve", "--host", "127.0.0.1", "--port", str(port)]
    process = _started(stack, words, told=told, folder=folder)
    address, until = f"http://127.0.0.1:{port}", time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(f"{address}/health", timeout=5):  # noqa: S310 - our own server
                return WebUI(address)
        except (URLError, OSError):
            time.sleep(1)
    raise SystemExit("Open WebUI did not start.")


def _started(
    stack: ExitStack, words: list[str], *, told: dict[str, str], folder: Path
) -> subprocess.Popen[str]:
    process = subprocess.Popen(  # noqa: S603 - our own words
        words, env={**os.environ, **told}, cwd=folder, text=True, start_new_session=True,
        stdout=subprocess.PIPE if words[0] == sys.executable else subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    stack.callback(_ended, process)
    return process


def _ended(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
    process.communicate()


def table() -> tuple[str, list[str]]:
    """Drive every style; gives the table, and what is wrong."""
    rows = [f"{HEAD} {VERSION} before | {machine_time():%Y-%m-%d} |", "|---|---|"]
    wrong: list[str] = []
    with ExitStack() as stack:
        home, folder = (
            Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
            for _ in range(2)
        )
        ui = front_end(stack, serve(stack, home), folder)
        for style in STYLES:
            try:
                bad, seen = through(ui, home, style)
            except (RuntimeError, OSError) as error:
                bad, seen = f"{type(error).__name__}: {error}", "nothing"
            print(f"{'FAIL' if bad else 'ok  '} Open WebUI, {style}: {bad or seen}", flush=True)
            rows.append(f"| {style.upper() if len(style) == 1 else style} | {bad or seen} |")
            wrong += [f"Open WebUI, {style}: {bad}"] if bad else []
    return "\n".join(rows), wrong


if __name__ == "__main__":
    from outside import write

    shown, failed = table()
    write(f"\n{HEAD}", f"\n{shown}")
    if failed:
        raise SystemExit("\n".join(failed))
