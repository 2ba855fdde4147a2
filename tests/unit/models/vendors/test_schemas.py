"""Schemas as servers that hold a model to them can follow."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from pydantic import AwareDatetime, BaseModel, TypeAdapter

from batuta.models.vendors.schemas import anchored, followed, plain, strict


class Visit(BaseModel):
    day: dt.date
    time: dt.time | None
    start: dt.datetime
    seen: AwareDatetime


def fields(schema: dict[str, object] | None) -> dict[str, dict[str, str]]:
    made: dict[str, dict[str, str]] = {}
    assert schema is not None
    for name, each in schema["properties"].items():  # pyright: ignore[reportAttributeAccessIssue]
        made[name] = each["anyOf"][0] if "anyOf" in each else each
    return made


def test_a_time_is_asked_for_as_people_write_it_in_every_form_of_a_schema() -> None:
    schema = Visit.model_json_schema()
    for made in (plain(schema), followed(schema), strict(schema)):
        time = fields(made)["time"]
        assert "format" not in time
        for text in ("15:00", "09:30", "23:59:59"):
            assert re.fullmatch(time["pattern"], text)
            assert TypeAdapter(dt.time).validate_python(text)
        for text in ("15:00:00Z", "18:30:01.021-03:00", "24:00", "3pm", "15:60"):
            assert not re.fullmatch(time["pattern"], text)
    assert schema["properties"]["start"]["format"] == "date-time"


def test_a_moment_may_have_a_zone_and_a_day_keeps_its_format() -> None:
    made = fields(plain(Visit.model_json_schema()))
    for text in ("2026-03-02T15:00", "2026-03-02T15:00:00Z", "2026-03-02T15:00:00+01:00"):
        assert re.fullmatch(made["start"]["pattern"], text)
        assert TypeAdapter(dt.datetime).validate_python(text)
    assert made["day"]["format"] == "date"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (r"^\d{2}:\d{2}$", "^[0-9]{2}:[0-9]{2}$"),
        (r"^[\w-]+\w$", "^[A-Za-z0-9_-]+[A-Za-z0-9_]$"),
        ("[0-9]{4}", "^.*[0-9]{4}.*$"),
        ("^BK-", "^BK-.*$"),
        (r"\$$", r"^.*\$$"),
        (r"^5\$", r"^5\$.*$"),
        ("^(a|b)$", "^(a|b)$"),
        ("^a|b$", "^a|b$"),
        (r"^\\d$", r"^\\d$"),
        ("^(?=.*[0-9]).+$", "^(?=.*[0-9]).+$"),
    ],
)
def test_a_pattern_is_anchored_and_in_plain_classes(given: str, sent: str) -> None:
    assert anchored(given) == sent
    for text in ("12:30", "ab-c", "in 2026", "BK-1", "5$", "a", "b", "ab", "d", "1$ or"):
        assert bool(re.search(given, text)) == bool(re.search(sent, text))


def test_an_authors_pattern_beside_a_format_stays() -> None:
    field = {"type": "string", "format": "time", "pattern": "^[0-9]{2}h$"}
    made = followed({"type": "object", "properties": {"t": field}})
    assert made["properties"]["t"] == field
