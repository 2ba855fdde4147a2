"""Show runs in Arize Phoenix, from its own package, and compare what it says with the ledger.

Run: ``make observe`` starts it, talks under every style, prints its address and waits for Ctrl-C.
``make outside`` compares, and writes down what came of it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
UV = str(ROOT / "scripts/uv.sh")
PHOENIX = "arize-phoenix==20.26.1"
STYLES = "abdefh"
SAID = ("Book a court tomorrow at 3pm", "What is open on Friday?")
START_S = 600.0
HEAD = "| style | runs | spans | kinds | sessions | tokens by Phoenix | tokens by the ledger |"


def started(stack: ExitStack) -> str:
    """Start Phoenix in a folder of its own; gives its address.

    Raises:
        SystemExit: It did not answer in time.
    """
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    port = _free_port()
    environment = {
        **os.environ,
        "PHOENIX_WORKING_DIR": folder,
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(_free_port()),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    process = stack.enter_context(
        subprocess.Popen(  # noqa: S603 - our own words
            [UV, "tool", "run", "--from", PHOENIX, "phoenix", "serve"],
            env=environment, cwd=folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
    )  # fmt: skip
    stack.callback(process.terminate)
    address, until = f"http://127.0.0.1:{port}", time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(f"{address}/healthz"):  # noqa: S310 - our own server
                return address
        except (URLError, ConnectionError):
            time.sleep(0.5)
    raise SystemExit("Phoenix did not start.")


def told(address: str, home: str, style: str) -> list[dict[str, Any]]:
    """Hold conversations under a style, told to Phoenix; gives the ledger of its runs."""
    environment = {
        **os.environ,
        "BATUTA_HOME": f"{home}/{style}",
        "OTEL_EXPORTER_OTLP_ENDPOINT": address,
        "OTEL_RESOURCE_ATTRIBUTES": f"openinference.project.name=batuta-{style}",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "span_only",
    }
    batuta = [sys.executable, "-m", "batuta"]
    for said in SAID:
        subprocess.run(  # noqa: S603 - our own words
            [*batuta, "chat", "--style", style, "--message", said],
            env=environment, check=True, capture_output=True,
        )  # fmt: skip
    shown = subprocess.run(  # noqa: S603 - our own words
        [*batuta, "cost", "--by", "run", "--json"], env=environment, check=True, capture_output=True
    )
    return json.loads(shown.stdout)


def table(address: str, home: str) -> tuple[str, list[str]]:
    """Compare style by style; gives the page's table and what is wrong."""
    rows, wrong = [HEAD, "|---|---|---|---|---|---|---|"], list[str]()
    for style in STYLES:
        ledger = told(address, home, style)
        spent = sum(run["input_tokens"] + run["output_tokens"] for run in ledger)
        spans = _spans(address, style, len(ledger))
        kinds = Counter(span["span_kind"] for span in spans)
        known = {span["context"]["span_id"] for span in spans}
        orphans = [s["name"] for s in spans if s["parent_id"] and s["parent_id"] not in known]
        roots = sum(not span["parent_id"] for span in spans)
        counted = sum(_tokens(span["attributes"]) for span in spans)
        sessions = {span["attributes"].get("session.id") for span in spans}
        if counted != spent or orphans or "UNKNOWN" in kinds or roots != len(ledger):
            wrong.append(f"{style}: {counted} for {spent}, {orphans}, {dict(kinds)}, {roots} roots")
        shown = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        rows.append(
            f"| {style.upper()} | {roots} | {len(spans)} | {shown} | {len(sessions)} "
            f"| {counted:,} | {spent:,} |"
        )
    return "\n".join(rows), wrong


def _spans(address: str, style: str, runs: int) -> list[dict[str, Any]]:
    """Read what Phoenix has of a style, once all of its runs are there."""
    found: list[dict[str, Any]] = []
    for _ in range(60):
        try:
            where = f"{address}/v1/projects/batuta-{style}/spans?limit=1000"
            with urlopen(where) as answer:  # noqa: S310 - our own server
                found = json.load(answer)["data"]
        except URLError:
            found = []
        if sum(not span["parent_id"] for span in found) >= runs:
            break
        time.sleep(0.5)
    return found


def _tokens(attributes: dict[str, Any]) -> int:
    names = ("llm.token_count.prompt", "llm.token_count.completion")
    return sum(int(attributes.get(name, 0)) for name in names)


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def main() -> None:
    """Start it, fill it, print where it is, and wait."""
    with ExitStack() as stack:
        print("Starting Phoenix (its package is fetched once) …", flush=True)
        address = started(stack)
        home = stack.enter_context(tempfile.TemporaryDirectory())
        shown, wrong = table(address, home)
        print(shown, *wrong, sep="\n")
        print(f"\nLook at {address} (Ctrl-C stops it). To send yours there:")
        print(f"  OTEL_EXPORTER_OTLP_ENDPOINT={address} batuta chat", flush=True)
        if "--once" in sys.argv:
            raise SystemExit(bool(wrong))
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
