"""Whatever a tool gives becomes JSON, alike for trace and model, and ends no run."""

from __future__ import annotations

import datetime as dt
import enum
import json
import math
import uuid
from collections import ChainMap, Counter, UserDict, UserList, deque
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, model_serializer

from batuta.core.redaction import MOST_CHARS
from batuta.core.result import error_text, json_text, result_data, result_shown, result_text, whole


class Half(str, enum.Enum):  # noqa: UP042 - as people write it
    ONE = "caf\udce9"


class Guest(BaseModel):
    name: str = "caf\udce9"


class Broken(BaseModel):
    @model_serializer
    def told(self) -> str:
        raise RuntimeError("no")


@dataclass
class Knot:
    to: Any = None


class Array:
    """As numpy's arrays and numbers, which no JSON library knows."""

    def __init__(self, held: Any) -> None:
        self.held = held

    def tolist(self) -> Any:
        return self.held


class Silent:
    """Has no words of its own."""


class Loud:
    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


def _knot() -> Knot:
    made = Knot()
    made.to = [made]
    return made


def _deep(levels: int) -> list[Any]:
    made: list[Any] = []
    for _ in range(levels):
        made = [made]
    return made


BECOMES: list[tuple[Any, Any]] = [
    (None, None),
    ("caf\udce9.txt", "caf\ufffd.txt"),
    ("\ud83d\ude00", "\U0001f600"),
    (["caf\udce9"], ["caf\ufffd"]),
    ({"caf\udce9": 1}, {"caf\ufffd": 1}),
    (Half.ONE, "caf\ufffd"),
    ([Half.ONE], ["caf\ufffd"]),
    ([Path("caf\udce9")], ["caf\ufffd"]),
    (Guest(), {"name": "caf\ufffd"}),
    ([FileNotFoundError("caf\udce9")], ["caf\ufffd"]),
    (math.nan, "NaN"),
    ([math.nan, {"x": -math.inf}], ["NaN", {"x": "-Infinity"}]),
    (10**5000, "[cut: a number without end]"),
    ({"n": [-(10**5000)]}, {"n": ["[cut: a number without end]"]}),
    (2**63, 2**63),
    (Decimal("1.50"), "1.50"),
    (dt.date(2026, 3, 2), "2026-03-02"),
    ({"at": dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)}, {"at": "2026-03-02T09:00:00Z"}),
    (dt.timedelta(days=1), "P1D"),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ({1, 2}, [1, 2]),
    (deque([1]), [1]),
    (Counter("aab"), {"a": 2, "b": 1}),
    (range(3), [0, 1, 2]),
    ({"a": 1}.keys(), ["a"]),
    (UserDict({"a": UserList([1])}), {"a": [1]}),
    (MappingProxyType({"a": 1}), {"a": 1}),
    (ChainMap({"a": 1}, {"b": 2}), {"a": 1, "b": 2}),
    (b"hi", "aGk="),
    ([memoryview(b"hi"), bytearray(b"hi")], ["aGk=", "aGk="]),
    ({(1, 2): 3, 4: 5, None: 6, dt.date(2026, 3, 2): 7},
     {"1,2": 3, "4": 5, "None": 6, "2026-03-02": 7}),
    (Fraction(1, 3), "1/3"),
    (Silent(), "[cut: Silent, which is no JSON]"),
    ([Loud(), "x"], ["[cut: Loud, which cannot be written: RuntimeError]", "x"]),
    ({"a": Array([[1, math.nan]]), "n": Array(3)}, {"a": [[1, "NaN"]], "n": 3}),
    (_knot(), {"to": ["[cut: it stands in itself]"]}),
]  # fmt: skip


@pytest.mark.parametrize(("value", "data"), BECOMES, ids=range(len(BECOMES)))
def test_it_becomes_json_that_is_the_same_for_all(value: Any, data: Any) -> None:
    assert result_data(value) == data
    assert result_shown(value) == data
    text = result_text(value)
    assert (text if isinstance(value, str) else json.loads(text)) == data
    text.encode()
    json.dumps(data, allow_nan=False)


def test_what_cannot_write_itself_is_cut_by_what_it_holds() -> None:
    assert result_data([Broken(), 1]) == [{}, 1]


def test_depth_is_cut_with_a_note() -> None:
    text = result_text(_deep(3_000))
    assert "[cut: deeper than 60]" in text
    assert json.loads(text) == result_data(_deep(3_000))


def test_a_function_is_told_without_where_it_lies() -> None:
    assert "0x" not in result_text([_deep, Silent, print])


def test_what_is_long_is_cut_in_trace_and_text_alike() -> None:
    many = ["x" * 100] * (MOST_CHARS // 50)
    assert result_shown(many) == {"cut": result_text(many)}
    assert result_shown("é" * (MOST_CHARS + 1)) == result_text("é" * (MOST_CHARS + 1))


def test_an_error_is_whole() -> None:
    assert json.loads(error_text("no file caf\udce9", retry=False))["error"] == "no file caf\ufffd"


_LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters()), st.binary(),
    st.dates(), st.decimals(), st.sampled_from([Half.ONE, Silent(), Guest(), "\udce9"]),
)  # fmt: skip
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner), st.dictionaries(st.text() | st.integers() | st.dates(), inner)
    ),
    max_leaves=20,
)


@given(_VALUES)
def test_no_value_is_no_json(value: Any) -> None:
    data = result_data(value)
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert whole(json.dumps(data, ensure_ascii=False)) == json.dumps(data, ensure_ascii=False)
    json.loads(json_text({"value": value}))


@given(st.text(st.characters()))
def test_whole_text_can_be_sent_and_keeps_what_it_was(text: str) -> None:
    made = whole(text)
    made.encode()
    assert made == text or any(0xD800 <= ord(c) <= 0xDFFF for c in text)


@pytest.mark.parametrize(
    ("value", "back"),
    [
        ({"day": dt.date(2026, 3, 2)}, {"day": "2026-03-02"}),
        ({"price": Decimal("1.5"), "s": {1}}, {"price": "1.5", "s": [1]}),
        ({dt.date(2026, 3, 2): 1}, {"2026-03-02": 1}),
        ({"n": 10**5000}, {"n": "[cut: a number without end]"}),
        ({"knot": _knot()}, {"knot": {"to": ["[cut: it stands in itself]"]}}),
    ],
    ids=range(5),
)
def test_what_is_kept_is_json(value: Any, back: Any) -> None:
    assert json.loads(json_text(value)) == back
    assert json.loads(json_text(value, compact=True)) == back
