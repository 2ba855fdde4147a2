"""Asks a host whether it answers; ``python -m batuta.hosting.health ADDRESS`` for a container."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from batuta.settings import read_settings
from batuta.styles import access_for

if TYPE_CHECKING:
    from batuta.remote.grpc import Access

_PATIENCE_S = 4.0


async def healthy(address: str, access: Access, *, agent: str = "") -> bool:
    """Ask the standard health service; an address that does not answer is not healthy.

    Args:
        agent: Ask for this one; empty asks for the host as a whole.
    """
    import grpc
    from grpc_health.v1 import health_pb2 as health

    credentials = access.channel_credentials()
    channel = (
        grpc.aio.insecure_channel(address)
        if credentials is None
        else grpc.aio.secure_channel(address, credentials)
    )
    async with channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health.HealthCheckRequest.SerializeToString,
            response_deserializer=health.HealthCheckResponse.FromString,
        )
        try:
            asked = health.HealthCheckRequest(service=agent)
            told = await check(asked, timeout=_PATIENCE_S, wait_for_ready=True)
        except grpc.aio.AioRpcError:
            return False
        return told.status == health.HealthCheckResponse.SERVING


if __name__ == "__main__":
    sys.exit(not asyncio.run(healthy(sys.argv[1], access_for(read_settings()))))
