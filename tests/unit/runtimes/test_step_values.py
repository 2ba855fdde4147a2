"""What a durable run keeps of a model's reply is all of it."""

from __future__ import annotations

import json
from dataclasses import fields

from batuta.core.message import ToolCall, VendorPart
from batuta.core.model import Inner, ModelReply, Spent, Usage
from batuta.runtimes import step_values

WHOLE = ModelReply(
    text="Court A",
    tool_calls=(
        ToolCall("1", "look", {"day": "Monday"}),
        ToolCall("2", "book", {}, '{"slot": ', cut=True),
    ),
    output={"day": "Monday"},
    usage=Usage(50, 40, 30, 20, 10),
    stop_reason="length",
    model="openai:gpt-5-mini",
    stand_in=True,
    usage_told=False,
    earlier=(Spent("openai:gpt-5", Usage(5, 4, 3, 2, 1), False, "flex"),),
    parts=(VendorPart("openai/gpt", {"on": "item", "item": {"id": "rs_1"}}, 5, 1),),
    service_tier="priority",
    inner=(Inner("tool", "look", {"result": "A-1"}),),
    reasoning="Monday is free.",
)


def test_a_reply_comes_back_as_it_was() -> None:
    plain = ModelReply()
    same = [f.name for f in fields(ModelReply) if getattr(WHOLE, f.name) == getattr(plain, f.name)]
    assert same == [], "give each field of a reply a value of its own"
    kept = json.loads(json.dumps(step_values.reply_json(WHOLE)))
    assert step_values.read_reply(kept) == WHOLE


def test_a_reply_that_was_kept_before_tiers_were_is_read() -> None:
    kept = json.loads(json.dumps(step_values.reply_json(WHOLE)))
    kept["earlier"] = [one[:3] for one in kept["earlier"]]
    del kept["service_tier"]
    del kept["parts"]
    again = step_values.read_reply(kept)
    assert (again.earlier[0].tier, again.service_tier, again.parts) == ("", "", ())
