from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.core.message import Message
from batuta.core.model import ModelReply
from batuta.core.run import Run
from batuta.errors import ModelReplyInvalid
from batuta.parts.likeness import (
    CaseAndSpace,
    Exact,
    Likeness,
    Numeric,
    OneField,
    SameMeaning,
    first_of_each,
)
from batuta.testing.scripted import ScriptedModel
from tests.unit.core.rig import ran


async def groups(like: Likeness, texts: Sequence[str], *lines: Any) -> list[int | None]:
    found: list[int | None] = []

    async def work(run: Run) -> str:
        found.extend(await like.same(texts, run))
        return "done"

    (await ran(work, model=ScriptedModel(lines))).raised()
    return found


def said(*groups: list[int]) -> ModelReply:
    return ModelReply(output={"groups": list(groups)})


@pytest.mark.parametrize(
    ("like", "texts", "expected"),
    [
        (Exact(), ["a", "A", "a "], [0, 1, 2]),
        (CaseAndSpace(), ["Court  A", "court a.", "court b", "COURT A!"], [0, 0, 2, 0]),
        (CaseAndSpace(), ["Straße", "STRASSE"], [0, 0]),
        (Numeric(), ["7", "7.0", " 7e0 ", "8"], [0, 0, 0, 3]),
        (Numeric(0.1), ["1.0", "1.1", "1.2"], [0, 0, 2]),
        (Numeric(1), ["seven", "nan", "inf", "", "1,5", "3"], [None, None, None, None, None, 5]),
        (Numeric(1), ["1e999999999", "9" * 400, "-0"], [None, None, 2]),
        (OneField("n", Numeric(1)), ["1", "2"], [0, 0]),
    ],
)
async def test_answers_that_are_alike_stand_behind_the_first(
    like: Likeness, texts: list[str], expected: list[int | None]
) -> None:
    assert await groups(like, texts) == expected


@given(st.lists(st.text(max_size=3), max_size=8))
def test_each_group_is_named_by_its_first(texts: list[str]) -> None:
    heads = first_of_each(texts)
    assert all(h is None or (h <= at and heads[h] == h) for at, h in enumerate(heads))


@pytest.mark.parametrize(
    ("like", "answer", "text"),
    [
        (CaseAndSpace(), Message.assistant(" yes "), "yes"),
        (CaseAndSpace(), Message.assistant("", {"b": 1, "a": 2}), '{"a": 2, "b": 1}'),
        (CaseAndSpace(), Message.assistant(" ", {}), None),
        (OneField("x"), Message.assistant("text", {"x": "v"}), "v"),
        (OneField("x"), Message.assistant("text", {"x": [1, None]}), "[1, null]"),
        (OneField("x"), Message.assistant("text", {"x": False}), "false"),
        (OneField("x"), Message.assistant("text", {"y": 1}), None),
        (OneField("x"), Message.assistant("text"), None),
    ],
)
def test_what_is_compared_is_the_text_else_the_data_or_one_field(
    like: Likeness, answer: Message, text: str | None
) -> None:
    assert like.read(answer) == text


async def test_a_model_judges_what_differs_in_more_than_case_and_space() -> None:
    texts = ["Paris", "paris.", "The capital is Paris", "Rome"]
    assert await groups(SameMeaning(), texts, said([1, 2], [3])) == [0, 0, 0, 3]


async def test_a_model_is_not_asked_where_nothing_differs() -> None:
    assert await groups(SameMeaning(), ["Paris", "paris "]) == [0, 0]
    assert await groups(SameMeaning(), ["Paris"]) == [0]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([[1], [2]], [0, 1, 2]),
        ([[3, 1]], [0, 1, 0]),
        ([[1, 2], [2, 3]], [0, 0, 2]),
        ([[0, 9, -1], [2, 2, 3]], [0, 1, 1]),
        ([], [0, 1, 2]),
    ],
)
async def test_whatever_groups_the_model_gives_each_answer_stands_in_one(
    told: list[list[int]], expected: list[int]
) -> None:
    assert await groups(SameMeaning(), ["a", "b", "c"], said(*told)) == expected


async def test_a_model_that_gives_no_groups_at_all_is_an_error() -> None:
    with pytest.raises(ModelReplyInvalid):
        await groups(SameMeaning(), ["a", "b"], "no", "still no")


def test_a_tolerance_is_no_negative_number() -> None:
    for odd in (-1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="tolerance"):
            Numeric(odd)
