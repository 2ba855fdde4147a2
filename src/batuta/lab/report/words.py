"""Figures in words, the same on every page: shares, intervals, money, times."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from batuta.lab.results import SampleEnd
from batuta.lab.statistics import Estimate

ENDINGS: Mapping[SampleEnd, str] = {
    "succeeded": "succeeded",
    "degraded": "degraded and said so",
    "failed_clearly": "failed clearly",
    "lied": "told as done, not done",
    "wrong": "wrong without a word",
}
"""How a sample can end, in plain words, from good to bad."""


def share_text(share: float) -> str:
    """Write a share in percent; only all is 100 %, and only nothing is 0 %."""
    percent = f"{share:.0%}"
    if percent == "100%" and share < 1:
        return f"{share:.1%}" if share <= 0.9994 else "over 99.9%"
    if percent == "0%" and share > 0:
        return f"{share:.1%}" if share >= 0.0006 else "under 0.1%"
    return percent


def interval_text(found: Estimate) -> str:
    """Write a share's interval."""
    return f"{share_text(found.low)} to {share_text(found.high)}"


def estimate_text(found: Estimate) -> str:
    """Write a share with its interval."""
    return f"{share_text(found.value)} ({interval_text(found)})"


def signed_points(found: Estimate) -> str:
    """Write a difference of shares in points, with its interval."""
    low, high = (f"{100 * each:+.0f}" for each in (found.low, found.high))
    return f"{100 * found.value:+.0f} ({low} to {high})"


def p_text(p: float) -> str:
    """Write a p value."""
    return "under 0.001" if p < 0.001 else f"{p:.3f}"


def usd_text(usd: Decimal | None) -> str:
    """Write money; unknown is told, and is not nothing."""
    if usd is None:
        return "unknown"
    return f"${usd:.2f}" if usd >= 100 or usd == 0 else f"${usd:.3g}"


def number_text(value: float) -> str:
    """Write a mean or a count, with as many digits as it takes."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"


def seconds_text(seconds: float) -> str:
    """Write a time in the unit it is read best in."""
    return f"{1_000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def fault_text(fault: str) -> str:
    """Name a fault, or that there is none."""
    return fault or "no fault"
