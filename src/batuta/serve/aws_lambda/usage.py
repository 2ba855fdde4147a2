"""Tells CloudWatch what runs spend: a line of the log that it makes metrics of.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
CloudWatch_Embedded_Metric_Format_Specification.html, read 2025-11.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Protocol

from batuta.core.clock import machine_time
from batuta.core.probe import Probe
from batuta.core.record import RunRecord, RunStore
from batuta.core.spending import RunSpending, SpendingStore

NAMESPACE = "Batuta"
_UNITS = {
    "runs": "Count",
    "failed_runs": "Count",
    "tokens": "Count",
    "cost_usd": "None",
    "run_ms": "Milliseconds",
}


class _Closing(RunStore, SpendingStore, Probe, Protocol):
    async def aclose(self) -> None: ...


class MeteredRuns:
    """A store of run records that tells of each one that is saved.

    Args:
        function: The Lambda function's name, by which the metrics are kept apart.
    """

    def __init__(self, kept: _Closing, function: str) -> None:
        self._kept, self._function = kept, function

    async def save(self, record: RunRecord, request_key: str = "") -> None:
        """Save a record and tell of it, even where it could not be saved: it is spent."""
        sys.stdout.write(metrics_line(record, self._function))
        sys.stdout.flush()
        await self._kept.save(record, request_key)

    async def load(self, run_id: str, principal_id: str) -> RunRecord:
        """Read one record."""
        return await self._kept.load(run_id, principal_id)

    async def find(self, request_key: str, principal_id: str) -> RunRecord | None:
        """Find the record of an earlier request with the same key."""
        return await self._kept.find(request_key, principal_id)

    async def list(self, principal_id: str, limit: int = 50) -> Sequence[RunRecord]:
        """List a principal's records, newest first."""
        return await self._kept.list(principal_id, limit)

    async def spending(self, principal_id: str | None, since: str = "") -> Sequence[RunSpending]:
        """Give what a principal's runs spent."""
        return await self._kept.spending(principal_id, since)

    async def probe(self) -> None:
        """See that the store works."""
        await self._kept.probe()

    async def aclose(self) -> None:
        """Close the store."""
        await self._kept.aclose()


def metrics_line(record: RunRecord, function: str) -> str:
    """Write a line of embedded metrics; it says nothing of who asked, nor what.

    A price that is not known is left out, so that no metric shows it as nothing.
    """
    values: dict[str, float] = {
        "runs": 1,
        "failed_runs": int(record.error is not None),
        "tokens": record.usage.total_tokens,
        "run_ms": round(record.seconds * 1000),
    }
    if record.cost.usd is not None:
        values["cost_usd"] = record.cost.usd
    metrics = [{"Name": name, "Unit": _UNITS[name]} for name in values]
    about = {"Namespace": NAMESPACE, "Dimensions": [["function"]], "Metrics": metrics}
    moment = round(machine_time().timestamp() * 1000)
    told = {
        "_aws": {"Timestamp": moment, "CloudWatchMetrics": [about]},
        "function": function,
        "style": record.style,
        "run_id": record.run_id,
        **values,
    }
    return json.dumps(told) + "\n"
