"""Documents as objects, and what may be done to lists of them: fuse, chunk, fence, filter."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any, cast

from batuta.core.message import NOTHING
from batuta.core.result import result_data

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from batuta.core.message import Message

Scalar = str | int | float | bool | None
Where = Mapping[str, "Scalar | Sequence[Scalar]"]
"""A filter on metadata: each key must have the value, or one of the values, that is given."""
RRF_CONSTANT = 60
"""Source: Cormack, Clarke and Büttcher, Reciprocal Rank Fusion, SIGIR 2009."""

MOST_QUERY_CHARS = 8_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A text that can be found and cited.

    Args:
        id: Cited in answers, so it may not hold brackets, quotes or line breaks.
        score: How well it fits a query, higher is better; None before any search.
        metadata: JSON-able facts; filters look at its top level.

    Raises:
        ValueError: The id is empty, or holds what it may not; the score is no finite number.
    """

    id: str
    text: str
    score: float | None = None
    metadata: Mapping[str, Any] = field(default_factory=lambda: NOTHING)

    def __post_init__(self) -> None:
        if not self.id.strip() or _UNCITABLE.search(self.id):
            raise ValueError(
                f"Document id {self.id!r} cannot be cited: write one that is not empty and has "
                "no brackets, quotes or line breaks."
            )
        if self.score is not None and not isfinite(self.score):
            raise ValueError(f"The score of document {self.id!r} is {self.score}.")

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data; ``from_json`` reverses it."""
        metadata = dict(self.metadata)
        return {"id": self.id, "text": self.text, "score": self.score, "metadata": metadata}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Document:
        """Read what ``to_json`` wrote; score and metadata may be missing.

        Raises:
            ValueError: It is no document.
        """
        return _rows().validate_python([raw])[0]


def documents_of(message: Message) -> list[Document]:
    """Read the documents out of an agent's message.

    Raises:
        ValueError: ``documents`` is missing from its data, or holds something that is none.
    """
    if "documents" not in (message.data or {}):
        raise ValueError('there is no "documents" in its data')
    return _rows().validate_python((message.data or {})["documents"])


@lru_cache(maxsize=1)
def _rows() -> TypeAdapter[list[Document]]:
    from pydantic import TypeAdapter

    return TypeAdapter(list[Document])


def query_text(text: str) -> str:
    """Make a query of any text: proper Unicode, and not longer than makes sense to look for."""
    return text[:MOST_QUERY_CHARS].encode(errors="replace").decode().strip()


def fuse(rankings: Sequence[Sequence[Document]], constant: int = RRF_CONSTANT) -> list[Document]:
    """Join rankings by reciprocal rank; equal ones keep the order in which they were first met.

    A document counts once in each ranking, at its best place. Its score is the fused one.
    """
    met: dict[str, Document] = {}
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, document in enumerate(unique(ranking), 1):
            met.setdefault(document.id, document)
            scores[document.id] = scores.get(document.id, 0.0) + 1.0 / (constant + rank)
    order = sorted(met, key=lambda known: -scores[known])  # sorting is stable
    return [replace(met[known], score=scores[known]) for known in order]


def unique(documents: Iterable[Document]) -> list[Document]:
    """Keep the first document of each id."""
    kept: dict[str, Document] = {}
    for document in documents:
        kept.setdefault(document.id, document)
    return list(kept.values())


def chunks(document: Document, *, size: int = 1_500, overlap: int = 150) -> list[Document]:
    """Part a long document into ones of ``id#0``, ``id#1`` and so on, broken between words.

    Args:
        size: Most characters of a part.
        overlap: Characters at a part's start that the one before it ends with, or a few less.

    Raises:
        ValueError: The overlap is negative, or more than half of the size.
    """
    if size < 1 or not 0 <= overlap <= size // 2:
        raise ValueError("chunks needs a size of 1 or more, and an overlap up to half of it.")
    facts = {**document.metadata, "source": document.id}
    return [
        Document(id=f"{document.id}#{n}", text=text, metadata={**facts, "start": start})
        for n, (start, text) in enumerate(_parts(document.text, size, overlap))
    ]


def _parts(text: str, size: int, overlap: int) -> Iterator[tuple[int, str]]:
    start = 0
    while start < len(text):
        end = min(start + size, len(text))
        if end < len(text):
            end = _break_before(text, start + size - overlap // 2 - size // 4, end)
        if text[start:end].strip():
            yield start, text[start:end]
        if end == len(text):
            return
        start = max(_word_from(text, end - overlap, end), start + 1)


def _break_before(text: str, least: int, most: int) -> int:
    """Find the best place to break between two: after a paragraph, a line, a sentence, a word."""
    for mark in ("\n\n", "\n", ". ", " "):
        at = text.rfind(mark, least, most)
        if at >= 0:
            return at + len(mark)
    return most


def _word_from(text: str, least: int, most: int) -> int:
    """Find where a word starts at or after a place; the place itself where there is no space."""
    if least <= 0 or text[least - 1].isspace():
        return max(least, 0)
    space = text.find(" ", least, most)
    return least if space < 0 else space + 1


def fenced(documents: Sequence[Document]) -> str:
    """Write documents out for a model, so that none of them can seem to end before it does."""
    return "\n".join(
        f'<document id="{d.id}">\n{_TAG.sub("&lt;", d.text).strip()}\n</document>'
        for d in documents
    )


def fitting(documents: Sequence[Document], most_chars: int) -> list[Document]:
    """Keep the first ones that have room together; the very first is cut where it has none."""
    kept: list[Document] = []
    left = most_chars
    for document in documents:
        if len(document.text) > left:
            break
        kept.append(document)
        left -= len(document.text)
    if documents and not kept:
        return [replace(documents[0], text=documents[0].text[:most_chars])]
    return kept


def facets(metadata: Mapping[str, Any]) -> list[str]:
    """Write metadata as strings that a filter can be compared with, one for each value.

    A list's items each count; what is nested deeper cannot be looked for.
    """
    made = [facet(key, one) for key, value in metadata.items() for one in _scalars(value)]
    return sorted(set(made))


def facet(key: str, value: Scalar) -> str:
    """Write one key and value as a string; 1 and 1.0 are alike, 1 and true are not."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps([key, value])


def wanted(where: Where) -> list[list[str]]:
    """Turn a filter into facets: of each inner list a document must have one."""
    return [[facet(key, one) for one in _scalars(value)] for key, value in where.items()]


def narrowed(one: Where, other: Where) -> Where:
    """Join two filters so that both must hold; a key of both keeps the values that both allow."""
    both: dict[str, Any] = {**one, **other}
    for key in one.keys() & other.keys():
        allowed = {facet(key, value) for value in _scalars(other[key])}
        both[key] = [value for value in _scalars(one[key]) if facet(key, value) in allowed]
    return both


def _scalars(value: Any) -> list[Scalar]:
    many = isinstance(value, list | tuple | set | frozenset)
    items = [result_data(each) for each in (cast("Collection[Any]", value) if many else [value])]
    return [item for item in items if item is None or isinstance(item, str | int | float | bool)]


_UNCITABLE = re.compile(r"[\[\]<>\"\x00-\x1f\x7f\u2028\u2029]")
_TAG = re.compile(r"<(?=\s*/?\s*document)", re.IGNORECASE)
