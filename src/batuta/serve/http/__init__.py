"""The HTTP door: chat, sessions, runs and their events, with keys, limits and problem+json."""

from batuta.serve.http.app import create_app
from batuta.serve.http.server import serve

__all__ = ["create_app", "serve"]
