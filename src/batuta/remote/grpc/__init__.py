"""Agents as services, over gRPC: ``Host`` serves them, ``connect`` makes one of them an Agent here.

Needs the extra ``grpc``; ``wiring`` says so where it is missing.
"""

from batuta.remote.grpc.access import Access
from batuta.remote.grpc.client import RemoteAgent, connect
from batuta.remote.grpc.host import Host

__all__ = ["Access", "Host", "RemoteAgent", "connect"]
