"""Thoughts that a server leaves in the text, between tags, told apart while they stream.

Some templates open the tag themselves, so that only the closing one comes, and nobody can know that
before it does. The text is held back where a model is known for it or was seen to do it, and in the
first reply of a model of which nobody knows.
"""

from __future__ import annotations

import re

# In lower case. Model cards and templates on Hugging Face, and vLLM's parsers of reasoning
# (2026-11): DeepSeek, Qwen and most; Seed-OSS; Magistral; Kimi-VL; Command A; OpenThinker; gpt-oss.
_PLAIN = ("think", "thinking", "thought", "thoughts", "reasoning", "seed:think")
_OPENS = (
    *(f"<{name}>" for name in _PLAIN),
    *("[think]", "◁think▷", "<|start_thinking|>", "<|begin_of_thought|>"),
    *("<|channel|>analysis<|message|>", "<|start|>assistant<|channel|>analysis<|message|>"),
)
_CLOSES = (
    *(f"</{name}>" for name in _PLAIN),
    *("[/think]", "◁/think▷", "<|end_thinking|>", "<|end_of_thought|>"),
    "<|channel|>final<|message|>",
)
_OPEN = re.compile(rf"\s*(?:{'|'.join(map(re.escape, _OPENS))})", re.IGNORECASE)
_CLOSE = re.compile("|".join(map(re.escape, _CLOSES)), re.IGNORECASE)
_QUOTES = frozenset("`'\"")
_MARKS = re.compile(r"[<\[◁]")
_LONGEST_CLOSE = max(map(len, _CLOSES))
# Their chat templates end the prompt with an opened tag (model cards on Hugging Face, 2026-11).
_THINKERS = re.compile(
    r"\br1\b|deepseek-r|qwq|qwen3.*think|think(?:ing|er)?\b|reason|magistral|nemotron|minimax-m|"
    r"glm-(?:z1|4\.[5-9]|5)|kimi-k2|exaone-deep|ernie.*think|seed-oss|step-?3|smollm3",
    re.IGNORECASE,
)
# And of these the templates open none, or their servers have a field for it.
_TALKERS = re.compile(
    r"\b(?:code)?llama|tinyllama|gemma|gemini|mi[sx]tral|codestral|phi-?[1-4]|gpt-|claude|command|"
    r"qwen-?(?:1|2)|smollm-?2?\b|granite|olmo|deepseek-(?:chat|coder|v[23])|falcon|yi-|grok|nova|"
    r"^offline",
    re.IGNORECASE,
)


def opens_the_tag(model: str) -> bool:
    """Whether a model is known for a template that opens the tag itself."""
    return _THINKERS.search(model) is not None


def opens_no_tag(model: str) -> bool:
    """Whether a model is known for a template that opens none."""
    return not opens_the_tag(model) and _TALKERS.search(model) is not None


class TaggedThoughts:
    """Takes thoughts out of a text that comes piece by piece.

    ``begun`` says that there are any; ``closed_alone``, that a tag was closed which none had
    opened, so that what was given before was thoughts too.

    Args:
        held: Hold the text back until a tag is closed, or it ends.
        certain: What is held and was cut off before a tag was closed is thoughts.
    """

    __slots__ = (
        "_before",
        "_buffer",
        "_certain",
        "_held",
        "_kept",
        "_state",
        "begun",
        "closed_alone",
    )

    def __init__(self, *, held: bool, certain: bool = False) -> None:
        self._buffer = ""
        self._before = ""  # the last character that was given
        self._held, self._certain = held, certain
        self._kept: list[str] = []
        self._state = "start"
        self.begun = False
        self.closed_alone = False

    @property
    def answered(self) -> bool:
        """Whether any text came that is not known to be thoughts."""
        return self._state in {"held", "text", "answer"}

    def take(self, piece: str) -> str:
        """Give what may be heard of the text so far, and was not given yet."""
        self._buffer += piece
        if self._state == "start":
            self._begin()
        if self._state == "thought":
            self._think()
        if self._state == "held":
            self._hold()
        if self._state == "after":
            self._follow()
        if self._state == "text" and self._close(alone=True):
            self._follow()
        return self._said()

    def release(self) -> str:
        """Hold nothing back any more, for thoughts have a place of their own; give what was."""
        self._held = False
        kept, self._kept = "".join(self._kept), []
        self._state = "text" if self._state == "held" else self._state
        return kept + self.take("")

    def end(self, *, cut: bool = False) -> str:
        """Give the rest; thoughts that were never closed are none of it.

        Args:
            cut: The text was cut off.
        """
        rest, self._buffer = "".join(self._kept) + self._buffer, ""
        if self._state == "held" and cut and self._certain:
            self._state, self.begun = "thought", True
        return "" if self._state == "thought" else rest

    def _begin(self) -> None:
        """Judge the beginning, where that can be done already."""
        if not (self._open() or self._close(alone=True) or _may_open(self._buffer)):
            self._state = "held" if self._held else "text"

    def _think(self) -> None:
        """Drop thoughts; of the end, what may be half a tag is kept."""
        if not self._close():
            self._buffer = self._buffer[-_LONGEST_CLOSE:]

    def _hold(self) -> None:
        """Put aside what may be thoughts or an answer, but for what may be half a tag."""
        if self._close(alone=True):
            self._kept.clear()
        elif len(self._buffer) > _LONGEST_CLOSE:
            self._kept.append(self._buffer[:-_LONGEST_CLOSE])
            self._before = self._kept[-1][-1]
            self._buffer = self._buffer[-_LONGEST_CLOSE:]

    def _follow(self) -> None:
        """Judge what comes after thoughts: blanks, more thoughts, or the answer."""
        self._buffer = self._buffer.lstrip()
        while self._open() and self._close():
            self._buffer = self._buffer.lstrip()
        if self._state == "after" and not _may_open(self._buffer):
            self._state = "answer"

    def _open(self) -> bool:
        opened = _OPEN.match(self._buffer)
        if opened is not None:
            self._state, self._buffer = "thought", self._buffer[opened.end() :]
            self.begun = True
        return opened is not None

    def _close(self, *, alone: bool = False) -> bool:
        """Find the end of thoughts; a tag that is written about, in quotes or as code, is none.

        Args:
            alone: Nothing has opened them.
        """
        if _MARKS.search(self._buffer) is None:
            return False
        for closed in _CLOSE.finditer(self._buffer):
            if alone and self._quoted(*closed.span()):
                continue
            self._state, self._buffer = "after", self._buffer[closed.end() :].lstrip()
            if alone:
                self.begun = self.closed_alone = True
            return True
        return False

    def _quoted(self, start: int, end: int) -> bool:
        """Whether a tag has one quote on both sides, as far as can be seen."""
        before = self._buffer[start - 1] if start else self._before
        return before in _QUOTES and self._buffer[end : end + 1] in {"", before}

    def _said(self) -> str:
        if self._state not in {"text", "answer"}:
            return ""
        # What may be the beginning of a closing tag waits.
        cut = len(self._buffer) if self._state == "answer" else _begins_close(self._buffer)
        said, self._buffer = self._buffer[:cut], self._buffer[cut:]
        self._before = said[-1:] or self._before
        return said


def _may_open(text: str) -> bool:
    """Whether a tag may be opened by what comes next."""
    begun = text.lstrip().lower()
    return any(tag.startswith(begun) for tag in _OPENS)


def _begins_close(text: str) -> int:
    """Give the place where a closing tag may begin that is not there yet, else the end."""
    for mark in _MARKS.finditer(text, max(0, len(text) - _LONGEST_CLOSE)):
        tail = text[mark.start() :].lower()
        if any(close.startswith(tail) for close in _CLOSES):
            return mark.start()
    return len(text)


def without_thoughts(text: str) -> str:
    """Give a whole text without the thoughts at its beginning."""
    thoughts = TaggedThoughts(held=True)
    return thoughts.take(text) + thoughts.end()
