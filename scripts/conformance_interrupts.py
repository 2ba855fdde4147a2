"""AG-UI's streams that end with an interrupt, and those that resume them, before its validator.

It judges a stream by itself, and so would refuse the result of a call that began in the run which
was interrupted. That rule is off for the stream that resumes, and its place taken here: each result
must be of a call that some stream of the same thread began.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

_ANSWER_S = 120.0
_FIRST_HOUR = 9
ELSEWHERE = "AGUI207"
"""A result of a call that this stream did not begin."""


def report(
    address: str, styles: Sequence[str], judge: Callable[[Path, Sequence[str]], list[int]]
) -> list[int]:
    """Give errors, warnings and events of all streams, and how many runs were interrupted.

    Args:
        judge: Gives errors, warnings and events of one stream that is kept in a file, without the
            rules that are named.
    """
    found = [0, 0, 0, 0]
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "stream.sse"
        for place, style in enumerate(styles):
            begun: set[str] = set()
            resumes = False
            for stream in _streams(f"{address}/ag-ui/{style}", style, _FIRST_HOUR + place):
                kept.write_bytes(stream)
                for at, count in enumerate(judge(kept, [ELSEWHERE] if resumes else [])):
                    found[at] += count
                begun |= _calls(stream, "TOOL_CALL_START")
                found[0] += len(_calls(stream, "TOOL_CALL_RESULT") - begun)
                resumes = _interrupt(stream) is not None
                found[3] += resumes
    return found


def _calls(stream: bytes, kind: str) -> set[str]:
    return {event["toolCallId"] for event in _events(stream) if event["type"] == kind}


def _events(stream: bytes) -> list[dict[str, Any]]:
    lines = stream.splitlines()
    return [json.loads(line.partition(b":")[2]) for line in lines if line.startswith(b"data:")]


def _streams(url: str, style: str, hour: int) -> Iterator[bytes]:
    """Have a court booked, with the yes that is asked for; gives what came, run by run."""
    said: list[dict[str, str]] = []
    asked = None
    for words in (f"Book court C tomorrow at {hour}:00, please", "yes, court C"):
        said.append({"id": f"u{len(said)}", "role": "user", "content": words})
        stream = _run(url, style, {"runId": f"r{len(said)}", "messages": said})
        yield stream
        asked = _interrupt(stream)
        if asked is not None:
            break
    if asked is None:
        return
    answer = {"interruptId": asked, "status": "resolved", "payload": {"approved": True}}
    yield _run(url, style, {"runId": "r9", "messages": said, "resume": [answer]})


def _run(url: str, style: str, told: dict[str, Any]) -> bytes:
    rest: dict[str, Any] = {"state": {}, "tools": [], "context": [], "forwardedProps": {}}
    body = json.dumps({"threadId": f"validated {style}", **rest, **told}).encode()
    asked = Request(url, body, {"Content-Type": "application/json"})  # noqa: S310 - our own server
    with urlopen(asked, timeout=_ANSWER_S) as answer:  # noqa: S310
        return answer.read()


def _interrupt(stream: bytes) -> str | None:
    """Give the id of the interrupt that a stream ends with; None for none."""
    outcome: dict[str, Any] | None = _events(stream)[-1].get("outcome")
    if outcome is None or outcome["type"] != "interrupt":
        return None
    return outcome["interrupts"][0]["id"]
