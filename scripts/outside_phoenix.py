"""Show runs in Arize Phoenix, from its own package, and compare what it says with the ledger.

Run: ``make observe`` starts it, runs the demo into it, prints its address and waits for Ctrl-C.
``make outside`` compares, and writes down what came of it. Phoenix lives in an environment of uv's,
never in the project's.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from foreign_processes import free_port

from batuta import (
    RAG,
    Document,
    Message,
    ModelReply,
    Retriever,
    ScriptedModel,
    Session,
    SqliteDocuments,
    Usage,
    local_runtime,
)
from batuta.core.budget import Budget
from batuta.core.clock import machine_ns
from batuta.core.record import RunRecord
from batuta.core.runtime import RunOptions
from batuta.core.spending import CallSpending, spending_of
from batuta.settings import Settings
from batuta.settings.telemetry import read_telemetry
from batuta.telemetry.span_tree import EndedRun, span_tree
from batuta.wiring.storage import open_records
from batuta.wiring.telemetry import span_receivers

ROOT = Path(__file__).resolve().parents[1]
UV = str(ROOT / "scripts/uv.sh")
PHOENIX = "arize-phoenix==20.26.1"
PROJECT = "default"
START_S, READ_S = 900.0, 60.0
HEAD = "| style | runs | spans | kinds | sessions | tokens by Phoenix | tokens by the ledger |"
OPENS = ModelReply(
    "It opens at seven [[hours]].", usage=Usage(1_000, 60, 300, 20, 100), model="scripted:lines"
)
"""With cached, reasoning and written tokens, which the demo's model has none of."""
_TOKENS = ("llm.token_count.prompt", "llm.token_count.completion")
Tree = frozenset[tuple[str, str | None]]


@dataclass(kw_only=True)
class Side:
    """What one side says of a style's runs: Phoenix, or what is kept here."""

    spans: int = 0
    kinds: Counter[str] = field(default_factory=Counter[str])
    trees: dict[str, Tree] = field(default_factory=dict[str, Tree])
    sessions: dict[str, int] = field(default_factory=dict[str, int])
    tokens: int = 0


def started(stack: ExitStack) -> str:
    """Start Phoenix in a folder of its own; gives its address.

    Raises:
        SystemExit: It did not answer in time.
    """
    folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
    port = free_port()
    environment = {
        **os.environ,
        "PHOENIX_WORKING_DIR": folder,
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(free_port()),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    process = stack.enter_context(
        subprocess.Popen(  # noqa: S603 - our own words
            [UV, "tool", "run", "--quiet", "--from", PHOENIX, "phoenix", "serve"],
            env=environment, cwd=folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
    )  # fmt: skip
    stack.callback(process.terminate)
    address, until = f"http://127.0.0.1:{port}", time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with suppress(URLError, ConnectionError), urlopen(f"{address}/healthz"):  # noqa: S310
            return address
        time.sleep(0.5)
    raise SystemExit("Phoenix did not start.")


def demo(address: str, home: str, *words: str) -> None:
    """Hold the demo's conversations under every style, told to Phoenix.

    Traces alone go there: it takes no metrics.
    """
    command = [sys.executable, "-m", "batuta", "demo", "--home", home, *words]
    environment = {**os.environ, **_sent_to(address)}
    subprocess.run(command, env=environment, check=True)  # noqa: S603 - our own words


def kept(home: str) -> list[RunRecord]:
    """Give the records of a home, each with the ledger's own figures checked against it."""

    async def read() -> list[RunRecord]:
        async with open_records(replace(Settings(), home=Path(home))) as store:
            records = await store.list("local", 1_000)
            spent = {each.run_id: each for each in await store.spending(None, "")}
        for record in records:
            whole = CallSpending()
            for each in spent[record.run_id].spent.values():
                whole = whole.plus(each)
            if whole.usage != record.usage:
                raise SystemExit(f"The ledger has other tokens than the record {record.run_id}.")
        return list(records)

    return asyncio.run(read())


def found_documents(address: str) -> list[RunRecord]:
    """Answer from documents, told to Phoenix: what the demo does not do."""

    async def ask() -> RunRecord:
        with tempfile.TemporaryDirectory() as folder:
            store = SqliteDocuments(Path(folder) / "documents.db")
            await store.add([Document(id="hours", text="The club opens at seven every morning.")])
            runtime = local_runtime(model=ScriptedModel([OPENS]))
            options = RunOptions(session=Session("ses_rag", "local"), labels={"style": "rag"})
            rag = RAG(retrievers=[Retriever(store=store)])
            return await runtime.run(rag, Message.user("When does the club open?"), options)

    record = asyncio.run(ask())
    for receiver in span_receivers(read_telemetry(_sent_to(address))):
        if wrong := receiver.take([EndedRun(record, Budget(), machine_ns())]):
            raise SystemExit(wrong)
    return [record]


def table(stack: ExitStack) -> tuple[str, list[str]]:
    """Run everything, and compare style by style; gives the page's table and what is wrong."""
    address = started(stack)
    home = stack.enter_context(tempfile.TemporaryDirectory())
    demo(address, home)
    return compared(address, [*kept(home), *found_documents(address)])


def compared(address: str, records: Sequence[RunRecord]) -> tuple[str, list[str]]:
    """Compare what Phoenix has of runs with their records."""
    ours = _ours(records)
    theirs = _theirs(_spans(address, sum(side.spans for side in ours.values())))
    rows, wrong = [HEAD, "|---|---|---|---|---|---|---|"], list[str]()
    for style in sorted({*ours, *theirs}):
        us, them = ours.get(style, Side()), theirs.get(style, Side())
        wrong += [
            f"{style}: other {name}: {getattr(them, name)} for {getattr(us, name)}"
            for name in ("spans", "trees", "sessions", "tokens")
            if getattr(us, name) != getattr(them, name)
        ]
        if "UNKNOWN" in them.kinds:
            wrong.append(f"{style}: spans of a kind that Phoenix does not know")
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(them.kinds.items()))
        name = style.upper() if len(style) == 1 else style
        rows.append(
            f"| {name} | {len(them.trees)} | {them.spans} | {kinds} | {len(them.sessions)} "
            f"| {them.tokens:,} | {us.tokens:,} |"
        )
    shown = {each["session_id"]: each["token_count_total"] for each in _pages(address, "sessions")}
    told = {key: count for side in ours.values() for key, count in side.sessions.items()}
    if shown != told:
        wrong.append(f"Phoenix's sessions have other totals: {shown} for {told}")
    return "\n".join(rows), wrong


def _ours(records: Sequence[RunRecord]) -> dict[str, Side]:
    sides: dict[str, Side] = defaultdict(Side)
    for record in records:
        side = sides[record.style]
        trace_id, spans = span_tree(EndedRun(record, Budget(), machine_ns()))
        side.trees[trace_id] = frozenset((s.span_id, s.parent_id or None) for s in spans)
        side.spans += len(spans)
        ledger = CallSpending()
        for each in spending_of(record, "").spent.values():
            ledger = ledger.plus(each)
        side.tokens += ledger.usage.total_tokens
        known = side.sessions.get(record.session_id, 0)
        side.sessions[record.session_id] = known + ledger.usage.total_tokens
    return sides


def _theirs(spans: Sequence[Mapping[str, Any]]) -> dict[str, Side]:
    traces: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for span in spans:
        traces[span["context"]["trace_id"]].append(span)
    sides: dict[str, Side] = defaultdict(Side)
    for trace_id, parts in traces.items():
        root = next((span for span in parts if span["parent_id"] is None), parts[0])
        side = sides[str(root["attributes"].get("batuta.style", ""))]
        side.trees[trace_id] = frozenset((s["context"]["span_id"], s["parent_id"]) for s in parts)
        side.spans += len(parts)
        side.kinds.update(str(span["span_kind"]) for span in parts)
        for span in parts:
            tokens = sum(int(span["attributes"].get(name, 0)) for name in _TOKENS)
            session = str(span["attributes"].get("session.id", ""))
            side.tokens += tokens
            side.sessions[session] = side.sessions.get(session, 0) + tokens
    return sides


def _spans(address: str, expected: int) -> list[dict[str, Any]]:
    """Read what Phoenix has, once it has as many as were sent."""
    found, until = _pages(address, "spans"), time.monotonic() + READ_S
    while len(found) < expected and time.monotonic() < until:
        time.sleep(0.5)
        found = _pages(address, "spans")
    return found


def _pages(address: str, what: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        where = f"{address}/v1/projects/{PROJECT}/{what}?limit=1000&{cursor}"
        with urlopen(where) as answer:  # noqa: S310 - our own server
            page = json.load(answer)
        found += page["data"]
        if not page.get("next_cursor"):
            return found
        cursor = f"cursor={page['next_cursor']}"


def _sent_to(address: str) -> dict[str, str]:
    return {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{address}/v1/traces",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "span_only",
    }


def main() -> None:
    """Start it, fill it, print where it is, and wait."""
    with ExitStack() as stack:
        print(f"Starting {PHOENIX} (fetched once, about 600 MB) …", flush=True)
        address = started(stack)
        home = stack.enter_context(tempfile.TemporaryDirectory())
        demo(address, home, *(word for word in sys.argv[1:] if word != "--once"))
        shown, wrong = compared(address, [*kept(home), *found_documents(address)])
        print("", shown, *wrong, "", sep="\n")
        print(f"Look at {address} (Ctrl-C stops it). To send it runs of yours:")
        where = _sent_to(address)["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]
        print(f"  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT={where} batuta chat", flush=True)
        if "--once" in sys.argv:
            raise SystemExit(bool(wrong))
        with suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)


if __name__ == "__main__":
    main()
