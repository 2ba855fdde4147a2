"""Settings: ranges, what wins, and how they reach the model, the record and other processes."""

from __future__ import annotations

from typing import Any

import pytest

from batuta import ConfiguredModel, ModelSettings, ScriptedModel
from batuta.core.model import ModelReply, ModelRequest
from batuta.core.model_settings import UNSET
from batuta.core.run import Run
from tests.unit.core.rig import HELLO, ran


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"temperature": 3}, "temperature is 3: use a number from 0 to 2"),
        ({"top_p": -0.1}, "top_p is -0.1: use a number from 0 to 1"),
        ({"max_output_tokens": 0}, "max_output_tokens is 0: use a whole number from 1"),
        ({"reasoning_effort": "much"}, "use one of none, minimal, low"),
        ({"seed": 1.5}, "seed is 1.5: use a whole number"),
        ({"stop": [""]}, "use 1 to 16 texts"),
        ({"caching": "yes"}, "use true or false"),
        ({"extra_headers": {"a b": "c"}}, "use a table of HTTP headers"),
        ({"extra_headers": {"a": "c\r\nd: e"}}, "use a table of HTTP headers"),
        ({"tempreature": 1}, "There is no model setting tempreature"),
    ],
)
def test_a_value_out_of_its_range_is_named_with_what_it_may_be(
    given: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match="odel setting") as caught:
        ModelSettings.from_json(given)
    assert said in str(caught.value)


def test_settings_come_back_from_json() -> None:
    made = ModelSettings(temperature=0.5, stop=("a",), extra_body={"k": 1}, caching=False)
    assert ModelSettings.from_json(made.to_json()) == made
    assert ModelSettings.from_json({}) == UNSET


async def test_the_nearest_wins_field_by_field() -> None:
    model = ScriptedModel(["ok"])
    step = ConfiguredModel(model, ModelSettings(temperature=0.1))
    call = ModelRequest([HELLO], settings=ModelSettings(seed=1))

    async def main(run: Run) -> None:
        await run.ask(call, model=step)

    whole = ModelSettings(temperature=0.9, seed=9, max_output_tokens=77)
    record = await ran(main, settings=whole)
    asked = model.requests[0]
    assert (asked.settings.temperature, asked.settings.seed) == (0.1, 1)
    assert asked.max_output_tokens == 77
    told = [e.data for e in record.events if e.kind == "model" and e.phase == "start"]
    assert told == [
        {"settings": {"temperature": 0.1, "max_output_tokens": 77, "seed": 1}},
    ]


async def test_a_record_names_headers_and_own_fields_and_tells_no_value_of_them() -> None:
    secret = ModelSettings(extra_headers={"X-Key": "sk-hidden"}, extra_body={"user": "ada"})
    model = ConfiguredModel(ScriptedModel(["ok"]), secret)

    async def main(run: Run) -> None:
        await run.ask([HELLO], model=model)

    record = await ran(main)
    assert "sk-hidden" not in str(record.to_json())
    assert "X-Key" in str(record.to_json())


async def test_who_sets_nothing_has_the_one_request_without_settings() -> None:
    model = ScriptedModel(["ok"])

    async def main(run: Run) -> None:
        await run.ask([HELLO])

    await ran(main, model=model)
    assert model.requests[0].settings is UNSET


async def test_summaries_of_thoughts_are_events_of_their_own() -> None:
    class Thinker:
        name = "scripted:thinker"

        async def reply(self, request: ModelRequest, emit: Any = None) -> ModelReply:
            for piece in ("I weigh ", "it."):
                request.think(piece)
            emit("Yes.")
            return ModelReply("Yes.", model=self.name, reasoning="I weigh it.")

    heard: list[tuple[str, str]] = []

    async def main(run: Run) -> str:
        return (await run.ask([HELLO], model=Thinker())).text

    def listen(event: Any) -> None:
        if event.kind in ("text", "reasoning"):
            heard.append((event.kind, event.data["text"]))

    await ran(main, listener=listen)
    assert heard == [("text", "Yes.")]
    heard.clear()
    record = await ran(main, listener=listen, settings=ModelSettings(reasoning_summary="auto"))
    assert heard == [("reasoning", "I weigh "), ("reasoning", "it."), ("text", "Yes.")]
    assert record.text == "Yes."
    ended = next(e for e in record.events if e.kind == "model" and e.phase == "end")
    assert (ended.data or {})["reasoning"] == "I weigh it."
