"""Mends the API's description where the framework cannot know better."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from batuta.serve.http.problems import PROBLEM_JSON

_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def describe(app: FastAPI, *, keys: bool) -> None:
    """Let the app describe itself, errors as problems and keys as security.

    Args:
        keys: Whether callers must prove who they are.
    """

    def openapi() -> dict[str, Any]:
        if not app.openapi_schema:
            made = get_openapi(title=app.title, version=app.version, routes=app.routes)
            _as_problems(made)
            if keys:
                made["components"]["securitySchemes"] = _SCHEMES
                made["security"] = [{name: []} for name in _SCHEMES]
                for path in ("/health", "/health/ready"):
                    made["paths"][path]["get"]["security"] = []
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = openapi


def _as_problems(made: dict[str, Any]) -> None:
    for path in made["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                if status >= "400" and len(content) == 1:
                    response["content"] = {PROBLEM_JSON: content.popitem()[1]}
