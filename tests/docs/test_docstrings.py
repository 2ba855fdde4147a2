"""The examples in docstrings do what they show."""

from __future__ import annotations

import doctest
import importlib
from types import ModuleType

import pytest

from tests.shape.sources import sources

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
SHOWING = [s.module for s in sources("src") if ">>> " in s.text]


def failures(module: ModuleType) -> int:
    return doctest.testmod(module, optionflags=OPTIONS).failed


@pytest.mark.parametrize("name", SHOWING)
def test_docstring_examples_hold(name: str) -> None:
    assert failures(importlib.import_module(name)) == 0


def test_wrong_example_is_caught() -> None:
    assert failures(ModuleType("wrong", ">>> 1 + 1\n3\n")) == 1
    assert failures(ModuleType("right", ">>> 1 + 1\n2\n")) == 0
