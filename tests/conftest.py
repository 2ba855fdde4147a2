"""What holds for every test: no keys, no network but this machine, and luck that repeats."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

LOOPBACK = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "::", "", None}  # noqa: S104 - only compared
# Whatever would make a test depend on the shell that it was started from.
FOREIGN = (
    *("ANTHROPIC_", "AWS_", "AZURE_", "BATUTA_", "BEDROCK_", "GEMINI_", "GOOGLE_", "GROQ_"),
    *("LANGFUSE_", "LOGFIRE_", "MISTRAL_", "OPENAI_", "OTEL_"),
)

# At import rather than in a fixture: modules under test and child processes must not see them.
for _name in [name for name in os.environ if name.startswith(FOREIGN)]:
    del os.environ[_name]
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "localhost,127.0.0.1,::1"
os.environ["OPENAI_AGENTS_DISABLE_TRACING"] = "1"

settings.register_profile("here", deadline=None)
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(autouse=True, scope="session")
def closed_name_service() -> Iterator[None]:
    """Refuse to look up other machines' names; pytest-socket refuses to connect to them."""
    resolve = socket.getaddrinfo

    def refuse_strangers(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in LOOPBACK:
            raise socket.gaierror(socket.EAI_NONAME, f"tests may not look up {name}")
        return resolve(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", refuse_strangers)
        yield
