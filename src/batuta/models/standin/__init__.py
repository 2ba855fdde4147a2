"""A stand-in for the vendors: serves any Model of ours on loopback in their wire formats."""

from batuta.core.model import STAND_IN_SUFFIX
from batuta.models.standin.server import Listen, StandIn, serve_standin, standin_in_thread
from batuta.models.standin.wire import STAND_IN_HEADER, Exchange, Wire

__all__ = [
    "STAND_IN_HEADER",
    "STAND_IN_SUFFIX",
    "Exchange",
    "Listen",
    "StandIn",
    "Wire",
    "serve_standin",
    "standin_in_thread",
]
