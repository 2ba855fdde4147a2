#!/bin/sh
# Versions: fastapi 0.165.0, opentelemetry-sdk 1.45.2 (Python).
#
# Behaviour: an application that says nothing of telemetry records every request as soon as anything
# in its process sets a global provider of OpenTelemetry, as a library for the tracing of models
# does. FastAPI then opens a span for each request with its address, its query and what the client
# sent as its parent, others for its dependencies and its endpoint inside it, and, where there is a
# provider of logs, writes an unhandled exception with its message and its stack trace. The keyword
# that switches it off, telemetry, is new; an older FastAPI takes it as well and ignores it.
#
# Why it matters: a query may hold a name or a key, and an exception's message whatever the code
# put into it. Who set up tracing for the calls of a model sends those to the same place, by an
# upgrade of the web framework alone, and pays for some spans more with every request. Pass
# telemetry={"tracing": False, "metrics": False, "logs": False} where that is not wanted.
#
# Output seen:
#   nothing set up: 0 spans, 0 logs
#   set up for something else: GET /chat url.query='card=4111', 3 spans, 1 log: ValueError 'pin 0000'
#   switched off: 0 spans, 0 logs
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check \
    fastapi==0.165.0 opentelemetry-sdk==1.45.2

cat >"$dir/see.py" <<'PYTHON'
import asyncio
import contextlib

from fastapi import FastAPI
from opentelemetry import _logs, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans, logs = InMemorySpanExporter(), InMemoryLogRecordExporter()


def served(**options):
    app = FastAPI(**options)

    @app.get("/chat")
    async def chat(card: str) -> str:
        raise ValueError("pin 0000")

    return app


async def asked(app):
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "path": "/chat", "raw_path": b"/chat", "query_string": b"card=4111", "headers": [],
        "scheme": "http", "server": ("localhost", 80), "client": ("localhost", 1), "root_path": "",
    }

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message):
        pass

    with contextlib.suppress(ValueError):
        await app(scope, receive, send)
    found, told = spans.get_finished_spans(), logs.get_finished_logs()
    spans.clear()
    logs.clear()
    if not found:
        return f"{len(found)} spans, {len(told)} logs"
    outer = found[-1]
    what = told[0].log_record.attributes
    return (
        f"{outer.name} url.query={outer.attributes['url.query']!r}, {len(found)} spans, "
        f"{len(told)} log: {what['exception.type']} {what['exception.message']!r}"
    )


print("nothing set up:", asyncio.run(asked(served())))
tracing, logging = TracerProvider(), LoggerProvider()
tracing.add_span_processor(SimpleSpanProcessor(spans))
logging.add_log_record_processor(SimpleLogRecordProcessor(logs))
trace.set_tracer_provider(tracing)
_logs.set_logger_provider(logging)
print("set up for something else:", asyncio.run(asked(served())))
off = {"tracing": False, "metrics": False, "logs": False}
print("switched off:", asyncio.run(asked(served(telemetry=off))))
PYTHON

"$dir/venv/bin/python" "$dir/see.py" | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
nothing set up: 0 spans, 0 logs
set up for something else: GET /chat url.query='card=4111', 3 spans, 1 log: ValueError 'pin 0000'
switched off: 0 spans, 0 logs
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
