"""Which network addresses are public: nobody may make this process ask what stands beside it.

Source: IANA's special-purpose address registries, as ``ipaddress`` has them; RFC 6052 and RFC 3056
for IPv4 addresses within IPv6 ones.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Gives the addresses of a host."""
_NAT64 = IPv6Network("64:ff9b::/96")
_LOW_32 = 0xFFFFFFFF


def is_public(address: str) -> bool:
    """Tell whether an address is one of the open internet, also within another one.

    >>> is_public("93.184.215.14"), is_public("::ffff:127.0.0.1"), is_public("169.254.169.254")
    (True, False, False)
    """
    try:
        return all(map(_is_public, _meant(ip_address(address.partition("%")[0]))))
    except ValueError:
        return False


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _meant(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """List the addresses that one stands for: an IPv4 one may stand within an IPv6 one."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in _NAT64:
        return [IPv4Address(int(address) & _LOW_32)]
    inner = [address.sixtofour, *(address.teredo or ())]
    return [address, *(each for each in inner if each is not None)]


async def resolved(host: str, port: int) -> list[str]:
    """Look a host up.

    Raises:
        OSError: It has no address.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(where[0]) for *_, where in found))
