"""Whatever goes wrong between a caller and a function is an error that names both."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import Any

import pytest

from batuta.core.agent import FunctionAgent
from batuta.core.budget import Budget
from batuta.core.ledger import Ledger
from batuta.core.message import Message
from batuta.core.redaction import Secret
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.errors import (
    AccessDenied,
    AgentUnreachable,
    BatutaError,
    ConfigError,
    DeadlineExceeded,
    RuntimeFailure,
)
from batuta.remote.aws_lambda import LambdaAccess
from batuta.remote.aws_lambda.functions import FunctionOptions, Functions
from tests.lambda_api import SECRET, Ended, Refusal
from tests.patience import scaled
from tests.unit.core.rig import HELLO, echo
from tests.unit.remote.aws_lambda.rig import Rig, made

TIMED_OUT = {"errorType": "Sandbox.Timedout", "errorMessage": "x Task timed out after 3.00 seconds"}
DIED = {"errorType": "Runtime.ExitError", "errorMessage": "exited with error: signal: killed"}
IMPORT = {"errorType": "Runtime.ImportModuleError", "errorMessage": "No module named 'x'"}
REFUSED = "AccessDeniedException"


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (Refusal(429, "TooManyRequestsException"), AgentUnreachable, "was not invoked"),
        (Refusal(503, "ServiceException"), AgentUnreachable, "was not invoked"),
        (Refusal(403, REFUSED), RuntimeFailure, "Allow lambda:InvokeFunction"),
        (Refusal(404, "ResourceNotFoundException"), RuntimeFailure, "there is no function"),
        (Refusal(413, "RequestTooLargeException"), RuntimeFailure, "cannot take it"),
        (Ended(TIMED_OUT), DeadlineExceeded, "within 3 s"),
        (Ended(DIED), AgentUnreachable, "died at work"),
        (Ended(IMPORT), RuntimeFailure, "ImportModuleError"),
        (Ended(None), AgentUnreachable, "died at work"),
        ({"statusCode": 200}, RuntimeFailure, "not as an agent does"),
        (None, RuntimeFailure, "not as an agent does"),
    ],
    ids=["throttled", "down", "denied", "missing", "large", "timeout", "died", "import", "empty",
         "other", "nothing"],
)  # fmt: skip
async def test_lambdas_refusals_and_ends(
    rig: Rig, answer: Any, kind: type[BatutaError], said: str
) -> None:
    rig.answers("booking", answer)
    record = await rig.front.run("booking", HELLO)
    assert type(record.failure) is kind
    text = str(record.failure)
    assert said in text
    assert "booking" in text
    assert "function booking" in text
    assert record.failure is not None
    assert record.failure.retryable is (kind is AgentUnreachable)


async def test_a_throttled_call_is_made_again_and_a_failed_one_is_not(rig: Rig) -> None:
    for refusal, tries in ((Refusal(429, "TooManyRequestsException"), 4), (Ended(DIED), 1)):
        asked: list[int] = []

        def answer(event: Any, refusal: Any = refusal, asked: list[int] = asked) -> Any:
            asked.append(1)
            if isinstance(refusal, Exception):
                raise refusal
            return refusal

        name = f"tries-{tries}"
        rig.answers(name, answer)
        await rig.front.run(name, HELLO)
        assert len(asked) == tries


async def test_what_a_dead_function_used_is_unknown_and_not_nothing(rig: Rig) -> None:
    rig.answers("booking", Ended(DIED))
    rig.answers("absent", Refusal(404, "ResourceNotFoundException"))
    assert (await rig.front.run("booking", HELLO)).cost.usd is None
    assert (await rig.front.run("absent", HELLO)).cost.usd == 0.0


async def test_a_message_over_six_megabytes_is_refused_before_it_is_sent(rig: Rig) -> None:
    rig.serves(echo("echo"))
    before = len(rig.cloud.api.seen)
    record = await rig.front.run("echo", Message.user("x" * 7_000_000))
    assert isinstance(record.failure, RuntimeFailure)
    assert "takes 6,291,456" in str(record.failure)
    assert len(rig.cloud.api.seen) == before


@pytest.mark.parametrize("text", ["x" * 7_000_000, '"' * 2_000_000], ids=["long", "escaped"])
async def test_an_answer_over_six_megabytes_is_an_error_and_its_cost_is_known(
    rig: Rig, text: str
) -> None:
    async def answer(message: Message, run: Run) -> Message:
        await run.ask([message])
        return Message.assistant(text)

    rig.serves(FunctionAgent(name="long", answer=answer))
    record = await rig.front.run("long", HELLO)
    assert isinstance(record.failure, RuntimeFailure)
    assert "gives back" in str(record.failure)
    assert record.model_calls == 1
    assert record.cost.usd is not None


async def test_nobody_there_is_told_with_the_function(rig: Rig) -> None:
    functions = Functions(
        FunctionOptions(region="eu-west-1", endpoint_url="http://127.0.0.1:9", signed=False)
    )
    front = made(LambdaAccess(functions=functions, ledger=rig.cloud.ledger(), secret=SECRET))
    front.connect("booking", "booking")
    record = await front.run("booking", HELLO)
    await front.stop()
    assert isinstance(record.failure, AgentUnreachable)
    assert "function booking cannot be reached" in str(record.failure)


async def test_a_function_without_the_same_secret_does_nothing(rig: Rig) -> None:
    worked: list[str] = []

    async def work(message: Message, run: Run) -> Message:
        worked.append(message.text)
        return message

    stranger = Secret("another secret that is long enough")
    rig.serves(FunctionAgent(name="works", answer=work), secret=stranger)
    record = await rig.front.run("works", HELLO)
    assert isinstance(record.failure, AccessDenied)
    assert "another BATUTA_SECRET" in str(record.failure)
    assert "function works:live" in str(record.failure)
    assert worked == []


async def test_an_event_that_nobody_signed_or_of_another_version_is_refused(rig: Rig) -> None:
    working = rig.serves(echo("echo"))
    for event in ({"version": 1, "errand": "{}", "call": "c"}, {"version": 2}):
        answer = await working.answer({"batuta": "agent", **event})
        assert answer["batuta"] == "refused"


async def test_without_a_secret_nothing_is_sent(rig: Rig) -> None:
    front = made(
        LambdaAccess(functions=rig.cloud.functions(), ledger=rig.cloud.ledger(), secret=Secret())
    )
    front.connect("echo", "echo")
    with pytest.raises(ConfigError, match="BATUTA_SECRET"):
        await front.call("echo", HELLO)
    await front.stop()


async def test_a_function_answers_before_it_would_be_killed(rig: Rig) -> None:
    import asyncio

    async def wait(message: Message, run: Run) -> Message:
        await run.ask([message])
        await asyncio.Event().wait()
        return message

    rig.serves(FunctionAgent(name="waits", answer=wait), seconds=scaled(1))
    budget = Budget(seconds=scaled(60))
    record = await rig.front.run("waits", HELLO, RunOptions(budget=budget))
    assert isinstance(record.failure, DeadlineExceeded)
    assert "function of agent waits" in str(record.failure)
    assert record.model_calls == 1


async def test_an_answer_longer_than_is_read_is_told_with_the_function(rig: Rig) -> None:
    rig.answers("booking", {"said": "x" * 5_000})
    options = FunctionOptions(region="eu-west-1", endpoint_url=rig.cloud.url, signed=False)
    functions = Functions(options, reply_bytes=1_000)
    front = made(LambdaAccess(functions=functions, ledger=rig.cloud.ledger(), secret=SECRET))
    front.connect("booking", "booking")
    record = await front.run("booking", HELLO)
    await front.stop()
    assert type(record.failure) is RuntimeFailure
    assert "function booking: the reply is longer than 1,000 bytes" in str(record.failure)
    assert record.cost.usd is None


async def test_mail_to_an_agent_in_a_function_is_refused_by_name(rig: Rig) -> None:
    rig.front.register(echo("here"))
    rig.serves(echo("away"))
    with pytest.raises(RuntimeFailure, match=r"away: lives elsewhere.* Call it instead"):
        rig.front.mail.send("away", HELLO)
    assert rig.front.mail.broadcast(HELLO) == ("away",)
    assert await rig.front.mail.receive("here") == HELLO


class _SlowLedger:
    """A ledger that takes its time to note that a call was given up."""

    def __init__(self, inner: Ledger) -> None:
        self._inner = inner
        self.open, self.add, self.is_given_up = inner.open, inner.add, inner.is_given_up
        self.told: list[str] = []

    async def give_up(self, run_id: str, call: str) -> None:
        await asyncio.sleep(0.2)
        await self._inner.give_up(run_id, call)
        self.told.append(run_id)

    async def aclose(self) -> None:
        assert self.told, "closed before the function knew that it was given up"
        await self._inner.aclose()


async def test_who_stops_has_told_the_functions_that_were_given_up(rig: Rig) -> None:
    ledger = _SlowLedger(rig.cloud.ledger())
    front = made(replace(rig.access, ledger=ledger))
    begun = threading.Event()

    async def hangs(event: Any) -> Any:
        begun.set()
        await asyncio.sleep(0.5)

    rig.cloud.api.functions["booking"] = hangs
    front.connect("booking", "booking")
    running = asyncio.create_task(front.run("booking", HELLO))
    await asyncio.to_thread(begun.wait, scaled(30))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await front.stop()
    assert len(ledger.told) == 1
