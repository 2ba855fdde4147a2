"""Whatever stands in a request's place: it is read or turned away, and nothing else happens."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.standin.failures import Rejected
from batuta.standin.formats import WireFormat, said_by
from batuta.standin.frames import json_bytes
from tests.unit.standin import (
    test_anthropic_messages as anthropic,
)
from tests.unit.standin import (
    test_bedrock_converse as bedrock,
)
from tests.unit.standin import (
    test_openai_chat as chat,
)
from tests.unit.standin import (
    test_openai_responses as responses,
)
from tests.unit.standin.wires import (
    STAMP,
    STRICT_DAY,
    WISHES,
    asked,
    converse,
    messages,
    told,
)
from tests.unit.standin.wires import chat as chat_body

BODIES: dict[str, tuple[WireFormat, Any]] = {
    "chat": (
        chat.FORMAT,
        chat_body(
            messages=chat.TALK, tools=[chat.tool(strict=True, parameters=STRICT_DAY)],
            tool_choice={"type": "function", "function": {"name": "find_slots"}}, **chat.COUNTED,
        ),
    ),
    "responses": (
        responses.FORMAT,
        {**responses.FULL, "input": responses.TALK, "stream": True},
    ),
    "messages": (
        anthropic.FORMAT,
        messages(
            messages=anthropic.TALK, tools=[anthropic.TOOL], tool_choice={"type": "auto"},
            system=[{"type": "text", "text": "Be kind."}],
            output_config={"format": {"type": "json_schema", "schema": STRICT_DAY}},
        ),
    ),
    "converse": (
        bedrock.FORMAT,
        converse(
            messages=bedrock.TALK, system=[{"text": "Be kind."}], inferenceConfig={"maxTokens": 9},
            toolConfig={**bedrock.CONFIG, "toolChoice": {"tool": {"name": "find_slots"}}},
        ),
    ),
}  # fmt: skip
LEAF = st.none() | st.booleans() | st.integers(-2, 2) | st.floats(allow_nan=False)
WORD = st.text(max_size=3)
JSON = st.recursive(
    LEAF | WORD,
    lambda one: st.lists(one, max_size=2) | st.dictionaries(WORD, one, max_size=2),
    max_leaves=4,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    below = [(*path, key) for key, _ in inner]
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in items:
        if isinstance(each, dict | list):
            below += _places(each, (*path, key))
    return below


@pytest.mark.parametrize(("form", "body"), BODIES.values(), ids=BODIES)
def test_the_request_itself_is_read(form: WireFormat, body: Any) -> None:
    assert asked(form, body).request.messages


@pytest.mark.parametrize(("form", "body"), BODIES.values(), ids=BODIES)
@given(data=st.data())
def test_any_value_in_any_place_is_read_or_turned_away(
    form: WireFormat, body: Any, data: st.DataObject
) -> None:
    odd = copy.deepcopy(body)
    path = data.draw(st.sampled_from(_places(body)))
    holder: Any = odd
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = data.draw(JSON)
    try:
        question = asked(form, odd)
    except Rejected as error:
        form.fail(error.failure)
        return
    json_bytes(form.whole(question, STAMP, said_by(question, WISHES)))
    told(form, odd, WISHES)
