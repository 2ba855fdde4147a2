"""Citations in a text: found, mended where that is safe, dropped where they point at nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple


class Citations(NamedTuple):
    """A text after its citations were checked.

    Args:
        cited: Ids that are cited, in the order of their first citation.
        mended: What was written, to the id that was meant.
        dropped: What was written and is no document's id.
    """

    text: str
    cited: list[str]
    mended: dict[str, str]
    dropped: list[str]


def checked(text: str, known: Iterable[str], listed: Iterable[str] = ()) -> Citations:
    """Check each ``[[id]]`` in a text, and ids that were listed beside it.

    An id in other case or with spaces around is mended; an unknown one is taken out of the text.
    Several in one pair of brackets stand apart with commas or semicolons.
    """
    ids = list(known)
    plain = {_plain(identity): identity for identity in reversed(ids)}
    found = Citations(text, [], {}, [])

    def one(written: str) -> str:
        meant = written if written in ids else plain.get(_plain(written))
        if meant is None:
            found.dropped.append(written)
            return ""
        if meant != written:
            found.mended[written] = meant
        if meant not in found.cited:
            found.cited.append(meant)
        return f"[[{meant}]]"

    def mark(match: re.Match[str]) -> str:
        inner = match[1].strip()
        whole = inner in ids or _plain(inner) in plain
        return "".join(one(part.strip()) for part in ([inner] if whole else _APART.split(inner)))

    made = _GAP.sub(r"\1", _MARK.sub(mark, text)) if _MARK.search(text) else text
    for written in listed:
        one(written)
    return found._replace(text=made)


def _plain(identity: str) -> str:
    return " ".join(identity.split()).casefold()


_MARK = re.compile(r"\[\[([^\[\]]+)\]\]")
_APART = re.compile(r"[,;]")
# What a citation that was taken out leaves before a full stop or a comma.
_GAP = re.compile(r" +([.,;:!?](?:\s|$))")
