"""What a decision looks at: the wish, the user's last words, the tools, and what speaks against."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from batuta.offline.desk import OfferedTool, pick_desk
from batuta.offline.doubt import (
    Doubt,
    names_said,
    object_of,
    request_doubt,
    standing_doubt,
    words_of,
)
from batuta.offline.leftover import left_unread, other_names
from batuta.offline.options import ListedOption, excluded, kinds_of
from batuta.offline.shortlist import Shortlist
from batuta.offline.turn import Turn
from batuta.offline.when_words import normalise, rx
from batuta.offline.wish import PendingRequest


@dataclass(frozen=True, slots=True)
class Table:
    """The wish and the tools that a decision looks at."""

    wish: PendingRequest
    turn: Turn
    desks: Sequence[OfferedTool]

    def doubt(self, without: str = "", named: str = "", *, heard: bool = False) -> Doubt | None:
        """Say what stands against acting on the user's last words.

        Args:
            without: What of them is understood, such as an identifier.
            named: What that is called, such as "slot id".
            heard: Only what is to be told where nothing is about to be done.
        """
        turn, nouns = self.turn, self.wish.premises.nouns
        known = nouns | words_of(turn.values.values(), turn.marked)
        thing = object_of(turn.marked) if not self.wish.premises.telling else frozenset[str]()
        kinds = kinds_of(self.wish.found.options) if self.wish.found else frozenset[str]()
        if not nouns & thing and (not kinds or kinds & thing):
            known |= thing  # what it is, the specialists know
        if heard:
            first = self.wish.first
            return standing_doubt(turn.text, turn.marked, known=known, first=first)
        if not without:
            return request_doubt(turn.text, turn.marked, known=known)
        rest = re.sub(r"\([^()]*\)", " ", turn.text.replace(without, " "))
        return request_doubt(rest, normalise(rest), known=known | frozenset(named.split()))

    def unnamed(self, chosen: ListedOption) -> Doubt | None:
        """Say which name the user's last words hold that what would be acted on has not."""
        nouns = self.wish.premises.nouns | words_of(self.turn.values.values(), self.turn.marked)
        said = names_said(self.turn.marked, nouns)
        if not said or excluded(normalise(self.turn.text)):
            return None
        has = set(rx(r"\b(?:[A-Z]|\d{1,2})\b").findall(chosen.label.upper()))
        return None if said & has else Doubt("unclear", " ".join(sorted(said)))

    def unread(self, listed: Shortlist) -> list[str]:
        """List what the user's last words hold that the first of what is offered does not meet."""
        turn, heads = self.turn, [o.label for o in listed.options]
        names = other_names(turn.text, heads[0] if heads else "")
        if self.wish.first or turn.action not in ("request", "check", "choose"):
            return names
        known = self.wish.premises.nouns | words_of([*turn.values.values(), *heads], turn.marked)
        return [*left_unread(turn.text, turn.marked, known), *names]

    @property
    def verb(self) -> str:
        """The verb of the tool that acts."""
        return self.doer.verb if self.doer else "do"

    @property
    def doer(self) -> OfferedTool | None:
        """The tool that acts."""
        return pick_desk(self.desks, "act", self.wish.text)

    @property
    def finder(self) -> OfferedTool | None:
        """The tool that finds."""
        return pick_desk(self.desks, "find", self.wish.text)
