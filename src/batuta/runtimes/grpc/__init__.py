"""Agents as services, over gRPC: ``Host`` serves them, ``connect`` makes one of them an Agent here.

Needs the extra ``grpc``; ``wiring`` says so where it is missing.
"""

from batuta.runtimes.grpc.access import Access
from batuta.runtimes.grpc.client import RemoteAgent, connect
from batuta.runtimes.grpc.host import Host
from batuta.runtimes.grpc.runtime import GrpcRuntime

__all__ = ["Access", "GrpcRuntime", "Host", "RemoteAgent", "connect"]
