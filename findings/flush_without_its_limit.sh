#!/bin/sh
# Versions: opentelemetry-sdk 1.45.1 (Python).
#
# Behaviour: `force_flush(timeout_millis)` is documented as taking a limit, and as telling by False that
# it was passed. With BatchSpanProcessor behind a provider and an exporter that takes 3 seconds, as one
# does whose collector accepts and says nothing, a flush with a limit of 200 ms comes back after the 3
# seconds, and says True. shutdown() waits for the exporter in the same way. SimpleSpanProcessor ignores
# the limit too: its export ran when the span ended, on the thread that ended it.
#
# Why it matters: an agent in a function that is frozen after its reply flushes before it answers, with a
# limit so that a bad collector costs no more than that. The limit does not hold, and the True goes into
# no log: users wait, functions hit their own time limit and are killed with the answer in hand, and a
# command line hangs at its end. Give the exporter itself a short timeout, or flush in a thread that is
# left behind.
#
# Output seen:
#   batch: force_flush(200) said True after about 3 s
#   batch: shutdown() after about 3 s
#   simple: ending the span took about 3 s, force_flush(200) said True
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check opentelemetry-sdk==1.45.1

cat >"$dir/see.py" <<'PYTHON'
import time

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)

TAKES_S = 3


class Slow(SpanExporter):
    def export(self, spans):
        time.sleep(TAKES_S)
        return SpanExportResult.SUCCESS

    def shutdown(self):
        pass


def took(work):
    began = time.monotonic()
    said = work()
    passed_s = time.monotonic() - began
    return said, f"about {TAKES_S} s" if passed_s > TAKES_S * 0.8 else "less"


def span(provider):
    with provider.get_tracer("see").start_as_current_span("one"):
        pass


batch = TracerProvider(shutdown_on_exit=False)
batch.add_span_processor(BatchSpanProcessor(Slow()))
span(batch)
said, after = took(lambda: batch.force_flush(200))
print(f"batch: force_flush(200) said {said} after {after}")
span(batch)
print(f"batch: shutdown() after {took(batch.shutdown)[1]}")

simple = TracerProvider(shutdown_on_exit=False)
simple.add_span_processor(SimpleSpanProcessor(Slow()))
_, after = took(lambda: span(simple))
print(f"simple: ending the span took {after}, force_flush(200) said {simple.force_flush(200)}")
PYTHON

"$dir/venv/bin/python" "$dir/see.py" | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
batch: force_flush(200) said True after about 3 s
batch: shutdown() after about 3 s
simple: ending the span took about 3 s, force_flush(200) said True
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
