"""How many lines of an App a style stands on."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from batuta import App, FunctionAgent, Intake, Message, Option, Run, Specialist, tool
from batuta.intake.options import Found
from batuta.lab.code_lines import PARTS, code_lines, lines_of
from batuta.settings import Settings
from batuta.styles import STYLES, app_style


class Wish(BaseModel):
    """What may be said."""

    book: str | None = None


@tool
def find(book: str) -> list[str]:
    """Find a book."""
    return [book]


@tool(effect="write", key=())
def lend(copy: str) -> str:
    """Lend a copy."""
    return copy


def read(result: Any) -> Found:
    # a comment is none

    return Found(tuple(Option(id=each, label=each) for each in result))


async def answer(message: Message, run: Run) -> Message:
    del run
    return message


LIBRARY = App(
    name="library",
    instructions="Lend books.\n\nBe brief.",
    tools=[find, lend],
    intake=Intake(
        fields=Wish, questions={"book": "Which?"}, find=find, options=read, act=lend,
        argument="copy", done="Lent.",
    ),
    specialists=[
        Specialist(name="finder", description="Finds.", instructions="Find.", tools=("find",)),
        Specialist(name="lender", description="Lends.", instructions="Lend.\nOnce.", tools=()),
    ],
    compositions={"desk": [FunctionAgent(name="desk", answer=answer)]},
)  # fmt: skip


@pytest.mark.parametrize(
    ("style", "lines"),
    [
        # the form's class and function, its question, and the seven settings that it is given
        ("a", 2 + 2 + 1 + 7),
        ("b", 2 + 2 + 1 + 7),
        ("d", 2),
        ("e", 2),
        # the manager's words, and each specialist's with its name, description and tools
        ("f", 2 + (1 + 3) + (2 + 3)),
        ("desk", None),
    ],
)
def test_a_style_is_told_what_of_an_app_it_stands_on(style: str, lines: int | None) -> None:
    assert lines_of(LIBRARY, app_style(LIBRARY, style, Settings()).style) == lines


def test_blank_lines_comments_and_docstrings_are_no_code() -> None:
    assert code_lines('"""Say."""\n\n# one\nx = """a\nb"""\n') == 2


def test_every_style_reads_parts_that_are_counted() -> None:
    assert {part for style in STYLES if style.kind == "control" for part in style.reads} == {*PARTS}
