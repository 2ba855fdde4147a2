"""Counts the lines of an App that a style stands on and others may do without."""

from __future__ import annotations

import ast
import inspect
import io
import tokenize
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from textwrap import dedent
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from batuta.app import App
    from batuta.styles import Style

_NO_CODE = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    *(tokenize.ENCODING, tokenize.ENDMARKER),
}


def code_lines(text: str) -> int:
    """Count lines that hold code: neither blank, comment nor docstring.

    >>> code_lines(inspect.getsource(_text_lines))
    2
    """
    words: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            words |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _NO_CODE:
            lines |= set(range(token.start[0], token.end[0] + 1))
    return len(lines - words)


def lines_of(app: App, style: Style) -> int | None:
    """Count what an App gives for a style, beside the tools, which are everybody's.

    Code is counted as it stands, texts by their lines, and settings of a form or a specialist as
    one line each. What another library is made of, such as an agent that was given, is not seen:
    None where there is nothing to count.
    """
    counted = [_COUNTED[part](app) for part in style.reads]
    return sum(counted) or None


def _form(app: App) -> int:
    form = app.intake
    if form is None:
        return 0
    made = [form.fields, form.options, *([] if isinstance(form.done, str) else [form.done])]
    return sum(map(_source_lines, made)) + len(form.questions) + _given(form)


def _instructions(app: App) -> int:
    return _text_lines(app.instructions)


def _specialists(app: App) -> int:
    return sum(_text_lines(each.instructions) + _given(each) - 1 for each in app.specialists)


def _steps(app: App) -> int:
    return sum(_source_lines(type(step)) for step in app.steps)


def _given(made: DataclassInstance) -> int:
    """Count the settings of something that differ from the usual ones."""
    return sum(getattr(made, each.name) != _usual(each) for each in fields(made) if each.init)


def _usual(setting: Field[Any]) -> object:
    made = setting.default_factory
    return setting.default if made is MISSING else made()


def _text_lines(text: str) -> int:
    return sum(bool(line.strip()) for line in text.splitlines())


def _source_lines(made: Callable[..., object]) -> int:
    try:
        return code_lines(dedent(inspect.getsource(made)))
    except (OSError, TypeError, SyntaxError):  # typed at a prompt, or part of an expression
        return 0


_COUNTED: Mapping[str, Callable[[App], int]] = {
    "intake": _form,
    "instructions": _instructions,
    "specialists": _specialists,
    "steps": _steps,
}
PARTS: Sequence[str] = tuple(_COUNTED)
