"""How large a package should be, and what opening it should cost."""

from __future__ import annotations

from dataclasses import dataclass

from batuta.styles import find_style

_AGENTS_SDK = "agents"
_MB = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Aim:
    """What a style's package should not pass.

    Args:
        zipped_mb: Millions of bytes.
        opening_cpu_ms: From a new process to its first answer, on a common machine.
    """

    zipped_mb: float
    opening_cpu_ms: float


def aim_of(style: str) -> Aim:
    """Give what a style's package should not pass."""
    if _AGENTS_SDK in find_style(style).extras:
        return Aim(zipped_mb=35, opening_cpu_ms=2000)
    return Aim(zipped_mb=15, opening_cpu_ms=600)


def passed_aims(style: str, zipped: int, opening_cpu_ms: float | None = None) -> list[str]:
    """Say which aims a style's package passes.

    Args:
        zipped: Bytes.
        opening_cpu_ms: None where it was not measured.
    """
    aim = aim_of(style)
    said: list[str] = []
    if zipped / _MB > aim.zipped_mb:
        said.append(f"larger than this style should be ({aim.zipped_mb:.0f} MB)")
    if opening_cpu_ms is not None and opening_cpu_ms > aim.opening_cpu_ms:
        said.append(f"slower to open than this style should be ({aim.opening_cpu_ms:.0f} ms)")
    return said
