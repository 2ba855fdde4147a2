"""Work for a client that may leave before it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import Receive


async def until_left(work: Coroutine[Any, Any, None], receive: Receive) -> None:
    """Await work, or cancel it when the client leaves.

    Args:
        receive: Of a request whose body was read.
    """
    answer, leave = asyncio.create_task(work), asyncio.create_task(left(receive))
    try:
        await asyncio.wait({answer, leave}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        answer.cancel()
        leave.cancel()
        await asyncio.wait({answer, leave})
    if not answer.cancelled():
        answer.result()


async def left(receive: Receive) -> None:
    """Wait until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
