"""Runs that survive a crash: every ask, use, call and step is recorded by DBOS and not done twice.

Needs the extra ``durable``; ``wiring`` says so where it is missing.
"""

from batuta.runtimes.durable.engine import Engine
from batuta.runtimes.durable.overview import Overview, Seen
from batuta.runtimes.durable.runtime import DurableRuntime
from batuta.runtimes.durable.store import Store

__all__ = ["DurableRuntime", "Engine", "Overview", "Seen", "Store"]
