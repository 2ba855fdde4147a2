"""How a request differs from what was recorded, for people."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from batuta.testing.recorded.content import Content
from batuta.testing.recorded.file import Entry

AGAIN = "Record it again, or undo what changed the request."
_MOST_LINES = 100
_CLOCK = "Let the clock stand where it stood at recording, or record it again."


def nearest_of(content: Content, entries: Sequence[Entry]) -> tuple[str, str]:
    """Compare with the most similar entry: what to do, and a unified difference."""
    asked = content.lines()

    def likeness(entry: Entry) -> float:
        matcher = difflib.SequenceMatcher(None, asked, entry.content.lines(), autojunk=False)
        return matcher.ratio()

    entry = max(entries, key=likeness)
    recorded = f"recorded (call {entry.number})"
    lines = list(
        difflib.unified_diff(entry.content.lines(), asked, recorded, "asked now", n=2, lineterm="")
    )
    mend = _CLOCK if _is_about_time(lines) else AGAIN
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [f"… and {len(lines) - _MOST_LINES} more lines"]
    return mend, "\n".join(lines)


def _is_about_time(lines: Sequence[str]) -> bool:
    changed = [line for line in lines[2:] if line.startswith(("+", "-"))]
    return bool(changed) and all(line[1:].strip().startswith("Now:") for line in changed)
