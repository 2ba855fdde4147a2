"""The HTTP door: chat, sessions, runs and their events, with keys, limits and problem+json."""

from batuta.serve.http.app import create_app
from batuta.serve.http.server import Watch, serve

__all__ = ["Watch", "create_app", "serve"]
