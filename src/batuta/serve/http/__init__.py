"""The HTTP door: chat, sessions, runs and their events, with keys, limits and problem+json.

Its parts serve other doors too, which load no web framework: what does is imported when used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batuta.serve.http.app import create_app
    from batuta.serve.http.server import Watch, serve

__all__ = ["Watch", "create_app", "serve"]


def __getattr__(name: str) -> Any:
    if name == "create_app":
        from batuta.serve.http.app import create_app

        return create_app
    if name in ("Watch", "serve"):
        from batuta.serve.http import server

        return getattr(server, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
