"""A comparison as CSV, and the figures of a cell as a row of words."""

from __future__ import annotations

import csv
import io
from dataclasses import fields

from batuta.lab.measures import Cell
from batuta.lab.results import Comparison, Sample

HEADS = (
    *("subject", "success", "pass^k", "wrong", "double", "false claims", "turns"),
    *("model calls", "tool calls", "tokens", "cached", "usd", "CPU ms", "p50 s", "p95 s"),
    *("cold s", "lines"),
)  # fmt: skip


def comparison_csv(comparison: Comparison) -> str:
    """Write a comparison as CSV, a sample a row; its times are the last columns."""
    out = io.StringIO()
    names = [each.name for each in fields(Sample) if each.name != "subject"]
    times = ["cpu_seconds", "seconds"]
    plain = [name for name in names if name not in times]
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["style", "framework", "model", "weak", *plain, *times])
    for each in comparison.samples:
        subject = each.subject
        marked = "weak" if subject.weak else ""
        row: list[object] = [subject.style, subject.framework, subject.model, marked]
        row += ["" if (v := getattr(each, name)) is None else _flat(v) for name in plain]
        row += [f"{getattr(each, name):.6f}" for name in times]
        rows.writerow(row)
    return out.getvalue()


def row_of(cell: Cell) -> tuple[str, ...]:
    """Give the figures of a cell under ``HEADS``."""
    k = max(cell.pass_hat)
    usd = "unknown" if cell.usd is None else f"{cell.usd:f}"
    success = cell.success
    return (
        cell.subject.name,
        f"{success.value:.1%} ({success.low:.1%} to {success.high:.1%})",
        f"{cell.pass_hat[k]:.1%} (k={k})",
        f"{cell.wrong_bookings}",
        f"{cell.double_bookings}",
        f"{cell.false_claims.value:.1%}",
        f"{cell.turns:.2f}",
        f"{cell.model_calls:.2f}",
        f"{cell.tool_calls:.2f}",
        f"{cell.tokens:.0f}",
        f"{cell.cached_tokens:.0f}",
        usd,
        f"{cell.cpu_ms:.1f}",
        f"{cell.p50_s:.3f}",
        f"{cell.p95_s:.3f}",
        "unknown" if cell.cold_start_s is None else f"{cell.cold_start_s:.2f}",
        "unknown" if cell.lines is None else f"{cell.lines}",
    )


def _flat(value: object) -> object:
    return "; ".join(value) if isinstance(value, tuple) else value  # pyright: ignore[reportUnknownArgumentType]
