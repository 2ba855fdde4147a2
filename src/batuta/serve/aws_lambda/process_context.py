"""What the kinds of events share in one process on Lambda: settings, an event loop, the App."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from batuta.settings import Settings, read_settings
from batuta.settings.secrets import environment_with_secrets

if TYPE_CHECKING:
    from batuta.app import App

T = TypeVar("T")
Event = Mapping[str, Any]

MARGIN_S = 1.0
"""Kept back of a function's time, for ending the run and writing its record."""


class Context(Protocol):
    """What Lambda tells of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Give the milliseconds until the function is killed."""
        ...


class House:
    """One App on one event loop that lives as long as the process.

    Args:
        function: The function's name, under which its spending is told.

    Raises:
        ConfigError: A setting does not fit, or there is no such App.
    """

    def __init__(self, settings: Settings, function: str) -> None:
        from batuta.wiring import open_app

        self.settings, self.function = settings, function
        # Set as the thread's own: Mangum asks asyncio for it.
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self.app: App = self.run(open_app(settings.app, settings))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do some work in the loop."""
        return self._loop.run_until_complete(work)


@cache
def house() -> House:
    """Give the process's own, opened by the first event that needs it.

    Raises:
        ConfigError: A setting does not fit, or there is no such App.
    """
    environment = environment_with_secrets()
    name = environment.get("AWS_LAMBDA_FUNCTION_NAME", "local")
    return House(read_settings(environment), name)


def seconds_left(context: Context) -> float:
    """Give how long the work on an event may take."""
    return max(0.0, context.get_remaining_time_in_millis() / 1000 - MARGIN_S)
