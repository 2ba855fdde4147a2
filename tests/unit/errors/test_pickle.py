"""Every exception of ours crosses to another process, and is copied, with all that it says."""

from __future__ import annotations

import copy
import datetime as dt
import importlib
import inspect
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import batuta
from batuta.core.model import Spent, Usage
from batuta.errors import BatutaError, ModelCut, ModelUnavailable
from batuta.errors.public import error_classes
from batuta.standin.failures import WireFailure

_VALUES: dict[str, Any] = {
    "retry_after_s": 2.5, "limit_s": 3.0, "timeout_s": 4.0, "waited_s": 5.0, "limit": 6,
    "used": 7.0, "size": 8, "most_bytes": 9, "status": 503, "heard": True, "retryable": False,
    "arguments": ("day",), "failures": (("a", "broke"),), "effects": ({"tool": "book"},),
    "known": ("a", "b"), "body": {"error": "x"}, "headers": {"x": "y"}, "spent": (),
    "now": dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC), "date": dt.date(2026, 3, 2),
    "time": dt.time(9), "failure": WireFailure("invalid", "no"),
    "classes": ("ValueError",), "reasons": ["a"], "codes": ["a"],
}  # fmt: skip


def every_class() -> list[type[BaseException]]:
    """List the exceptions that the package has, those of its tree and the others."""
    found: dict[type[BaseException], None] = dict.fromkeys(filter(_ours, error_classes()))
    folder = Path(batuta.__file__).parent
    for path in folder.rglob("*.py"):
        if not _RAISED.search(path.read_text("utf-8")):
            continue
        place = ".".join(path.relative_to(folder.parent).with_suffix("").parts)
        for each in vars(importlib.import_module(place)).values():
            if inspect.isclass(each) and issubclass(each, BaseException) and _ours(each):
                found[each] = None
    return sorted(found, key=lambda each: (each.__module__, each.__qualname__))


_RAISED = re.compile(r"^class \w+\((?:\w+, )?\w*(?:Exception|Error)\):", re.MULTILINE)


def _ours(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "batuta"


def made(kind: type[BaseException]) -> BaseException:
    """Make one with something in every field."""
    if kind.__init__ is Exception.__init__:
        return kind("something")
    positional: list[Any] = []
    given: dict[str, Any] = {}
    for name, parameter in list(inspect.signature(kind.__init__).parameters.items())[1:]:
        value = _VALUES.get(name, f"some {name}")
        if parameter.kind is parameter.KEYWORD_ONLY:
            given[name] = value
        elif parameter.kind is not parameter.VAR_KEYWORD:
            positional.append(value)
    return kind(*positional, **given)


def through(error: BaseException) -> Iterator[BaseException]:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        yield pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - our own
    yield copy.copy(error)
    yield copy.deepcopy(error)


def test_all_are_found() -> None:
    assert len(every_class()) > 50


@pytest.mark.parametrize("kind", every_class(), ids=lambda kind: kind.__name__)
def test_it_comes_back_whole(kind: type[BaseException]) -> None:
    error = made(kind)
    error.add_note("File: x")
    if isinstance(error, BatutaError):
        error.done = "Booked A."
        error.spent = (Spent("m", Usage(1, 2), told=True),)  # type: ignore[attr-defined]
    for back in through(error):
        assert type(back) is kind
        assert (str(back), back.args) == (str(error), error.args)
        assert vars(back) == vars(error)


def test_it_comes_from_another_process() -> None:
    made = subprocess.run([sys.executable, "-c", _ELSEWHERE], check=True, capture_output=True)
    raised = pickle.loads(made.stdout)  # noqa: S301 - our own
    assert isinstance(raised, ModelUnavailable)
    assert str(raised) == "Model m: down. Booked A."
    assert not raised.retryable


_ELSEWHERE = """
import pickle, sys
from batuta.errors import ModelUnavailable

error = ModelUnavailable("m", "down", retryable=False)
error.done = "Booked A."
sys.stdout.buffer.write(pickle.dumps(error))
"""


def test_one_of_an_app_crosses_too() -> None:
    error = OwnError("t", limit=3)
    [back, *_] = through(error)
    assert isinstance(back, OwnError)
    assert (back.limit, back.heard, str(back)) == (3, True, str(error))


class OwnError(ModelCut):
    """An App's own."""

    def __init__(self, model: str, *, limit: int) -> None:
        self.limit = limit
        super().__init__(model, heard=True)
