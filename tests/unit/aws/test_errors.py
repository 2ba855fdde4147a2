"""One word for whatever goes wrong at AWS, the same for every service."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from botocore import exceptions as theirs
from botocore.eventstream import ChecksumMismatch, InvalidPayloadLength
from urllib3 import exceptions as http

from batuta.aws.errors import answer_of, aws_failure, raised_by_aws
from batuta.core.wire import ReplyTooLong

URL = "https://lambda.eu-west-1.amazonaws.com"


def refusal(code: str, message: str = "no", status: int = 400) -> Exception:
    answer: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return theirs.ClientError(answer, "Invoke")


@pytest.mark.parametrize(
    "row",
    [
        (
            "throttled",
            *("ThrottlingException", "Throttling", "ThrottledException", "EC2ThrottledException"),
            *("TooManyRequestsException", "RequestLimitExceeded", "LimitExceededException"),
            *("ProvisionedThroughputExceededException", "ServiceQuotaExceededException"),
        ),
        ("denied", "AccessDeniedException", "KMSAccessDeniedException"),
        (
            "unknown_caller",
            *("UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException"),
            *("IncompleteSignatureException", "MissingAuthenticationTokenException"),
            *("InvalidClientTokenId", "SignatureDoesNotMatch"),
        ),
        ("missing", "ResourceNotFoundException"),
        (
            "unavailable",
            *("InternalServerError", "InternalServerException", "InternalFailure", "500", "502"),
            *("BadGatewayException", "ServiceUnavailable", "ServiceUnavailableException", "503"),
            *("ModelNotReadyException", "ConflictException", "504"),
        ),
        ("rejected", "ValidationException", "DependencyFailedException", "Unknown"),
    ],
    ids=lambda row: row[0],
)
def test_what_aws_answered_is_known_by_its_code(row: tuple[str, ...]) -> None:
    kind, *codes = row
    for code in codes:
        assert aws_failure(refusal(code, "No. ", 429)) == (kind, code, "No", 429)


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (theirs.NoCredentialsError(), "no_credentials"),
        (theirs.CredentialRetrievalError(provider="x", error_msg="y"), "no_credentials"),
        (theirs.NoRegionError(), "no_region"),
        (theirs.EndpointConnectionError(endpoint_url=URL), "unsent"),
        (theirs.ConnectTimeoutError(endpoint_url=URL), "unsent"),
        (theirs.ProxyConnectionError(proxy_url=URL), "unsent"),
        (theirs.SSLError(endpoint_url=URL, error="x"), "unsent"),
        (ConnectionRefusedError("no"), "unsent"),
        (theirs.ReadTimeoutError(endpoint_url=URL), "lost"),
        (theirs.ConnectionClosedError(endpoint_url=URL), "lost"),
        (http.ProtocolError("broken"), "lost"),
        (ConnectionResetError("reset"), "lost"),
        (ChecksumMismatch(1, 2), "lost"),
        (InvalidPayloadLength(1), "lost"),
        (theirs.ParamValidationError(report="x"), "misused"),
        (theirs.ProfileNotFound(profile="x"), "misused"),
        (ReplyTooLong(10), "too_long"),
    ],
    ids=lambda given: type(given).__name__ if isinstance(given, Exception) else given,
)
def test_what_aws_did_not_answer_is_known_by_its_class(raised: Exception, kind: str) -> None:
    assert isinstance(raised, raised_by_aws())
    failure = aws_failure(raised)
    assert (failure.kind, failure.code, failure.status) == (kind, "", None)
    assert answer_of(raised) == {}


def test_a_connection_that_was_refused_is_seen_behind_what_came_of_it() -> None:
    raised = theirs.HTTPClientError(error="x")
    raised.__cause__ = ConnectionRefusedError("no")
    assert aws_failure(raised).kind == "unsent"


def test_no_secret_is_told() -> None:
    said = aws_failure(refusal("ValidationException", "token=abc123 is wrong")).said
    assert said == "[secret] is wrong"
    assert "hunter2" not in aws_failure(OSError("https://ana:hunter2@proxy is down")).said


def test_what_aws_says_without_words_is_told_by_its_code() -> None:
    assert aws_failure(refusal("Odd", "")).said == "Odd"
    assert aws_failure(refusal("", "")).said == "no reason given"


def test_it_can_be_asked_where_botocore_is_not_installed() -> None:
    code = (
        "import sys\n"
        "sys.modules['botocore'] = None\n"
        "from batuta.aws.errors import aws_failure, raised_by_aws\n"
        "print(aws_failure(OSError('x')).kind, issubclass(OSError, raised_by_aws()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["lost", "True"]
