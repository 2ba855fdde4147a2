"""How often, and how patiently, a call is tried again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how patiently a call is tried again after a retryable error.

    Args:
        attempts: Tries in all; 1 means none again.
        wait_s: Pause before the second try; doubles with each further one.
        most_s: The longest pause; where a provider asks for a longer one, no more is tried.
        jitter: Part of the pause by which it may be longer, so that runs which failed together do
            not come back together. Drawn from the run and its step: the same run waits the same.
    """

    attempts: int = 3
    wait_s: float = 0.25
    most_s: float = 20.0
    jitter: float = 0.5

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError("Retry attempts must be 1 or more: the first try counts.")
        if self.jitter < 0:
            raise ValueError("Retry jitter must be 0 or more: a pause only grows by it.")


NO_RETRY = Retry(attempts=1)
