"""Names of tools as every vendor takes them, there and back.

Tools are named by their authors, in any script and at any length; a delegate or a handoff by an
agent. Vendors take Latin letters, digits, ``_`` and ``-``, at most 64, and some a letter first.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

_MOST = 64
_DIGEST = 8
_LEGAL = re.compile(rf"[A-Za-z_][A-Za-z0-9_-]{{0,{_MOST - 1}}}")
_OTHER = re.compile(r"[^A-Za-z0-9_-]+")


def legal_name(name: str) -> str:
    """Give a name itself where it is legal, else a legal one that is like no other's.

    >>> legal_name("find_slots"), legal_name("Court Booking")
    ('find_slots', 'Court_Booking_ed9de55d')
    """
    if _LEGAL.fullmatch(name):
        return name
    latin = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    stem = _OTHER.sub("_", latin).strip("_-")
    if not stem[:1].isalpha():
        stem = f"tool_{stem}".rstrip("_")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    return f"{stem[: _MOST - _DIGEST - 1]}_{digest}"


class ToolNames:
    """The names of one request's tools, for reading the reply's calls."""

    __slots__ = ("_ours",)

    def __init__(self, names: Iterable[str]) -> None:
        self._ours = {legal: name for name in names if (legal := legal_name(name)) != name}

    def ours(self, name: str) -> str:
        """Give our name for one that a model wrote; what is not known stays as it is."""
        return self._ours.get(name, name)
