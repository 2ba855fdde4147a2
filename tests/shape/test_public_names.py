"""The public names are a list that changes on purpose; each one is there and says what it is."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import batuta

LISTED = (Path(__file__).parent / "public_names.txt").read_text().split()


def faults(package: Any, listed: list[str]) -> list[str]:
    """Where the package and the list disagree, and the names without substance."""
    offered = list(getattr(package, "__all__", ()))
    said = [f"{name} is offered but not in public_names.txt" for name in set(offered) - set(listed)]
    said += [f"{name} is listed but not offered" for name in set(listed) - set(offered)]
    if len(offered) != len(set(offered)):
        said.append("__all__ repeats a name")
    for name in offered:
        try:
            thing = getattr(package, name)
        except (AttributeError, ImportError) as error:
            said.append(f"{name} does not resolve: {error}")
            continue
        if (inspect.isclass(thing) or inspect.isroutine(thing)) and not thing.__doc__:
            said.append(f"{name} has no docstring")
    return sorted(said)


def test_public_names_are_those_listed() -> None:
    said = faults(batuta, LISTED)

    assert not said, "\n" + "\n".join(said)


def test_list_is_sorted() -> None:
    assert sorted(LISTED) == LISTED


def test_each_fault_is_caught() -> None:
    def documented() -> None:
        """Do nothing."""

    def bare() -> None: ...

    package = SimpleNamespace(__all__=["good", "bare", "gone"], good=documented, bare=bare)

    assert faults(package, ["bare", "good", "late"]) == [
        "bare has no docstring",
        "gone does not resolve: 'types.SimpleNamespace' object has no attribute 'gone'",
        "gone is offered but not in public_names.txt",
        "late is listed but not offered",
    ]
    assert faults(SimpleNamespace(__all__=["good"], good=documented), ["good"]) == []
