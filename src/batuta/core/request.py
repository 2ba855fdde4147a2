"""A caller's own request, known by its key: who works on it, and what it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from batuta.core.effect import EffectLog


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A request that its caller may send again.

    Args:
        key: Made of the caller's own key, App and principal; the keys of its writes are made of it.
        words: A digest of what was asked; the same key with other words is another request.
        session_id: The conversation that it belongs to, made by its first try where it named none.
        run_id: The run that works on it; another one that still does may begin no write.
    """

    key: str
    principal_id: str
    words: str
    session_id: str
    run_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestClaim:
    """What came of claiming a request.

    Args:
        mine: Whether it is this process's to work on; another one that is alive has it else.
        first: The request as its first try made it; ``run_id`` is that of its latest run.
        again: Whether it was tried before.
        token: Whose claim it is; empty where it is not mine.
    """

    mine: bool
    first: Request
    again: bool
    token: str = ""


class RequestLog(EffectLog, Protocol):
    """Knows the requests of the last while, who works on each, and what it began to write."""

    async def claim(self, request: Request, *, fenced: bool = True) -> RequestClaim:
        """Take a request to work on, unless a process that is alive does already.

        Args:
            fenced: Let runs of earlier tries begin no further write.

        Raises:
            StoreBusy: It cannot be known now.
        """
        ...

    async def start(self, claim: RequestClaim, run_id: str) -> None:
        """Let this run, and no other, write for a request that is claimed."""
        ...

    async def renew(self, claim: RequestClaim) -> None:
        """Tell that this process is still at work on it."""
        ...

    async def free(self, claim: RequestClaim) -> None:
        """Let others work on it."""
        ...

    async def probe(self) -> None:
        """See ``Probe.probe``."""
        ...

    async def aclose(self) -> None:
        """Release what the log holds; it cannot be used afterwards."""
        ...
