"""Agents in one process, on asyncio, with what stands around everything they do."""

from batuta.runtimes.local.runtime import NO_PRICES, LocalRuntime, no_models

__all__ = ["NO_PRICES", "LocalRuntime", "no_models"]
