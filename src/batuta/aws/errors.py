"""What went wrong at AWS, in one word and the same for every service.

Whoever calls says which error of ours that is. botocore's exceptions are known by name: what merely
asks about them need not load it.

Source: https://docs.aws.amazon.com/general/latest/gr/api-error-codes.html (read 2025-11), and
botocore's own exceptions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, cast

from batuta.core.redaction import redacted, redacted_text
from batuta.core.wire import ReplyTooLong
from batuta.errors import causes

AwsFailureKind = Literal[
    "throttled",  # nothing was done, and a later try may be let through
    "unavailable",  # AWS's own fault, which may pass
    "denied",  # no right to it
    "unknown_caller",  # AWS does not accept who is asking
    "missing",  # there is no such thing
    "rejected",  # any other answer that is an error
    "no_credentials",  # none were found: nothing was sent
    "no_region",  # none was found: nothing was sent
    "unsent",  # no connection was made
    "lost",  # it was sent, and no whole answer came
    "too_long",  # the reply is longer than is read
    "misused",  # botocore cannot use what is set, or what it was given
]

NO_CREDENTIALS = frozenset(
    "NoCredentialsError PartialCredentialsError CredentialRetrievalError TokenRetrievalError "
    "SSOTokenLoadError UnauthorizedSSOTokenError".split()
)
"""Names of what botocore raises where it finds no credentials."""

NOT_SENT = frozenset(
    "NewConnectionError NameResolutionError ConnectTimeoutError SSLError EndpointConnectionError "
    "ProxyConnectionError ConnectionRefusedError gaierror".split()
)
"""Names of what botocore, its HTTP library and the system raise before a request has left."""

_TRANSPORT = frozenset(  # ParserError: a frame of a stream has other bytes than were sent
    "HTTPClientError ConnectionError WaiterError HTTPError ParserError".split()
)
_CODES: dict[AwsFailureKind, str] = {
    "throttled": "throttl ec2throttl toomanyrequests requestlimitexceeded limitexceeded "
    "provisionedthroughputexceeded servicequota",
    "denied": "accessdenied kmsaccessdenied",
    "unknown_caller": "unrecognizedclient invalidsignature incompletesignature invalidtoken "
    "missingauthenticationtoken expiredtoken invalidclienttokenid signaturedoesnotmatch",
    "missing": "resourcenotfound",
    "unavailable": "internalserver internalfailure badgateway serviceunavailable modelnotready "
    "conflict 500 502 503 504",
}
"""How AWS's codes begin, in lower case."""


class AwsFailure(NamedTuple):
    """What went wrong.

    Args:
        code: AWS's own; empty where AWS did not answer.
        said: In AWS's words, else in botocore's; without secrets.
        status: Of the HTTP answer; None where there was none.
    """

    kind: AwsFailureKind
    code: str
    said: str
    status: int | None = None


def raised_by_aws() -> tuple[type[Exception], ...]:
    """Give what a call may raise: by botocore, its HTTP library, the system and the guard."""
    try:
        from botocore.eventstream import ParserError  # pyright: ignore[reportMissingTypeStubs]
        from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
            BotoCoreError,
            ClientError,
        )
        from urllib3.exceptions import HTTPError
    except ModuleNotFoundError:
        return OSError, ReplyTooLong
    return BotoCoreError, ClientError, HTTPError, OSError, ParserError, ReplyTooLong


def aws_failure(raised: Exception) -> AwsFailure:
    """Tell what an exception of a call, or from the middle of its stream, stands for."""
    for link in causes(raised):
        if isinstance(link, ReplyTooLong):
            return AwsFailure("too_long", "", str(link))
    answered = answer_of(raised)
    if answered:
        error = answered.get("Error", {})
        code = str(error.get("Code", ""))
        said = redacted(str(error.get("Message") or code or "no reason given")).rstrip(". ")
        status = answered.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return AwsFailure(_kind_of(code), code, said, status)
    return AwsFailure(_unanswered(raised), "", redacted_text(raised).rstrip("."))


def answer_of(raised: BaseException) -> Mapping[str, Any]:
    """Give what AWS answered instead of doing what was asked; empty where it did not answer."""
    response: object = getattr(raised, "response", None)  # botocore has None where none came
    return cast("Mapping[str, Any]", response) if isinstance(response, Mapping) else {}


def _kind_of(code: str) -> AwsFailureKind:
    lowered = code.lower()
    for kind, beginnings in _CODES.items():
        if lowered.startswith(tuple(beginnings.split())):
            return kind
    return "rejected"


def _unanswered(raised: BaseException) -> AwsFailureKind:
    names = {kind.__name__ for kind in type(raised).__mro__}
    if names & NO_CREDENTIALS:
        return "no_credentials"
    if "NoRegionError" in names:
        return "no_region"
    if not names & _TRANSPORT and not isinstance(raised, OSError):
        return "misused"
    unsent = any(type(link).__name__ in NOT_SENT for link in causes(raised))
    return "unsent" if unsent else "lost"
