"""The doors: thin, they authenticate, limit, run and map errors."""

from batuta.serve.http import create_app
from batuta.serve.server import serve

__all__ = ["create_app", "serve"]
