"""Connections to hosts: one channel for each address, shared by the agents that live there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TypeAlias

import grpc
from grpc import ChannelConnectivity as State
from grpc.aio import (
    AioRpcError,
    Channel,
    StreamStreamMultiCallable,
    UnaryUnaryMultiCallable,
    insecure_channel,
    secure_channel,
)

from batuta.remote.grpc import wire
from batuta.remote.grpc.access import Access
from batuta.remote.grpc.v1 import batuta_pb2 as pb

Execute: TypeAlias = StreamStreamMultiCallable[bytes, pb.ExecuteResponse]
_PATH = f"/{wire.SERVICE}/{wire.METHOD}"
_CONNECT_S = 3.0
_RECONNECT_MS = 500
_AGAIN_S = 1.2 * _RECONNECT_MS / 1e3
"""A little more than the longest pause between two tries of gRPC's own to connect."""
_PROBE_S = 1.0
_ROUND_ROBIN = '{"loadBalancingConfig": [{"round_robin": {}}]}'
_PROBE = "/grpc.health.v1.Health/Check"


class Channels:
    """Opens channels when they are first needed, and closes them all."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._channels: dict[str, Channel] = {}
        self._methods: dict[str, Execute] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def at(self, address: str) -> Channel:
        """Give the channel of an address.

        Raises:
            ConfigError: A TLS file cannot be read.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # those of a loop that is closed are of no use
            self._channels.clear()
            self._methods.clear()
            self._loop = loop
        channel = self._channels.get(address)
        if channel is None:
            credentials = self.access.channel_credentials()
            options = _options(self.access)
            if credentials is None:
                channel = insecure_channel(address, options)
            else:
                channel = secure_channel(address, credentials, options)
            self._channels[address] = channel
        return channel

    def execute(self, address: str) -> Execute:
        """Give the method of an address that has an agent work."""
        channel = self.at(address)
        method = self._methods.get(address)
        if method is None:
            method = self._methods[address] = channel.stream_stream(
                _PATH, None, pb.ExecuteResponse.FromString
            )
        return method

    async def reach(self, addresses: Sequence[str]) -> str:
        """Give the first address that can be reached, connecting where need be; empty for none.

        One that could not be reached a moment ago is passed over while there are others, and gets
        its next try where all are such.
        """
        states = [(address, self.at(address).get_state(True)) for address in addresses]
        for address, state in states:
            if state is State.READY:
                return address
            if state is not State.TRANSIENT_FAILURE and await self._connected(address, _CONNECT_S):
                return address
        for address, state in states:
            if state is State.TRANSIENT_FAILURE and await self._connected(
                address, _AGAIN_S / len(states), patient=True
            ):
                return address
        return ""

    def connect(self, addresses: Sequence[str]) -> None:
        """Begin to connect, without waiting."""
        for address in addresses:
            self.at(address).get_state(True)

    def reachable(self, addresses: Sequence[str]) -> bool:
        """Tell whether one of them is connected, or was never found to be out of reach."""
        bad = (State.TRANSIENT_FAILURE, State.SHUTDOWN)
        return any(self.at(address).get_state() not in bad for address in addresses)

    async def why_not(self, address: str) -> str:
        """Say why an address cannot be reached, in gRPC's words."""
        probe: UnaryUnaryMultiCallable[bytes, bytes] = self.at(address).unary_unary(_PROBE)
        try:
            await probe(b"", timeout=_PROBE_S)
        except AioRpcError as error:
            if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
                return "no answer"
            return (error.details() or error.code().name).rpartition("last error: ")[2]
        return "it answers again"

    async def close(self) -> None:
        """Close them all; calls under way break off."""
        channels, self._channels = list(self._channels.values()), {}
        self._methods.clear()
        if self._loop is asyncio.get_running_loop():
            for channel in channels:
                await channel.close()

    async def _connected(self, address: str, within_s: float, *, patient: bool = False) -> bool:
        """Wait for a connection; only the patient wait on after a try that failed."""
        channel = self.at(address)
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while True:
                    state = channel.get_state(True)
                    if state is State.READY:
                        return True
                    if state is State.SHUTDOWN:
                        return False
                    if state is State.TRANSIENT_FAILURE and not patient:
                        return False
                    await channel.wait_for_state_change(state)
        return False


def _options(access: Access) -> list[tuple[str, str | int]]:
    return [
        *message_limit(access),
        ("grpc.keepalive_time_ms", 20_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 2_000),
        ("grpc.max_reconnect_backoff_ms", _RECONNECT_MS),
        # One process's trouble with an address is no other's.
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.service_config", _ROUND_ROBIN),
    ]


def message_limit(access: Access) -> list[tuple[str, str | int]]:
    """Give gRPC's options for the longest message."""
    return [
        ("grpc.max_receive_message_length", access.message_bytes),
        ("grpc.max_send_message_length", access.message_bytes),
    ]
