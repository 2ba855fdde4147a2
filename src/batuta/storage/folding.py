"""Words made alike for the full-text index: the same for what is indexed and what is looked for."""

from __future__ import annotations

import re
from unicodedata import combining, normalize

_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff])"
)
"""Letters of scripts that put no spaces between words: each is a word of its own there."""


def folded(text: str) -> str:
    """Make a text's words alike, however their case, accents, width and ligatures are written.

    Vowel signs of South and East Asian scripts are letters and stay; marks of pronunciation of
    Latin, Greek, Cyrillic, Arabic and Hebrew go. Plain ASCII is left to the index.

    Source: Unicode 15, chapter 3.13 (case folding) and UAX 44 (combining classes).

    >>> folded("Straße ﬁn CAFÉ Ἀθήνας")
    'strasse fin cafe αθηνασ'
    """
    if text.isascii():
        return text
    bare = "".join([c for c in normalize("NFKD", text) if not _is_accent(c)])
    plain = normalize("NFC", bare.casefold()).replace("\u0131", "i")
    return _UNSPACED.sub(r" \1 ", plain)


def _is_accent(character: str) -> bool:
    kind = combining(character)
    return 10 <= kind <= 36 or 202 <= kind <= 240
