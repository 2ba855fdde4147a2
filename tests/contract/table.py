"""The table of patterns, as the contract suites and the checks of shape read it."""

from __future__ import annotations

from batuta.styles import PATTERNS


def keys_of(room: str, name: str) -> tuple[str, ...]:
    """Keys of the entries that a pattern's file in ``control`` or ``compose`` stands for."""
    return tuple(entry.key for entry in PATTERNS if entry.page == f"{room}/{name}.md")


def keys_with_case() -> tuple[str, ...]:
    """Keys that need a contract case of their own.

    C and G are the agents of B and F, each in a process of its own: the hosts of B and F see to it.
    """
    return tuple(entry.key for entry in PATTERNS if entry.runs != "independent")


def rooms_and_names() -> tuple[tuple[str, str], ...]:
    """Room and file name of each entry, by its page."""
    pages = dict.fromkeys(entry.page.removesuffix(".md") for entry in PATTERNS)
    return tuple((room, name) for room, _, name in (page.partition("/") for page in pages))
