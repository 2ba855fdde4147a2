"""Secret settings come from Secrets Manager, by boto3's own client over a real socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, cast

import pytest

from batuta.errors import ConfigError
from batuta.settings import read_settings
from batuta.settings.secrets import environment_with_secrets

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:batuta-AbCdEf"
KEY = "sk-made-up-1234567890"


class SecretsManager(HTTPServer):
    """Answers ``GetSecretValue`` with what it holds."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.status, self.answer = 200, dict[str, Any]()
        self.asked: list[tuple[str, Any]] = []

    def holds(self, text: str) -> None:
        self.answer = {"ARN": ARN, "Name": "batuta", "SecretString": text}


class _Asked(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  its own word
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        manager = cast("SecretsManager", self.server)
        manager.asked.append((self.headers["X-Amz-Target"], body))
        raw = json.dumps(manager.answer).encode()
        self.send_response(manager.status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretsManager]:
    server = SecretsManager()
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_secret_s_values_are_settings_like_others(manager: SecretsManager) -> None:
    manager.holds(json.dumps({"OPENAI_API_KEY": KEY, "BATUTA_SECRET": "signs"}))
    given = {"BATUTA_SECRETS_ARN": ARN, "BATUTA_STYLE": "d", "OPENAI_API_KEY": "an older one"}

    made = read_settings(environment_with_secrets(given))

    assert manager.asked == [("secretsmanager.GetSecretValue", {"SecretId": ARN})]
    assert made.vendors["openai"].key.reveal() == KEY
    assert (made.secret.reveal(), made.style) == ("signs", "d")


def test_without_a_secret_aws_is_not_asked(manager: SecretsManager) -> None:
    assert environment_with_secrets({"BATUTA_STYLE": "d"}) == {"BATUTA_STYLE": "d"}
    assert manager.asked == []


@pytest.mark.parametrize("text", [KEY, json.dumps([KEY]), json.dumps({"OPENAI_API_KEY": [KEY]})])
def test_a_secret_of_another_form_is_refused_and_not_shown(
    manager: SecretsManager, text: str
) -> None:
    manager.holds(text)
    with pytest.raises(ConfigError, match="no JSON object") as caught:
        environment_with_secrets({"BATUTA_SECRETS_ARN": ARN})
    assert KEY not in str(caught.value)


def test_a_role_without_the_right_says_which_it_needs(manager: SecretsManager) -> None:
    manager.status = 400
    manager.answer = {"__type": "AccessDeniedException", "Message": "not authorized"}
    with pytest.raises(ConfigError, match=r"AccessDenied.*GetSecretValue"):
        environment_with_secrets({"BATUTA_SECRETS_ARN": ARN})
