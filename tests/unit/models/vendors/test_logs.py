"""With every logger at DEBUG, no secret is in a log, a trace, an error or a representation."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncIterator, Iterator

import pytest

from batuta.core.model import Emit, ModelReply, ModelRequest
from batuta.core.redaction import Secret, masked
from batuta.core.run import Run
from batuta.errors import ModelError
from batuta.models.vendors import PROVIDERS, VendorAccess, VendorModel
from batuta.offline import OfflineModel
from batuta.standin import StandIn, Wire, serve_standin
from tests.unit.core.rig import HELLO, ran

KEY = "key-of-ours-5d41402abc4b2a76"
AWS_SECRET = "wJalrXUtnFEMI7MDENGbPxRfiCYEXAMPLEKEY"
AWS_TOKEN = "FwoGZXIvYXdzEXAMPLE7QyTOKEN9xyz"
PASSWORD = "hunter2-of-the-gateway"
SECRETS = (KEY, AWS_SECRET, AWS_TOKEN, PASSWORD)


class Everything(logging.Handler):
    """Keeps what every logger says, as a log file would have it, tracebacks included."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.lines: list[str] = []
        self.names: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        self.names.add(record.name.partition(".")[0])
        self.lines.append(self.format(record))


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[Everything]:
    handler, root = Everything(), logging.getLogger()
    caplog.set_level(logging.NOTSET)
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE123456789")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", AWS_SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", AWS_TOKEN)


@pytest.fixture(params=["fine", "failing", "cut"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[StandIn]:
    wires = {"fine": Wire(), "failing": Wire(html_500=True), "cut": Wire(cut_after_events=1)}
    async with serve_standin(OfflineModel(), wires[request.param]) as made:
        yield made


class Telling:
    """Asks another model, and keeps the traceback of what it raises."""

    def __init__(self, inner: VendorModel) -> None:
        self.inner, self.told = inner, ""

    @property
    def name(self) -> str:
        return self.inner.name

    async def reply(self, request: ModelRequest, emit: Emit) -> ModelReply:
        try:
            return await self.inner.reply(request, emit)
        except ModelError as error:
            self.told = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
            raise


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_no_secret_is_told_anywhere(
    provider: str, server: StandIn, log: Everything, *, streamed: bool
) -> None:
    plain = provider in {"anthropic", "bedrock"}
    url = server.url if plain else server.openai_url
    if provider != "bedrock":  # boto3 takes no password in a URL
        url = url.replace("://", f"://ana:{PASSWORD}@")
    access = VendorAccess(key=Secret(KEY), base_url=url, region="us-east-1")
    inner = VendorModel(f"{provider}:offline{'.' if provider == 'bedrock' else '-'}rules", access)
    model = Telling(inner)

    async def ask(run: Run) -> str:
        return (await run.ask([HELLO])).text

    record = await ran(ask, model=model, listener=(lambda _: None) if streamed else None)
    await inner.aclose()

    assert len(server.requests) == record.model_calls
    libraries = {"anthropic": "anthropic", "bedrock": "botocore"}
    assert libraries.get(provider, "openai") in log.names
    told = "\n".join([*log.lines, str(record.to_json()), model.told, repr(inner), repr(access)])
    assert [secret for secret in SECRETS if secret in told] == []


@pytest.mark.parametrize(
    "text",
    [
        f"x-amz-security-token:{AWS_TOKEN}",
        f"{{'X-Amz-Security-Token': b'{AWS_TOKEN}', 'Host': b'x'}}",
        f"<SecretAccessKey>{AWS_SECRET}</SecretAccessKey>",
        f"<SessionToken>{AWS_TOKEN}</SessionToken>",
        f'"SecretAccessKey" : "{AWS_SECRET}"',
        f"POST http://ana:{PASSWORD}@gateway/v1",
    ],
)
def test_what_libraries_write_of_secrets_is_masked(text: str) -> None:
    assert [secret for secret in SECRETS if secret in masked(text)] == []


def test_a_secret_in_a_logged_traceback_is_masked(log: Everything) -> None:
    from batuta.core.redaction import mask_logs

    logger = logging.getLogger("strange_library.inner")
    mask_logs("strange_library")
    failure = RuntimeError(f"no connection to http://ana:{PASSWORD}@gateway")
    logger.error("failed with token=%s", AWS_TOKEN, exc_info=failure)
    logger.debug("%d files", "many")  # cannot be read
    assert len(log.lines) == 1
    assert "RuntimeError: no connection to http://[secret]@gateway" in log.lines[0]
    assert [secret for secret in SECRETS if secret in log.lines[0]] == []
