"""LiteLLM's proxy, from its package, before the OpenAI-compatible door."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from foreign_processes import free_port, once_ready

UV = str(Path(__file__).resolve().parents[1] / "scripts/uv.sh")
PROXY = "litellm[proxy]==1.108.7"


@contextmanager
def litellm(address: str, styles: Sequence[str]) -> Generator[tuple[str, str]]:
    """Start it with every style as a model of its own; gives its address and its key."""
    key = f"sk-{secrets.token_hex(24)}"
    told = {"model_list": [_model(address, each) for each in styles]}
    port = free_port()
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
