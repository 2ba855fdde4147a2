"""Mends the API's description where the framework cannot know better."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from batuta.core.model_settings import schema_of
from batuta.serve.http.door import KEY_HEADER, NOW_HEADER
from batuta.serve.http.problems import PROBLEM_JSON

_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What a door takes by its settings.

    Args:
        message_chars: Longest message.
        test_mode: Whether a request may say what time it is.
        settable: Names of the models' settings that a request may bring.
    """

    message_chars: int
    test_mode: bool
    settable: tuple[str, ...] = ()


def describe(app: FastAPI, taken: Taken, *, keys: bool) -> None:
    """Let the app describe itself, errors as problems and keys as security.

    Args:
        keys: Whether callers must prove who they are.
    """

    def openapi() -> dict[str, Any]:
        if not app.openapi_schema:
            made = get_openapi(title=app.title, version=app.version, routes=app.routes)
            _as_problems(made)
            for path, address in made["paths"].items():
                for operation in address.values():
                    _as_taken(operation, taken, addressed="{style}" in path)
            if keys:
                made["components"]["securitySchemes"] = _SCHEMES
                made["security"] = [{name: []} for name in _SCHEMES]
                for path in ("/health", "/health/ready"):
                    made["paths"][path]["get"]["security"] = []
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = openapi


def _as_taken(operation: dict[str, Any], taken: Taken, *, addressed: bool) -> None:
    """Say of a message how long it may be, and of a header whether it is taken at all.

    Args:
        addressed: The address names the style, so the body need not.
    """
    if not taken.test_mode and "parameters" in operation:
        kept = [each for each in operation["parameters"] if each["name"] != NOW_HEADER]
        operation["parameters"] = kept
    body = operation.get("requestBody")
    if body is None or KEY_HEADER not in [each["name"] for each in operation["parameters"]]:
        return  # no message
    for content in body["content"].values():
        content["schema"] = schema = deepcopy(content["schema"])
        schema["properties"]["message"]["maxLength"] = taken.message_chars
        settings = next(one for one in schema["properties"]["settings"]["anyOf"] if len(one) > 1)
        settings["additionalProperties"] = False
        settings["properties"] = {name: schema_of(name) for name in taken.settable}
        if addressed:
            del schema["properties"]["style"]


def _as_problems(made: dict[str, Any]) -> None:
    for path in made["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                if status >= "400" and len(content) == 1:
                    response["content"] = {PROBLEM_JSON: content.popitem()[1]}
