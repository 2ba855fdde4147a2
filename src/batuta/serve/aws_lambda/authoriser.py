"""Who is asking, where API Gateway has asked already: the claims of its authoriser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from batuta.core.principal import READ, WRITE, Principal
from batuta.serve.http.problems import Refused

SCOPES = {"batuta/read": READ, "batuta/write": WRITE}
"""Scopes of a token that limit what its bearer may do; a token with none of them may do all."""


class Authorised:
    """The principal whom API Gateway let in: a JWT's subject, or an IAM identity.

    A Lambda process answers one event at a time, so one event's context is kept at once.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
    and http-api-develop-integrations-lambda.html, read 2025-11.
    """

    proves = True

    def __init__(self) -> None:
        self._context: Mapping[str, Any] = {}

    def take(self, event: Mapping[str, Any]) -> None:
        """Keep the request context of the event that is to be answered."""
        self._context = _object(event.get("requestContext"))

    def caller(self, headers: Mapping[str, str]) -> Principal:
        """Give the principal that the authoriser found; headers prove nothing here.

        Raises:
            Refused: The request came past no authoriser.
        """
        authoriser = _object(self._context.get("authorizer"))
        claims = _object(_object(authoriser.get("jwt")).get("claims"))
        subject = claims.get("sub")
        if isinstance(subject, str) and subject:
            name = claims.get("name") or claims.get("email") or ""
            return Principal(subject, str(name), _permissions(authoriser))
        arn = _object(authoriser.get("iam")).get("userArn")
        if isinstance(arn, str) and arn:
            return Principal(arn, arn.rpartition("/")[2])
        raise Refused(
            401,
            "unauthenticated",
            "Send a token that the API's authoriser knows, or sign with IAM.",
        )


def _permissions(authoriser: Mapping[str, Any]) -> frozenset[str]:
    jwt = _object(authoriser.get("jwt"))
    listed: Any = jwt.get("scopes") or str(_object(jwt.get("claims")).get("scope", "")).split()
    given = frozenset(SCOPES[scope] for scope in map(str, listed) if scope in SCOPES)
    return given or frozenset({READ, WRITE})


def _object(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
