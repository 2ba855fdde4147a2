"""A stand-in for the vendors: serves any Model of ours on loopback in their wire formats."""

from batuta.core.model import STAND_IN_SUFFIX
from batuta.core.wire import STAND_IN_HEADER
from batuta.standin.local_agent import LocalBedrockAgent
from batuta.standin.served_agent import Intervention, Passage, ServedAgent
from batuta.standin.server import Listen, StandIn, serve_standin, standin_in_thread
from batuta.standin.wire import Exchange, Wire

__all__ = [
    "STAND_IN_HEADER",
    "STAND_IN_SUFFIX",
    "Exchange",
    "Intervention",
    "Listen",
    "LocalBedrockAgent",
    "Passage",
    "ServedAgent",
    "StandIn",
    "Wire",
    "serve_standin",
    "standin_in_thread",
]
