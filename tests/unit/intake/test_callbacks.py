"""An intake whose tools and functions do not fit is refused when it is made, by name."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from batuta.app import App
from batuta.core.model import ModelReply
from batuta.core.tool import tool
from batuta.errors import ConfigError
from batuta.intake.form import Found, Intake, Option
from batuta.testing.scripted import ScriptedModel


class Wish(BaseModel):
    size: str | None = None


@tool
async def search(size: str) -> list[dict[str, str]]:
    """Find shoes."""
    return [{"id": f"shoe-{size}", "name": f"Shoe {size}"}]


bought: list[str] = []


@tool(effect="write")
async def buy(shoe_id: str) -> dict[str, str]:
    """Buy one."""
    bought.append(shoe_id)
    return {"shoe": shoe_id}


@tool
async def search_by_colour(colour: str) -> list[dict[str, str]]:
    """Find shoes of a colour."""
    return []


@tool(effect="write")
async def buy_for(shoe_id: str, price: float) -> str:
    """Buy one at a price."""
    return shoe_id


def read(rows: list[dict[str, str]]) -> Found:
    return Found(tuple(Option(row["id"], row["name"]) for row in rows))


async def read_later(rows: Any) -> Found:
    return Found(())


def intake(**other: Any) -> Intake:
    given: dict[str, Any] = {
        "fields": Wish, "questions": {"size": "Which size?"}, "act": buy, "argument": "shoe_id",
        "find": search, "options": read, "done": "You have {shoe}.",
    }  # fmt: skip
    return Intake(**{**given, **other})


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"argument": "id"}, "gives buy the chosen option as 'id', which it does not take"),
        ({"act": buy_for}, "Nothing in the intake gives buy_for its price"),
        ({"find": search_by_colour}, "Nothing in the intake gives search_by_colour its colour"),
        ({"options": "id"}, "Intake's options is a str"),
        ({"options": read_later}, "Intake's options is async"),
        ({"options": lambda: None}, "options does not take one argument"),
        ({"done": lambda shoe, price: ""}, "done does not take one argument"),
        ({"done": "You have {shoe"}, "done cannot be read"),
        ({"done": "You have {}."}, "braces with no name"),
        ({"windows": {"size": ("least", "most")}}, "windows of least, most"),
        ({"step_names": ("a", "b", "c", "d", "a")}, "names its steps a, b, c, d, a"),
    ],
)
def test_what_does_not_fit_is_told_when_it_is_made(other: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        intake(**other)
    assert said in str(caught.value)


def broken(result: Any) -> str:
    return result["colour"]


@pytest.mark.parametrize("style", ["a", "b"])
@pytest.mark.parametrize("done", ["You have {colour}.", broken, lambda _: None])
async def test_words_that_fail_after_the_deed_do_not_hide_it(style: str, done: Any) -> None:
    bought.clear()
    app = App(name="shoes", instructions="Sell.", tools=[search, buy], intake=intake(done=done))
    fill = ModelReply(output={"action": "request", "size": "42"})
    model = ScriptedModel([fill, "Well done."])
    assistant = app.assistant(style, model=model)
    record = await assistant.chat("Shoes in 42")
    if not bought:
        record = await assistant.chat("Shoe 42", record.session_id)
    assert bought == ["shoe-42"]
    assert record.error is None
    assert record.text == "Done: shoe shoe-42."
    assert any(e.name == "say plainly what was done" for e in record.events)
