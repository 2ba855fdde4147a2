"""Which text of a run is its answer, while it comes: what was sent once cannot be taken back."""

from __future__ import annotations

from dataclasses import dataclass, field

from batuta.core.trace import Event

_ROOT = "1"
_APART = "\n\n"


@dataclass(slots=True)
class Spoken:
    """Gives the pieces of an answer as they come, and what is missing of it in the end.

    Only what models of the outermost agent say counts: others speak to it, not to the person. What
    is said anew, after a retry, is left out as far as it is the same.
    """

    sent: list[str] = field(default_factory=list[str])
    _span: str = ""
    _said: str = ""
    _owed: str = ""

    def piece(self, event: Event) -> str:
        """Take an event, and give what of it is to be sent."""
        if event.kind == "retry" and self._span:
            void = str((event.data or {}).get("of", ""))
            if void and (self._span == void or self._span.startswith(f"{void}.")):
                self._owed, self._said, self._span = self._owed or self._said, "", ""
            return ""
        if event.kind != "text" or event.parent != _ROOT:
            return ""
        text = str((event.data or {}).get("text", ""))
        if event.span != self._span and not self._owed:
            self._span, self._said = event.span, text
            return self._add(self._apart() + text)
        self._span = event.span
        self._said += text
        return self._add(self._settled(text))

    def rest(self, reply: str) -> str:
        """Give what is still to be sent of the whole answer."""
        said = self._said or self._owed
        if not said or not reply.startswith(said):
            return self._add((self._apart() if said else "") + reply)
        return self._add(reply[len(said) :])

    @property
    def content(self) -> str:
        """All that was sent."""
        return "".join(self.sent)

    def _settled(self, text: str) -> str:
        """Leave out what was sent before a retry, where the same is said again."""
        if not self._owed:
            return text
        if self._owed.startswith(self._said):
            return ""
        owed, self._owed = self._owed, ""
        if self._said.startswith(owed):
            return self._said[len(owed) :]
        return self._apart() + self._said

    def _apart(self) -> str:
        return _APART if any(piece.strip() for piece in self.sent) else ""

    def _add(self, text: str) -> str:
        if text:
            self.sent.append(text)
        return text
