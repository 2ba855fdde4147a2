"""Where a style is known by its letter: ``styles``, the command line and the guide to them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import TypeGuard

from batuta.styles import STYLES
from tests.shape.sources import Finding, Source, place

LETTERS = "".join(style.key for style in STYLES)
ALLOWED = ("src/batuta/styles", "src/batuta/cli", "src/batuta/lab/guide")
_OF_STYLES = re.compile(r"style|pattern|letter|(^|[._])key\b", re.IGNORECASE)


def style_letters(every: Iterable[Source]) -> Iterator[Finding]:
    """A style's letter, or several as in ``"abc"``, in a place where it decides something.

    That is: in a constant of a module, compared with something that is called a style, a pattern or
    a key, or handed to something that is called so. Format codes and words of a language are not.
    """
    for source in every:
        if not source.within(*ALLOWED):
            for line in sorted(_lines(source.tree)):
                yield Finding("style-letter", place(source, line), 1, line)


def _lines(tree: ast.Module) -> set[int]:
    found = {
        letter.lineno
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for letter in ast.walk(node.value)
        if _is_letter(letter)
    }
    for node in ast.walk(tree):
        found |= {letter.lineno for letter in _decisive(node) if _is_letter(letter)}
    return found


def _decisive(node: ast.AST) -> Iterator[ast.expr]:
    """Give the values beside or below something that is called a style."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        if any(map(_is_named_so, sides)):
            for side in sides:
                yield from side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else [side]
    elif isinstance(node, ast.Call):
        yield from (word.value for word in node.keywords if _OF_STYLES.search(word.arg or ""))
        if _is_named_so(node.func):
            yield from node.args
    elif isinstance(node, ast.Subscript) and _is_named_so(node.value):
        yield node.slice
    elif isinstance(node, ast.MatchValue):
        yield node.value


def _is_named_so(node: ast.expr) -> bool:
    return not isinstance(node, ast.Constant) and bool(_OF_STYLES.search(ast.unparse(node)))


def _is_letter(node: ast.AST) -> TypeGuard[ast.Constant]:
    """Tell one letter, or some in their order."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or not node.value:
        return False
    return node.value == "".join(each for each in LETTERS if each in node.value)
