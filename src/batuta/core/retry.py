"""How often, and how patiently, a call is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from batuta.errors import classes_in

if TYPE_CHECKING:
    from batuta.errors import BatutaError


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how patiently a call is tried again after a retryable error.

    Args:
        attempts: Tries in all; 1 means none again.
        wait_s: Pause before the second try; doubles with each further one.
        most_s: The longest pause; where a provider asks for a longer one, no more is tried.
        jitter: Part of the pause by which it may be longer, so that runs which failed together do
            not come back together. Drawn from the run and its step: the same run waits the same.
        on: Exceptions of an agent's or a tool's own, or their names, that another try may help
            with, such as ``ConnectionError``; without them what raises such a one has failed.
        timeout_s: Longest that one try may take; None for as long as the run has.
    """

    attempts: int = 3
    wait_s: float = 0.25
    most_s: float = 20.0
    jitter: float = 0.5
    on: tuple[type[Exception] | str, ...] = ()
    timeout_s: float | None = None

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError("Retry attempts must be 1 or more: the first try counts.")
        if self.jitter < 0:
            raise ValueError("Retry jitter must be 0 or more: a pause only grows by it.")
        if self.timeout_s is not None and not self.timeout_s > 0:
            raise ValueError("Retry timeout_s must be more than 0, or None for no limit.")
        if not _are_exceptions(self.on):
            raise TypeError(
                "Retry on must be a tuple of exceptions or their names, such as (ConnectionError,)."
            )

    def covers(self, error: BatutaError) -> bool:
        """Tell whether an error came from an exception that another try may help with."""
        if not self.on:
            return False
        names = {each if isinstance(each, str) else each.__name__ for each in self.on}
        return not names.isdisjoint(classes_in(error))


def _are_exceptions(given: object) -> bool:
    return isinstance(given, tuple) and all(
        isinstance(each, str) or (isinstance(each, type) and issubclass(each, BaseException))
        for each in cast("tuple[object, ...]", given)
    )


NO_RETRY = Retry(attempts=1)
