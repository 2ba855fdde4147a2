"""Bad luck on AWS, as who talks to the function meets it: AWS's own client runs the handler."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from batuta.core.clock import FixedClock
from batuta.core.model import Emit, Model, ModelReply, ModelRequest, ignore
from batuta.core.record import RunRecord
from batuta.core.session import Session
from batuta.errors import AccessDenied
from batuta.models.bedrock_agent import agent_definition
from batuta.offline import OfflineModel
from batuta.standin import standin_in_thread
from batuta.standin.bedrock_agent import PATH, Act, AgentStandIn
from batuta.storage.dynamodb import DynamoRuns, DynamoSessions
from batuta.storage.dynamodb_client import DynamoTable
from batuta.tennis.bookings import TennisClub
from batuta.tennis.bookings_dynamodb import DynamoBookings
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club
from batuta.tennis.tools import tennis_tools
from tests.e2e.lambda_host import Function, Result, Worker, http_event, jwt, worker
from tests.e2e.unlucky import Luck, Unlucky, after, lost_after, lost_before, throttled
from tests.lambda_api import SECRET, Cloud, Ended, cloud

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has AWS's runtime client"),
]
NOW = dt.datetime(2026, 11, 21, 9, tzinfo=dt.UTC)
WRITE = "TransactWriteItems"
SIX_MEGABYTES = 6 * 1_048_576
IN_THE_LOG = "Whoever runs it finds the reason in its log."


@dataclass
class Aws:
    """A table on which luck can be bad, functions that use it, and what they left in it."""

    cloud: Cloud
    door: Unlucky
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    def function(self, timeout_s: float = 29.0, **more: str) -> Function:
        variables = {
            "BATUTA_STYLE": "d",
            "BATUTA_STORE": "dynamodb",
            "BATUTA_TABLE": self.cloud.table,
            "BATUTA_NOW": f"{NOW:%Y-%m-%dT%H:%M}",
            "BATUTA_SECRET": SECRET.reveal(),
            "BATUTA_HOME": "/nowhere",
            "AWS_ENDPOINT_URL": self.cloud.url,
            "AWS_ACCESS_KEY_ID": "loopback",
            "AWS_SECRET_ACCESS_KEY": "loopback",
            **more,
        }
        handler = "batuta.serve.aws_lambda.handler"
        return Function(handler=handler, variables=variables, timeout_s=timeout_s)

    def bookings(self, member: str) -> list[str]:
        """List a member's slots; of all, each booking has its lock and each lock its booking."""

        async def read(table: DynamoTable) -> list[dict[str, Any]]:
            return [item async for page in table.pages("scan") for item in page]

        items = self._read(read)
        locked = sorted(i["booking_id"] for i in items if i["sk"].startswith("LOCK#"))
        booked = [i for i in items if "booking_status" in i]
        assert sorted(i["booking_id"] for i in booked) == locked
        return [i["slot_id"] for i in booked if i["member_id"] == member]

    def runs(self, member: str) -> list[RunRecord]:
        """List a member's run records, newest first."""

        async def read(table: DynamoTable) -> list[RunRecord]:
            return list(await DynamoRuns(table).list(member))

        return self._read(read)

    def _read(self, work: Callable[[DynamoTable], Any]) -> Any:
        async def opened() -> Any:
            async with self.table() as table:
                return await work(table)

        return self.threads.submit(asyncio.run, opened()).result()

    @asynccontextmanager
    async def table(self) -> AsyncIterator[DynamoTable]:
        made = self.cloud.open_table()
        try:
            yield made
        finally:
            await made.aclose()


@pytest.fixture(scope="module")
def club() -> Iterator[Aws]:
    with cloud() as made:
        door = made.table_api.inner = Unlucky(made.table_api.inner)
        yield Aws(made, door)


@pytest.fixture
def aws(club: Aws) -> Iterator[Aws]:
    yield club
    club.door.luck = lambda operation, asked: None


@pytest.fixture(scope="module")
def door(club: Aws) -> Iterator[Worker]:
    with worker(club.function()) as running:
        yield running


def ask(running: Worker, text: str, who: str, key: str = "", **more: Any) -> Result:
    headers = {"idempotency-key": key} if key else {}
    body = {"message": text, **more}
    return running.invoke(http_event("POST", "/chat", body, authoriser=jwt(who), headers=headers))


def chat(running: Worker, text: str, who: str, key: str = "", **more: Any) -> tuple[int, Any]:
    result = ask(running, text, who, key, **more)
    assert result.kind == "response", result
    return result.body["statusCode"], json.loads(result.body["body"])


class TestTheTable:
    def test_a_throttled_booking_is_told_and_nothing_is_booked(
        self, aws: Aws, door: Worker
    ) -> None:
        aws.door.luck = lambda *told: throttled if books(*told) else None
        status, said = chat(door, "Book Court A on 2026-11-23 at 10am", "tia")

        assert status == 200
        assert "is busy, and nothing was written" in said["reply"]
        assert "nothing was written" in said["reply"]
        assert aws.bookings("tia") == []
        (run,) = aws.runs("tia")
        assert run.run_id == said["run_id"]
        assert next(e.name for e in run.events if e.kind == "tool" and e.error) == "book"

        aws.door.luck = lambda operation, asked: None
        status, said = chat(door, "Book Court A on 2026-11-23 at 10am", "tia")
        assert (status, aws.bookings("tia")) == (200, ["2026-11-23T10:00/A"])

    def test_a_session_that_cannot_be_read_is_a_503_to_try_again(
        self, aws: Aws, door: Worker
    ) -> None:
        session = chat(door, "Hello", "sue")[1]["session_id"]
        aws.door.luck = lambda _, asked: throttled if "SESSION#" in asked else None
        status, said = chat(door, "Book a court on 2026-11-23 at 11am", "sue", session_id=session)

        assert (status, said["code"], said["retryable"]) == (503, "store_busy", True)
        assert "Try again." in said["detail"]
        assert aws.bookings("sue") == []

    def test_a_court_that_is_taken_in_the_last_moment_is_anothers(
        self, aws: Aws, door: Worker
    ) -> None:
        async def another_is_faster() -> None:
            aws.door.luck = lambda operation, asked: None
            async with aws.table() as table:
                desk = TennisClub(Club(), DynamoBookings(table))
                await desk.book("2026-11-23T12:00/A", "bob", key="his own", now=NOW)

        aws.door.luck = lambda operation, _: (
            after(another_is_faster) if operation == WRITE else None
        )
        status, _ = chat(door, "Book Court A on 2026-11-23 at 12:00", "ann")

        assert status == 200
        assert aws.bookings("bob") == ["2026-11-23T12:00/A"]
        assert "2026-11-23T12:00/A" not in aws.bookings("ann")
        (run,) = aws.runs("ann")
        refused = [e for e in run.events if e.kind == "tool" and e.error]
        assert ["taken by now" in (e.error or "") for e in refused] == [True]

    def test_an_expired_session_is_not_found(self, aws: Aws, door: Worker) -> None:
        async def save_long_ago() -> None:
            async with aws.table() as table:
                sessions = DynamoSessions(table, keep_days=-1)
                await sessions.save(Session("ses_old", "eve", state={}))

        asyncio.run(save_long_ago())
        status, said = chat(door, "Book a court on 2026-11-23 at 1pm", "eve", session_id="ses_old")
        assert (status, said["code"]) == (404, "session_not_found")
        assert aws.bookings("eve") == []


def from_then_on(luck: Luck, strikes: Callable[[str, str], bool]) -> Callable[..., Luck | None]:
    """Let an operation have bad luck, and nothing answer after it."""
    struck: list[str] = []

    def befalls(operation: str, asked: str) -> Luck | None:
        if struck:
            return lost_before
        if strikes(operation, asked):
            struck.append(operation)
            return luck
        return None

    return befalls


def books(operation: str, asked: str) -> bool:
    return operation == WRITE and "LOCK#" in asked


def reads_the_day(operation: str, asked: str) -> bool:
    return operation == "Query" and "DAY#" in asked


class TestTheFunctionsTime:
    """A function is killed at its own limit; asked again with the same key, it books once."""

    LIMIT_S = 7.0

    @pytest.mark.parametrize(
        ("day", "luck", "strikes", "kept"),
        [
            (24, lost_after, books, ["A"]),
            (25, lost_before, books, []),
            (26, lost_before, reads_the_day, []),
        ],
        ids=["written", "before it is written", "while it reads"],
    )
    def test_killed_in_the_middle_and_asked_again_it_books_once(
        self, aws: Aws, day: int, luck: Luck, strikes: Callable[..., bool], kept: list[str]
    ) -> None:
        asked, who = f"Book a court on 2026-11-{day} at 3pm", f"kim-{day}"
        with worker(aws.function(self.LIMIT_S)) as running:
            running.invoke(http_event("GET", "/health"))
            aws.door.luck = from_then_on(luck, strikes)
            assert ask(running, asked, who, "mine").kind == "timeout"
        aws.door.luck = lambda operation, asked: None
        assert aws.bookings(who) == [f"2026-11-{day}T15:00/{court}" for court in kept]

        with worker(aws.function()) as running:
            status, said = chat(running, asked, who, "mine")
            again = chat(running, asked, who, "mine")
        assert (status, "booking id is BK-" in said["reply"]) == (200, True), said
        assert aws.bookings(who) == [f"2026-11-{day}T15:00/A"]
        assert again == (status, said)
        assert [run.run_id for run in aws.runs(who)] == [said["run_id"]]

    def test_where_the_table_still_takes_the_record_the_run_ends_before_the_kill(
        self, aws: Aws
    ) -> None:
        asked = "Book a court on 2026-11-27 at 3pm"
        function = replace(aws.function(self.LIMIT_S), grace_s=20.0)
        with worker(function) as running:
            running.invoke(http_event("GET", "/health"))
            aws.door.luck = lambda *told: lost_after if books(*told) else None
            status, said = chat(running, asked, "lou", "mine")
            assert (status, said["code"], said["kind"]) == (504, "run_time_exceeded", "seconds")
            (run,) = aws.runs("lou")
            assert run.run_id == said["run_id"]
            # Its key was looked up before the function's end.
            assert ([(e.tool, e.status) for e in run.effects], run.unknown_effects) == (
                [("book", "done")],
                (),
            )

            aws.door.luck = lambda operation, asked: None
            status, said = chat(running, asked, "lou", "mine")
        assert (status, aws.bookings("lou")) == (200, ["2026-11-27T15:00/A"]), said


class Denied(OfflineModel):
    """A model that the account has no access to."""

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        raise AccessDenied("The account", "use the model with the specified model ID")


class TestBedrock:
    @staticmethod
    @contextmanager
    def function(aws: Aws, model: Model, act: Act | None = None, **more: str) -> Iterator[Worker]:
        """Run a function whose Bedrock is a stand-in that has one agent, under one alias."""
        desk = TennisClub(Club(), SqliteBookings(":memory:"))
        tools = [tool.schema for tool in tennis_tools(desk)]
        how = "lambda" if act else "return_control"
        told = "Book tennis courts for the members."
        definition = agent_definition("club", told, tools, execution=how)
        agents = AgentStandIn(model, {"CLUB/LIVE": definition}, act=act, clock=FixedClock(NOW))
        with standin_in_thread(model, more={PATH: agents}) as bedrock:
            urls = {
                "AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME": bedrock.url,
                "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": bedrock.url,
            }
            with worker(aws.function(29.0, **urls, **more)) as running:
                yield running

    @pytest.mark.parametrize("agent", ["CLUB/GONE", "GONE/LIVE"])
    def test_an_agent_or_alias_that_is_missing_is_told_with_what_to_set(
        self, aws: Aws, agent: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        who = agent.lower()
        more = {"BATUTA_STYLE": "h", "BATUTA_BEDROCK_AGENT": agent}
        with self.function(aws, OfflineModel(), None, **more) as running:
            status, said = chat(running, "Book a court on 2026-11-30 at 10am", who)
        assert (status, said["code"]) == (502, "model_not_found")
        assert said["detail"] == f"The model of this service is not there. {IN_THE_LOG}"
        log = capfd.readouterr().out
        assert f"{said['run_id']}: Model bedrock-agent:{agent}" in log
        assert f"alias {agent.partition('/')[2]}" in log
        assert "Set BATUTA_BEDROCK_AGENT" in log
        assert aws.bookings(who) == []
        assert [run.run_id for run in aws.runs(who)] == [said["run_id"]]

    def test_the_agent_that_is_there_books(self, aws: Aws) -> None:
        more = {"BATUTA_STYLE": "h", "BATUTA_BEDROCK_AGENT": "CLUB/LIVE"}
        with self.function(aws, OfflineModel(), None, **more) as running:
            status, said = chat(running, "Book Court A on 2026-11-30 at 11am", "hal")
        assert (status, aws.bookings("hal")) == (200, ["2026-11-30T11:00/A"]), said

    def test_an_action_that_is_lost_after_its_write_books_once_when_asked_again(
        self, aws: Aws
    ) -> None:
        asked = "Book a court on 2026-11-30 at 3pm"
        more = {"BATUTA_STYLE": "h", "BATUTA_BEDROCK_EXECUTION": "lambda"}
        with worker(replace(aws.function(6.0), grace_s=20.0)) as acting:

            async def act(event: Mapping[str, Any]) -> Mapping[str, Any]:
                result = await asyncio.to_thread(acting.invoke, event)
                assert result.kind == "response", result
                return result.body

            agent = {"BATUTA_BEDROCK_AGENT": "CLUB/LIVE"}
            with self.function(aws, OfflineModel(), act, **agent, **more) as running:
                aws.door.luck = lambda *told: lost_after if books(*told) else None
                status, said = chat(running, asked, "joe", "mine")
                assert (status, said["code"]) == (502, "model_error"), said
                assert "an action failed on Lambda" in said["detail"]
                assert [run.run_id for run in aws.runs("joe")] == [said["run_id"]]

                aws.door.luck = lambda operation, asked: None
                status, said = chat(running, asked, "joe", "mine")
        assert (status, aws.bookings("joe")) == (200, ["2026-11-30T15:00/A"]), said
        assert "Court A" in said["reply"]

    @pytest.mark.parametrize(
        ("more", "mend"),
        [
            ({"BATUTA_STYLE": "h", "BATUTA_BEDROCK_AGENT": "CLUB/LIVE"}, "bedrock:InvokeAgent"),
            (
                {"BATUTA_STYLE": "d", "BATUTA_MODEL": "bedrock:some.model:0"},
                "may use this model",
            ),
        ],
        ids=["by the agent", "by us"],
    )
    def test_a_model_that_may_not_be_used_is_told_with_what_to_allow(
        self, aws: Aws, more: dict[str, str], mend: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        who = f"max-{more['BATUTA_STYLE']}"
        with self.function(aws, Denied(), None, **more) as running:
            status, said = chat(running, "Book a court on 2026-11-30 at noon", who)
        assert (status, said["code"]) == (502, "model_auth_failed"), said
        assert said["detail"] == f"The model may not be used by this service. {IN_THE_LOG}"
        log = capfd.readouterr().out
        assert f"{said['run_id']}: Model bedrock" in log
        assert "The account may not use the model" in log
        assert mend in log
        assert aws.bookings(who) == []
        assert [run.run_id for run in aws.runs(who)] == [said["run_id"]]


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"Records": [{"eventSource": "aws:sqs"}]}, "Records"),
        ({"version": "1.0", "httpMethod": "GET", "path": "/health"}, "httpMethod"),
        ({"version": "2.0", "requestContext": "http"}, "requestContext"),
        ({"version": "2.0", "requestContext": {"http": {}}}, "requestContext"),
        ({}, "nothing"),
        ([1, 2], "list"),
        ("GET /health", "str"),
        (None, "NoneType"),
    ],
    ids=["queue", "format 1.0", "odd context", "empty request", "empty", "list", "text", "null"],
)
def test_an_event_of_an_unknown_shape_is_an_error_that_says_so(
    door: Worker, event: Any, told: str
) -> None:
    result = door.invoke(event)

    assert (result.kind, result.body["errorType"]) == ("error", "InvalidInput")
    assert told in result.body["errorMessage"]
    assert "payload format 2.0" in result.body["errorMessage"]
    assert chat(door, "Hello", "ana")[0] == 200


@pytest.mark.parametrize("text", ["x", '"', "é"])
def test_an_answer_over_six_megabytes_is_an_error_and_is_kept(aws: Aws, text: str) -> None:
    who = f"max-{ord(text)}"
    times = SIX_MEGABYTES // len(json.dumps(json.dumps(text)[1:-1])[1:-1])
    long = {"BATUTA_APP": "tests.e2e.long_app:app", "BATUTA_KEPT_CHARS": str(SIX_MEGABYTES)}
    with worker(aws.function(29.0, **long)) as running:
        status, said = chat(running, f"say {times} {text}", who)
        assert (status, said["code"]) == (500, "reply_too_large")
        assert "Ask for less." in said["detail"]
        (run,) = aws.runs(who)
        assert run.text == text * times
        assert chat(running, f"say 10 {text}", who)[1]["reply"] == text * 10


def test_a_body_that_the_door_does_not_take_is_refused(aws: Aws, door: Worker) -> None:
    status, said = chat(door, "x" * 5_000_000, "liz")
    assert (status, said["code"]) == (413, "body_too_large")
    assert aws.runs("liz") == []


class TestFunctionsOfAgents:
    """A function that calls agents in others, by ``lambda:InvokeFunction``."""

    @staticmethod
    @contextmanager
    def calling(aws: Aws, style: str, agent: str, **more: str) -> Iterator[Worker]:
        """Run a function one of whose agents is in another, which is run too."""
        placed = {style: {agent: "lambda:other:live"}}
        given = {"BATUTA_STYLE": style, **more}
        with (
            worker(aws.function(29.0, **given)) as other,
            worker(aws.function(29.0, BATUTA_PLACEMENT=json.dumps(placed), **given)) as front,
        ):

            async def body(event: Any) -> Any:
                result = await asyncio.to_thread(other.invoke, event)
                return result.body if result.kind == "response" else Ended(result.body)

            aws.cloud.api.functions["other"] = body
            yield front
            del aws.cloud.api.functions["other"]

    def test_a_message_that_is_too_large_for_a_function_is_not_sent(self, aws: Aws) -> None:
        limits = {"BATUTA_MESSAGE_CHARS": "5000000", "BATUTA_BODY_BYTES": "6000000"}
        before = len(aws.cloud.api.seen)
        with self.calling(aws, "c", "parse", **limits) as front:
            status, said = chat(front, f"Book a court. {'x' * 4_000_000}", "mia")
            assert (status, said["code"]) == (500, "runtime_failure"), said
            assert "takes 6,291,456. Send less." in said["detail"]
            assert aws.cloud.api.seen[before:] == []
            assert [run.run_id for run in aws.runs("mia")] == [said["run_id"]]
            assert chat(front, "Book a court on 2026-12-01 at 10am", "mia")[0] == 200
        assert aws.cloud.api.seen[before:] == [("other", "live")]
        assert aws.bookings("mia") == ["2026-12-01T10:00/A"]

    def test_an_answer_that_is_too_large_for_a_function_is_an_error(self, aws: Aws) -> None:
        app = {"BATUTA_APP": "tests.e2e.long_app:app"}
        with self.calling(aws, "d", "function_calling", **app) as front:
            status, said = chat(front, f"say {SIX_MEGABYTES} x", "nia")
            assert (status, said["code"]) == (500, "runtime_failure"), said
            assert "gives back 6,291,456" in said["detail"]
            (run,) = aws.runs("nia")
            assert (run.run_id, run.model_calls) == (said["run_id"], 1)
            assert chat(front, "say 3 x", "nia")[1]["reply"] == "xxx"
