"""The Lambda entry, run by AWS's own runtime client in a process of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.lambda_host import Function, Worker, http_event, jwt, worker

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has AWS's runtime client"),
]
HANDLER = "batuta.serve.aws_lambda.handler"
ANA = jwt("ana")
BOOK = "Book a court on 2026-11-25 at 3pm"


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    home = tmp_path_factory.mktemp("lambda")
    made = {"BATUTA_HOME": str(home), "BATUTA_STYLE": "d", "BATUTA_NOW": "2026-11-21T09:00"}
    with worker(Function(handler=HANDLER, variables=made)) as running:
        yield running


def chat(club: Worker, text: str, authoriser: Any = ANA, **more: Any) -> tuple[int, Any]:
    event = http_event("POST", "/chat", {"message": text, **more}, authoriser=authoriser)
    result = club.invoke(event)
    assert result.kind == "response"
    return result.body["statusCode"], json.loads(result.body["body"])


def test_health_needs_nobodys_name(club: Worker) -> None:
    result = club.invoke(http_event("GET", "/health"))

    assert result.body["statusCode"] == 200
    assert json.loads(result.body["body"])["style"] == "d"


def test_a_conversation_books_for_the_tokens_subject(club: Worker) -> None:
    status, said = chat(club, BOOK)
    assert status == 200
    assert "book" in said["reply"].lower()

    status, again = chat(club, "What did I book?", session_id=said["session_id"])
    assert status == 200
    assert again["session_id"] == said["session_id"]


def test_without_an_authoriser_nobody_gets_in(club: Worker) -> None:
    status, said = chat(club, BOOK, authoriser=None)

    assert status == 401
    assert said["code"] == "unauthenticated"


def test_anothers_session_is_not_found(club: Worker) -> None:
    _, said = chat(club, "Hello")
    status, refused = chat(club, "Hello", jwt("bob"), session_id=said["session_id"])

    assert (status, refused["code"]) == (404, "session_not_found")


def test_a_token_for_reading_books_nothing(club: Worker) -> None:
    status, said = chat(club, BOOK, jwt("rita", ("batuta/read",)))

    assert status == 200
    assert "not" in said["reply"].lower()


def test_iam_names_the_caller(club: Worker) -> None:
    arn = "arn:aws:iam::123456789012:user/carol"
    status, _ = chat(club, "Hello", {"iam": {"userArn": arn}})

    assert status == 200


def test_an_event_of_no_known_shape_is_an_error_that_says_so(club: Worker) -> None:
    result = club.invoke({"Records": [{"eventSource": "aws:sqs"}]})

    assert result.kind == "error"
    assert result.body["errorType"] == "InvalidInput"
    assert "Records" in result.body["errorMessage"]


def test_a_wrong_setting_answers_500_and_tells_the_log_alone(tmp_path: Path) -> None:
    wrong = {"BATUTA_HOME": str(tmp_path), "BATUTA_APP": "no_such_module:app"}
    with worker(Function(handler=HANDLER, variables=wrong)) as running:
        result = running.invoke(http_event("GET", "/health"))

    assert result.body["statusCode"] == 500
    assert json.loads(result.body["body"])["code"] == "config"
    assert "no_such_module" not in result.body["body"]


def test_a_run_ends_before_its_function_is_killed(tmp_path: Path) -> None:
    made = {
        "BATUTA_HOME": str(tmp_path),
        "BATUTA_STYLE": "d",
        "BATUTA_APP": "tests.e2e.slow_app:app",
    }
    with worker(Function(handler=HANDLER, variables=made, timeout_s=8, grace_s=20)) as running:
        status, said = chat(running, "wait")

    assert (status, said["code"]) == (504, "run_time_exceeded")
