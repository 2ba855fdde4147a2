"""LiteLLM's proxy, from its package, before the OpenAI-compatible door."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

UV = str(Path(__file__).resolve().parents[1] / "scripts/uv.sh")
PROXY = "litellm[proxy]==1.108.7"
_START_S = 300.0


@contextmanager
def litellm(address: str, styles: Sequence[str]) -> Generator[tuple[str, str]]:
    """Start it with every style as a model of its own; gives its address and its key."""
    key = f"sk-{secrets.token_hex(24)}"
    told = {"model_list": [_model(address, each) for each in styles]}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        config = {**told, "general_settings": {"master_key": key}}
        (Path(home) / "config.yaml").write_text(json.dumps(config))  # which is YAML too
        words = [UV, "tool", "run", "--from", PROXY, "litellm", "--config", "config.yaml"]
        process = subprocess.Popen(  # noqa: S603 - our own words
            [*words, "--host", "127.0.0.1", "--port", str(port)], cwd=home,
            env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield once_ready(f"http://127.0.0.1:{port}", "/health/liveliness", process), key
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _model(address: str, style: str) -> dict[str, object]:
    there = {"api_base": f"{address}/v1", "api_key": "none"}
    return {
        "model_name": f"batuta-{style}",
        "litellm_params": {"model": f"openai/batuta-{style}", **there},
    }


def once_ready(address: str, path: str, process: subprocess.Popen[bytes]) -> str:
    """Wait until a server answers, and give its address."""
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(address + path, timeout=5):  # noqa: S310 - our own server
                return address
        except (URLError, OSError):
            time.sleep(0.5)
    raise SystemExit(f"What should listen at {address} did not start.")
