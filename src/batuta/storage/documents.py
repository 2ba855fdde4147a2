"""What every store of documents refuses, in the same words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from batuta.errors import InvalidInput
from batuta.parts.documents import Document

MOST_CHARS = 100_000
"""Longest document that is taken in: a longer one would be found by anything and fit nowhere."""


def refuse(documents: Sequence[Document], most_chars: int) -> None:
    """Refuse documents that cannot be taken in together.

    Raises:
        InvalidInput: An id comes twice, or a text is too long or no Unicode.
    """
    twice = [i for i, n in Counter(d.id for d in documents).items() if n > 1]
    if twice:
        raise InvalidInput(f"Document id {twice[0]!r} comes twice", "Give each its own id.")
    for document in documents:
        try:
            f"{document.id}{document.text}".encode()
        except UnicodeEncodeError as error:
            raise InvalidInput(
                f"Document {document.id!r} is not text: {error.reason}", "Decode it anew."
            ) from error
        if len(document.text) > most_chars:
            raise InvalidInput(
                f"Document {document.id!r} has {len(document.text)} characters, more than "
                f"{most_chars}",
                "Part it with batuta.parts.documents.chunks first.",
            )


def refuse_known(known: Collection[str]) -> None:
    """Refuse to add what is there.

    Raises:
        InvalidInput: An id is there already.
    """
    if known:
        raise InvalidInput(
            f"Document id {min(known)!r} is there already", "Use update to replace it."
        )
