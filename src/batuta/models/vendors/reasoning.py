"""Thoughts that a server leaves in the text, between tags, told apart while they stream.

Some templates open the tag themselves, so that only the closing one comes, and nobody can know that
before it does: models that are known for it, or were seen to do it, are held back until then.
"""

from __future__ import annotations

import re

_OPEN = re.compile(r"\s*<(think|thinking|thought|reasoning)>", re.IGNORECASE)
_CLOSE = re.compile(r"</(?:think|thinking|thought|reasoning)>\s*", re.IGNORECASE)
_LONGEST_TAG = len("</reasoning>")
_OPENS = tuple(f"<{name}>" for name in ("think", "thinking", "thought", "reasoning"))
# Their chat templates end the prompt with an opened tag (model cards on Hugging Face, 2026-11).
_THINKERS = re.compile(
    r"\br1\b|deepseek-r|qwq|qwen3.*think|think(?:ing|er)?\b|reason|magistral|nemotron|minimax-m|"
    r"glm-(?:z1|4\.[5-9]|5)|kimi-k2|exaone-deep|ernie.*think|seed-oss|step-?3|smollm3",
    re.IGNORECASE,
)


def opens_the_tag(model: str) -> bool:
    """Whether a model is known for a template that opens the tag itself."""
    return _THINKERS.search(model) is not None


class TaggedThoughts:
    """Takes thoughts out of a text that comes piece by piece.

    ``begun`` says that there are any; ``closed_alone``, that a tag was closed which none had
    opened, so that what was given before was thoughts too.

    Args:
        held: Hold the text back until a tag is closed, or it ends.
    """

    __slots__ = ("_buffer", "_held", "_state", "begun", "closed_alone")

    def __init__(self, *, held: bool) -> None:
        self._buffer = ""
        self._held = held
        self._state = "start"
        self.begun = False
        self.closed_alone = False

    def take(self, piece: str) -> str:
        """Give what may be heard of the text so far, and was not given yet."""
        self._buffer += piece
        if self._state == "start":
            self._begin()
        if self._state == "thought":
            self._close("after")
        if self._state == "after":
            self._follow()
        if self._state == "text" and self._close("after"):
            self.begun = self.closed_alone = True
            self._follow()
        return self._said()

    def end(self) -> str:
        """Give the rest; thoughts that were never closed are none of it."""
        rest, self._buffer = self._buffer, ""
        return "" if self._state == "thought" else rest

    def _begin(self) -> None:
        """Judge the beginning, where that can be done already."""
        if self._open():
            return
        if self._close("after"):
            self.begun = self.closed_alone = True
        elif not self._held and not _may_open(self._buffer):
            self._state = "text"

    def _follow(self) -> None:
        """Judge what comes after thoughts: blanks, more thoughts, or the answer."""
        self._buffer = self._buffer.lstrip()
        while self._open() and self._close("after"):
            self._buffer = self._buffer.lstrip()
        if self._state == "after" and not _may_open(self._buffer):
            self._state = "answer"

    def _open(self) -> bool:
        opened = _OPEN.match(self._buffer)
        if opened is not None:
            self._state, self._buffer = "thought", self._buffer[opened.end() :]
            self.begun = True
        return opened is not None

    def _close(self, then: str) -> bool:
        closed = _CLOSE.search(self._buffer)
        if closed is not None:
            self._state, self._buffer = then, self._buffer[closed.end() :]
        return closed is not None

    def _said(self) -> str:
        if self._state not in {"text", "answer"}:
            return ""
        cut = len(self._buffer)
        if self._state == "text":  # what may be the beginning of a closing tag waits
            place = self._buffer.rfind("<", max(0, cut - _LONGEST_TAG))
            tail = self._buffer[place:].lower()
            if place >= 0 and any(f"</{tag[1:]}".startswith(tail) for tag in _OPENS):
                cut = place
        said, self._buffer = self._buffer[:cut], self._buffer[cut:]
        return said


def _may_open(text: str) -> bool:
    """Whether a tag may be opened by what comes next."""
    begun = text.lstrip().lower()
    return any(tag.startswith(begun) for tag in _OPENS)
