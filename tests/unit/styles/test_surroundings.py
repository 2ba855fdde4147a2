"""What an App puts around its agents: the same under every style, F and G alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from batuta.app import App, Specialist
from batuta.core.agent import FunctionAgent
from batuta.core.message import Message
from batuta.core.model_settings import ModelSettings
from batuta.core.retry import Retry
from batuta.core.run import Run
from batuta.errors import ConfigError
from batuta.parts.checks import Check, Stop
from batuta.parts.handling import Handling
from batuta.settings import Settings
from batuta.styles import app_style
from batuta.testing.scripted import ScriptedModel, calls


def masked(message: Message) -> str:
    return message.text.replace("4111", "****")


async def shouted(message: Message) -> Message:
    return message.revised(text=message.text.upper())


HANDLING = Handling(
    before=masked,
    after=shouted,
    retry=Retry(attempts=2, wait_s=0, timeout_s=20),
    settings=ModelSettings(temperature=0),
)


async def echo(message: Message, run: Run) -> Message:
    return Message.assistant(f"step: {message.text}")


def shop(**more: Any) -> App:
    cashier = Specialist(
        name="cashier",
        description="Takes payment.",
        instructions="Take it.",
        tools=(),
        handling=HANDLING,
        max_turns=3,
    )
    return App(
        name="shop",
        instructions="Sell.",
        tools=[],
        specialists=[cashier],
        steps=[FunctionAgent(name="pay", answer=echo)],
        **more,
    )


async def test_a_specialist_reads_and_answers_what_its_processing_makes() -> None:
    model = ScriptedModel([calls(("cashier", {"task": "card 4111"})), "Paid.", "All done."])
    record = await shop().assistant("f", model=model).chat("Pay with 4111")
    assert record.text == "All done."
    said = [m.text for asked in model.requests for m in asked.messages if m.role == "user"]
    assert "card ****" in said
    results = [m.text for m in model.requests[-1].messages if m.role == "tool"]
    assert results == ["PAID."]
    settings = [asked.settings for asked in model.requests]
    assert [s is not None and s.temperature == 0 for s in settings] == [False, True, False]


@pytest.mark.parametrize("style", ["f", "g"])
def test_the_same_agents_stand_in_one_process_and_in_services(style: str) -> None:
    cashier, manager = app_style(shop(), style, Settings()).agents()
    assert cashier.name == "cashier"
    assert cashier.handling == HANDLING  # pyright: ignore[reportAttributeAccessIssue]
    assert cashier.agent.max_turns == 3  # pyright: ignore[reportAttributeAccessIssue]
    assert manager.delegates[0].retry == HANDLING.retry  # pyright: ignore[reportAttributeAccessIssue]


async def test_a_step_has_processing_and_retry_of_its_own() -> None:
    tries: list[str] = []

    async def flaky(message: Message, run: Run) -> Message:
        tries.append(message.text)
        if len(tries) < 3:
            raise ConnectionError("away")
        return Message.assistant("paid")

    patient = replace(HANDLING, retry=Retry(attempts=3, wait_s=0, on=(ConnectionError,)))
    app = replace(
        shop(), steps=[FunctionAgent(name="pay", answer=flaky)], handling={"pay": patient}
    )
    record = await app.assistant("b", model=ScriptedModel([])).chat("with 4111")
    assert (record.text, tries) == ("PAID", ["with ****"] * 3)


async def test_checks_stand_before_the_one_in_charge_or_whom_they_name() -> None:
    first = Check(name="first", check=lambda seen: Stop(f"before {seen.agent}"))
    app = replace(shop(), checks=[first])
    record = await app.assistant("b", model=ScriptedModel([])).chat("hi")
    assert record.error is not None
    assert record.error["message"].endswith("before workflow")
    model = ScriptedModel([calls(("cashier", {"task": "pay"})), "It was stopped."])
    named = replace(shop(), checks=[replace(first, agents=("cashier",))])
    record = await named.assistant("f", model=model).chat("hi")
    assert record.text == "It was stopped."
    told = [m.text for m in model.requests[-1].messages if m.role == "tool"]
    assert "check first stopped the message: before cashier" in told[0]


def test_names_that_nobody_has_are_refused_when_the_app_is_made() -> None:
    with pytest.raises(ConfigError, match="no step wash"):
        shop(handling={"wash": HANDLING})
    check = Check(name="first", check=lambda _: None, agents=("wash",))
    with pytest.raises(ConfigError, match="stands before wash, no agent"):
        shop(checks=[check])


async def test_a_conversation_goes_on_as_it_was_before_a_stopped_message() -> None:
    rude = Check(name="rude", check=lambda s: Stop("rude") if "!" in s.message.text else None)
    model = ScriptedModel(["Hello.", "Fine."])
    assistant = replace(shop(), checks=[rude]).assistant("d", model=model)
    opened = await assistant.chat("hi")
    assert (await assistant.chat("hey!", opened.session_id)).reply is None
    await assistant.chat("and?", opened.session_id)
    said = [m.text for m in model.requests[-1].messages if m.role != "system"]
    assert said == ["hi", "Hello.", "and?"]
