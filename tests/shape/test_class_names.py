"""A public class name stands for one thing in the whole package."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable

from tests.shape.sources import Source, sources


def double_names(every: Iterable[Source]) -> dict[str, list[str]]:
    """The files of each public class name that stands in more than one."""
    found: dict[str, list[str]] = defaultdict(list)
    for source in every:
        for node in source.tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(source.path)
    return {name: paths for name, paths in sorted(found.items()) if len(paths) > 1}


def test_each_public_class_name_stands_for_one_thing() -> None:
    assert double_names(sources("src")) == {}


def test_a_name_that_stands_for_two_things_is_found() -> None:
    every = [
        Source("src/batuta/a.py", "class Line: ...\nclass _Own: ...\n"),
        Source("src/batuta/b.py", "class Line: ...\nclass _Own: ...\n"),
    ]

    assert double_names(every) == {"Line": ["src/batuta/a.py", "src/batuta/b.py"]}
