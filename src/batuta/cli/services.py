"""Styles whose agents run as processes of their own for as long as a server does."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from batuta.cli.conversation import check_style
from batuta.cli.opening import app_for

if TYPE_CHECKING:
    from batuta.hosting.service import Service
    from batuta.settings import Settings


@asynccontextmanager
async def placed_styles(
    keys: str, app_name: str, settings: Settings
) -> AsyncGenerator[Mapping[str, Sequence[Service]]]:
    """Run the agents of some styles as processes, told to this home, while the block lasts.

    Args:
        keys: Of the styles, with commas; empty for none.

    Raises:
        ConfigError: There is no such style, it cannot run here, or its services run already.
        AgentFailed: A process did not start.
    """
    wanted = list(dict.fromkeys(keys.replace(",", " ").split()))
    if not wanted:
        yield {}
        return
    from batuta.hosting import ServiceSpec, placed
    from batuta.styles import Claim, resolve

    app = await app_for(app_name, settings)
    async with AsyncExitStack() as stack:
        if app.close is not None:
            stack.push_async_callback(app.close)
        cast = resolve(app, settings)
        there: dict[str, Sequence[Service]] = {}
        for key in wanted:
            style = check_style(key, cast, placed=False)
            claim = stack.enter_context(Claim(settings.home, style.key))
            spec = ServiceSpec(app_name=app_name, style=style)
            running = await stack.enter_async_context(placed(spec))
            claim.publish(running.running(os.getpid()))
            there[style.key] = running.services
        yield there
