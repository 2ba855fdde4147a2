"""What users read has no address, path, secret's name or words of a library; the log has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from batuta.errors import (
    AgentFailed,
    AgentNotFound,
    AgentUnreachable,
    BatutaError,
    ConfigError,
    MembersFailed,
    ModelAuthFailed,
    ModelError,
    ModelNotFound,
    ModelUnavailable,
    ReplayMismatch,
    RuntimeFailure,
    StoreBusy,
    StoreUnreachable,
    ToolFailed,
)
from tests.unit.serve.http.house import House

_ADDRESS, _PATH, _NAME = "127.0.0.1:34791", "/srv/club/tennis.db", "OPENAI_API_KEY"
_GRPC = f"the call to {_ADDRESS} broke off (UNAVAILABLE: Socket closed)"
INTERNALS = (_ADDRESS, "34791", "/srv", "tennis.db", _NAME, "UNAVAILABLE", "Socket", "db.example")
ERRORS: tuple[BatutaError, ...] = (
    ConfigError(f"{_PATH} is not valid TOML", f"Mend it, or set {_NAME}."),
    AgentUnreachable("book", _GRPC),
    AgentNotFound("book", ("parse",)),
    AgentFailed("book", f"FileNotFoundError: [Errno 2] No such file or directory: '{_PATH}'"),
    RuntimeFailure("book", f"{_ADDRESS} sent what this version does not know."),
    RuntimeFailure("book", f"its message cannot be sent to [::1]:34791 or {_ADDRESS}"),
    ToolFailed("book", f"OperationalError: cannot open {_PATH} at http://db.example:8000/x"),
    MembersFailed("parallel", "too few", (("book", _GRPC), ("choose", _PATH))),
    StoreBusy(f"The file {_PATH}", 2.0),
    StoreUnreachable("The table", 2.0, f"cannot connect to https://db.example:8000, {_ADDRESS}"),
    ModelAuthFailed("openai:gpt", "unknown key", variable=_NAME),
    ModelNotFound("openai:gpt", detail=f"nothing at http://{_ADDRESS}/v1"),
    ModelUnavailable("openai:gpt", f"cannot connect to http://{_ADDRESS}/v1: Socket closed"),
    ModelError("openai:gpt", f"set {_NAME} for http://{_ADDRESS}"),
    ReplayMismatch(_PATH, f"asked for {_NAME}", difference=f"- {_PATH}\n+ {_ADDRESS}"),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
async def test_no_user_reads_what_is_the_operators(
    tmp_path: Path, error: BatutaError, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(tmp_path)
    house.parrot.failing = error
    async with house.client() as client:
        failed = await client.post("/chat", json={"message": "hello"})
        run_id = failed.json()["run_id"]
        streamed = await client.post("/chat", json={"message": "hello", "stream": True})
        kept = await client.get(f"/runs/{run_id}")
        listed = await client.get("/runs")
        again = await client.get(f"/runs/{run_id}/events")

    assert failed.status_code >= 400
    assert kept.json()["error"]["message"]
    for response in (failed, streamed, kept, listed, again):
        shown = [each for each in INTERNALS if each in response.text]
        assert not shown, response.text
    if any(each in str(error) for each in INTERNALS):
        assert run_id in caplog.text
        assert any(each in caplog.text for each in INTERNALS)
    for response in (kept, again):
        assert "event" in response.text  # what happened is told all the same


@pytest.mark.parametrize(
    "said",
    [
        "Court A/B is free at 15:00 on 2026/11/02, or 1/2 an hour later.",
        "Tool book: 2026-11-02T15:00/B is taken. Offer another one.",
        "Limit of 600 requests per minute reached. Try again in 3 s.",
        "Send at most 4,000 characters: 10:30 is fine, and so is either/or.",
    ],
)
def test_plain_words_stay_as_they_are(said: str) -> None:
    from batuta.errors.public import without_internals

    assert without_internals(said) == said


async def test_a_model_that_repeats_an_error_repeats_nothing_of_the_operators() -> None:
    from batuta.core.result import error_text
    from batuta.errors.public import public_text

    for error in ERRORS:
        said: Any = error_text(public_text(error), retry=False)
        assert not [each for each in INTERNALS if each in said], said
