"""What a failed call may have cost: unknown where a model may have been at work, else nothing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from batuta.core.model import Spent, Usage, ignore
from batuta.errors import ModelError
from batuta.models.vendors import VendorModel
from tests.unit.models.vendors.socket_server import CUT, HANG, Step, answer, chunked, serving
from tests.unit.models.vendors.test_failures import HELLO, KEY, fault
from tests.unit.models.vendors.wires import BEDROCK, TEXT, VENDORS, Vendor


@pytest.fixture(params=VENDORS, ids=lambda v: v.model.partition(":")[0])
def vendor(request: pytest.FixtureRequest) -> Vendor:
    return request.param


@pytest.fixture(params=[False, True], ids=["plain", "streamed"])
def streamed(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)


@asynccontextmanager
async def model_on(vendor: Vendor, steps: list[Step], **more: Any) -> AsyncIterator[VendorModel]:
    async with serving(steps) as server:
        model = vendor.make(server.url, **more)
        yield model
        await model.aclose()


async def spent_by(model: VendorModel, *, streamed: bool) -> tuple[Spent, ...]:
    with pytest.raises(ModelError) as caught:
        await model.reply(HELLO, (lambda _: None) if streamed else ignore)
    return caught.value.spent


HALF = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"


@pytest.mark.parametrize(
    ("steps", "more"),
    [
        ([HANG], {"timeout_s": 0.3}),
        ([CUT], {}),
        ([HALF, CUT], {}),
        (answer(b'{"odd'), {}),
        (chunked(*[b" " * 100_000] * 11, kind="application/json"), {"reply_bytes": 1_000_000}),
    ],
    ids=["no answer in time", "cut before", "cut within", "odd", "too long"],
)
async def test_what_a_model_may_have_done_untold_is_of_unknown_cost(
    vendor: Vendor, steps: list[Step], more: dict[str, Any]
) -> None:
    async with model_on(vendor, steps, **more) as model:
        (spent,) = await spent_by(model, streamed=False)
    assert spent == Spent(model.name, Usage(), told=False)


@pytest.mark.parametrize("status", [401, 429, 500, 503])
async def test_a_provider_that_answers_with_an_error_is_not_paid(
    vendor: Vendor, streamed: bool, status: int
) -> None:
    names = {401: "AccessDeniedException", 429: "ThrottlingException"}
    kind = names.get(status, "ServiceUnavailableException") if vendor is BEDROCK else "some_error"
    async with model_on(vendor, fault(vendor, status, kind, "No.")) as model:
        assert await spent_by(model, streamed=streamed) == ()


async def test_a_provider_that_was_not_reached_is_not_paid(vendor: Vendor, streamed: bool) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        model = vendor.make(f"http://127.0.0.1:{probe.getsockname()[1]}")
    assert await spent_by(model, streamed=streamed) == ()
    await model.aclose()


async def test_a_call_that_was_cancelled_says_what_is_known_of_its_cost(
    vendor: Vendor, streamed: bool
) -> None:
    steps: list[Step] = [*vendor.cut(TEXT), HANG] if streamed else [HANG]
    async with serving(steps) as server:
        model, heard = vendor.make(server.url), asyncio.Event()
        task = asyncio.create_task(
            model.reply(HELLO, (lambda _: heard.set()) if streamed else ignore)
        )
        await asyncio.wait_for((heard if streamed else server.arrived).wait(), 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as cancelled:
            await task
        await model.aclose()
    raised: Any = cancelled.value
    (spent,) = raised.spent
    assert not spent.told
    assert spent.model.partition(":")[0] == vendor.model.partition(":")[0]
    told_at_once = streamed and vendor.model.startswith("anthropic")
    assert spent.usage.input_tokens == (30 if told_at_once else 0)
