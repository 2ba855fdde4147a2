"""Who talks to other machines does so over TLS, unless told that the network is safe."""

from __future__ import annotations

from pathlib import Path

import pytest

from batuta.errors import ConfigError
from batuta.hosting import ServiceSpec, Target, check_listening, host, placed
from batuta.settings import Settings
from batuta.styles import app_style
from batuta.wiring import open_app

ANYWHERE = ("0.0.0.0", "::", "", "192.0.2.1", "example.org")  # noqa: S104 - refused


@pytest.mark.parametrize("where", ANYWHERE)
def test_plain_text_is_refused_beyond_this_machine(where: str) -> None:
    with pytest.raises(ConfigError, match="--no-tls"):
        check_listening(where, Settings(), plain=False)
    check_listening(where, Settings(), plain=True)
    check_listening(where, Settings(tls_cert="cert.pem", tls_key="key.pem"), plain=False)


@pytest.mark.parametrize("where", ["127.0.0.1", "localhost", "::1", "127.3.2.1"])
def test_this_machine_alone_needs_no_tls(where: str) -> None:
    check_listening(where, Settings(), plain=False)


async def test_host_and_placed_look_before_they_begin(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, host=ANYWHERE[0])
    with pytest.raises(ConfigError, match="--no-tls"):
        await host(Target.parse("tennis:book"), settings)
    app = await open_app("tennis", settings)
    try:
        spec = ServiceSpec(app_name="tennis", style=app_style(app, "c", settings), host=ANYWHERE[0])
        with pytest.raises(ConfigError, match="--no-tls"):
            async with placed(spec):
                raise AssertionError("unreachable: it is refused")
    finally:
        assert app.close is not None
        await app.close()
