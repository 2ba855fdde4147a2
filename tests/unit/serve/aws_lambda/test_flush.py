"""What an event's run did is told before its reply: nothing runs between two events."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import pytest

from batuta.core.budget import Budget
from batuta.core.custom import listeners
from batuta.core.record import RunRecord
from batuta.serve.aws_lambda import entry
from batuta.settings import Settings
from batuta.settings.telemetry import read_telemetry
from batuta.wiring import telemetry
from tests.patience import scaled
from tests.unit.core.rig import ran
from tests.unit.telemetry.collector import Collector, collecting

CONTEXT: Any = None
NEVER_BY_ITSELF = {"OTEL_BSP_SCHEDULE_DELAY": "3600000"}


class Told:
    """A kind of event whose run is told to a collector, and then answered."""

    def __init__(self, collector: Collector, record: RunRecord) -> None:
        sent = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": collector.address, **NEVER_BY_ITSELF}
        self._settings = replace(Settings(), telemetry=read_telemetry(sent))
        self._record = record

    def fits(self, event: Any) -> bool:
        return True

    def answer(self, event: Any, context: Any) -> str:
        observer = telemetry.telemetry_of(self._settings)
        assert observer is not None
        observer(self._record, Budget())
        return "the reply"


@pytest.fixture
def collector() -> Generator[Collector]:
    before, heard = dict(telemetry._made), [*listeners]
    with collecting() as made:
        yield made
    telemetry._made.clear()
    telemetry._made.update(before)
    listeners[:] = heard


async def _work(_: Any) -> None:
    """Do nothing."""


async def test_an_events_spans_are_sent_before_its_reply(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry, "KINDS", (Told(collector, await ran(_work)),))
    monkeypatch.setattr(entry, "TELEMETRY_S", scaled(20))  # a limit, not what it takes
    assert entry.handler({}, CONTEXT) == "the reply"
    assert [span.name for span in collector.spans] == ["invoke_workflow main", "invoke_agent main"]


async def test_a_collector_that_hangs_does_not_keep_the_reply(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector.silent.set()
    monkeypatch.setattr(entry, "KINDS", (Told(collector, await ran(_work)),))
    assert entry.handler({}, CONTEXT) == "the reply"
    assert collector.spans == []
