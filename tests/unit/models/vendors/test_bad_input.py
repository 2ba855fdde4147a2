"""Bad answers over real HTTP, on every wire: told by name, kept, paid for, and nothing else harmed.

Each is met in the middle of a conversation, which then goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from batuta import App
from batuta.core.model import Usage
from batuta.core.retry import Retry
from batuta.errors import ModelCut
from batuta.testing.scripted import ScriptedModel
from batuta.wiring import assistant
from tests.patience import scaled
from tests.unit.models.vendors.asking import WISH
from tests.unit.models.vendors.socket_server import CUT, HANG, Step, answer, chunked, serving
from tests.unit.models.vendors.test_failures import KEY, fault
from tests.unit.models.vendors.wires import ANTHROPIC, BEDROCK, VENDORS, Vendor

DESK = App(name="desk", instructions="Answer.", tools=())
PAGE = b"<!DOCTYPE html><html><body>Sign in to the proxy</body></html>"


def _wrong_key(vendor: Vendor) -> list[Step]:
    kind = {BEDROCK.model: "UnrecognizedClientException", ANTHROPIC.model: "authentication_error"}
    status = 403 if vendor is BEDROCK else 401
    return fault(vendor, status, kind.get(vendor.model, "invalid_api_key"), "The key is wrong.")


def _no_model(vendor: Vendor) -> list[Step]:
    kind = "ResourceNotFoundException" if vendor is BEDROCK else "not_found_error"
    return fault(vendor, 404, kind, "There is no such model.")


def _half(vendor: Vendor) -> list[Step]:
    return [*vendor.cut(("Half an ", "answer")), CUT]


BAD: dict[str, tuple[Callable[[Vendor], list[Step]], set[str]]] = {
    "wrong key": (_wrong_key, {"model_auth_failed"}),
    "no such model": (_no_model, {"model_not_found"}),
    "hangs": (lambda _: [HANG], {"model_timeout"}),
    "half a stream": (_half, {"model_cut", "model_reply_invalid", "model_unavailable"}),
    "too long": (
        lambda _: chunked(*[b" " * 100_000] * 11, kind="application/json"),
        {"model_reply_invalid"},
    ),
    "HTML with 200": (
        lambda _: answer(PAGE, 200, kind="html"),
        {"model_reply_invalid", "model_cut"},
    ),
}


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("vendor", VENDORS, ids=lambda v: v.model.partition(":")[0])
async def test_a_bad_answer_is_told_and_harms_nothing(
    vendor: Vendor, bad: str, streamed: bool
) -> None:
    steps, codes = BAD[bad]
    listener = (lambda _: None) if streamed else None
    async with serving(steps(vendor)) as server:
        timeout_s = 0.3 if bad == "hangs" else scaled(30)
        model = vendor.make(server.url, timeout_s=timeout_s, reply_bytes=1_000_000)
        fine = assistant(DESK, "d", model=ScriptedModel(["Hello."], repeat=True))
        ill = assistant(DESK, "d", model=model, sessions=fine.sessions, records=fine.records)
        first = (await fine.chat("Hello")).raised()
        before = await fine.sessions.load(first.session_id, first.principal_id)
        once = replace(ill, retry=Retry(attempts=1))
        failed = await once.chat("And now?", first.session_id, listener=listener)
        after = await fine.sessions.load(first.session_id, first.principal_id)
        last = (await fine.chat("Go on", first.session_id)).raised()
        await model.aclose()

    assert failed.error is not None
    assert failed.error["code"] in codes, failed.error
    assert model.name in failed.error["message"]
    assert KEY not in str(failed.to_json())
    assert "<html" not in str(failed.to_json())
    assert (await fine.records.load(failed.run_id, failed.principal_id)).stop_reason == "error"
    # What is not known of its cost is unknown, and no token is made up.
    assert failed.model_calls == 1
    assert failed.usage == Usage() or streamed
    assert failed.cost.usd in (0, None)
    assert failed.cost.usd == 0 or failed.cost.reason
    assert after.history == before.history
    assert last.text == "Hello."


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("vendor", VENDORS, ids=lambda v: v.model.partition(":")[0])
async def test_half_characters_are_whole_whenever_the_request_is_sent(
    vendor: Vendor, streamed: bool
) -> None:
    busy = fault(vendor, 429, "ThrottlingException", "Too many requests.")
    fine = vendor.text_stream(("Hello.",)) if streamed else vendor.text("Hello.")
    said = App(name="desk", instructions="Say caf\udce9 \ud83d\ude00.", tools=())
    async with serving(busy, busy, fine) as server:
        model = vendor.make(server.url)
        made = assistant(said, "d", model=model)
        made = replace(made, retry=Retry(attempts=3, wait_s=0.001))
        listener = (lambda _: None) if streamed else None
        record = await made.chat("Hello", listener=listener)
        await model.aclose()

    assert record.text == "Hello.", record.error
    assert len(server.asked) == 3
    for asked in server.asked:
        sent = json.dumps(asked.body, ensure_ascii=False)
        sent.encode()  # nothing is left of the halves
        assert "Say caf\ufffd \U0001f600." in sent


@pytest.mark.parametrize("place", range(2, 6))
async def test_a_frame_that_came_damaged_is_a_reply_that_broke_off(place: int) -> None:
    steps = BEDROCK.text_stream(("Court ", "A is ", "free."))
    piece = steps[place]
    assert isinstance(piece, bytes)
    damaged = bytes([*piece[:-3], piece[-3] ^ 255, *piece[-2:]])  # in the frame's own checksum
    async with serving([*steps[:place], damaged, *steps[place + 1 :]]) as server:
        model = BEDROCK.make(server.url)
        with pytest.raises(ModelCut) as raised:
            await model.reply(WISH, lambda _: None)
        await model.aclose()
    assert raised.value.retryable
    assert model.name in str(raised.value)
