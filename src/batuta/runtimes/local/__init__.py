"""Agents in one process, on asyncio, with what stands around everything they do."""

from batuta.runtimes.local.capacity import Capacity
from batuta.runtimes.local.runtime import NO_PRICES, LocalRuntime, no_models
from batuta.runtimes.local.tool_threads import ToolThreads

__all__ = ["NO_PRICES", "Capacity", "LocalRuntime", "ToolThreads", "no_models"]
