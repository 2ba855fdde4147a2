"""JSON that leaves is valid, whatever is in it."""

from __future__ import annotations

import datetime as dt
import json
from types import MappingProxyType

import pytest

from batuta.serve.http.encoding import encoded, shortened
from batuta.serve.http.problems import document, problem_of_code


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"a": float("nan"), "b": [float("-inf")]}, {"a": None, "b": [None]}),
        ({"a": "\ud800"}, {"a": "\ud800"}),
        ({"a": "é\u2028"}, {"a": "é\u2028"}),
        (MappingProxyType({"a": (1, 2)}), {"a": [1, 2]}),
        ({"a": {3}}, {"a": [3]}),
        ({("a", 1): dt.date(2026, 3, 2)}, {"a,1": "2026-03-02"}),
    ],
)
def test_content_becomes_valid_json(content: object, expected: object) -> None:
    made = encoded(content)

    assert json.loads(made, parse_constant=pytest.fail) == expected
    assert b"\n" not in made


def test_long_text_is_cut_in_every_field() -> None:
    made = document(404, "x", "d" * 9_000, name="n" * 9_000, number=3)

    assert len(made["detail"]) == 600
    assert len(made["name"]) == 200
    assert made["number"] == 3
    assert shortened("abc", 3) == "abc"


@pytest.mark.parametrize(
    ("code", "status"), [("tool_failed", 502), ("slot_taken", 500), ("session_not_found", 404)]
)
def test_kept_error_finds_its_status_by_its_code(code: str, status: int) -> None:
    assert problem_of_code(code, "m").status == status
