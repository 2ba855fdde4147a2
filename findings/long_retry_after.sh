#!/bin/sh
# Versions: openai 3.57.0 and anthropic 2.14.0 (Python), which share most of their client's design.
#
# Behaviour: both retry a 429 twice unless told otherwise, and both follow its Retry-After header.
# Up to 120 seconds they do the same. One second more, and they part: openai does not fall back to
# its own short waits, it retries not at all; anthropic sleeps the whole time out inside the call,
# twice, an hour each if the header says so, though the client was given a timeout of 5 seconds (it
# counts for one request, not for the waits between).
#
# Why it matters: a vendor or gateway answers an exhausted quota with a Retry-After of minutes. An
# agent that treats two vendors alike then gets an error at once from the one, and a call that
# hangs for hours past every timeout it has set from the other, with its lease and its user
# waiting. Set max_retries=0 and wait yourself, under the run's own deadline.
#
# Sleeping is recorded here and not done.
#
# Output seen:
#   openai, Retry-After 120: RateLimitError after requests=3 slept=[120, 120]
#   openai, Retry-After 121: RateLimitError after requests=1 slept=[]
#   openai, Retry-After 3600: RateLimitError after requests=1 slept=[]
#   anthropic, Retry-After 120: RateLimitError after requests=3 slept=[120, 120]
#   anthropic, Retry-After 121: RateLimitError after requests=3 slept=[121, 121]
#   anthropic, Retry-After 3600: RateLimitError after requests=3 slept=[3600, 3600]
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check \
    openai==3.57.0 anthropic==2.14.0

cat >"$dir/see.py" <<'PYTHON'
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import anthropic
import openai

requests = 0
wait = 0


class Vendor(BaseHTTPRequestHandler):
    def do_POST(self):
        global requests
        requests += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"error": {"message": "the quota is used up"}}'
        self.send_response(429)
        self.send_header("Retry-After", str(wait))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
Thread(target=server.serve_forever, daemon=True).start()
settings = {
    "api_key": "none",
    "base_url": f"http://127.0.0.1:{server.server_port}",
    "timeout": 5,
}
question = {"model": "m", "messages": [{"role": "user", "content": "Is a court free?"}]}
calls = {
    "openai": lambda: openai.OpenAI(**settings).chat.completions.create(**question),
    "anthropic": lambda: anthropic.Anthropic(**settings).messages.create(max_tokens=9, **question),
}
slept = []
time.sleep = lambda seconds: slept.append(round(seconds))
for name, call in calls.items():
    for wait in (120, 121, 3600):
        requests = 0
        slept.clear()
        try:
            call()
        except (openai.APIError, anthropic.APIError) as error:
            kind = type(error).__name__
            print(f"{name}, Retry-After {wait}: {kind} after {requests=} {slept=}")
server.shutdown()
PYTHON

"$dir/venv/bin/python" "$dir/see.py" | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
openai, Retry-After 120: RateLimitError after requests=3 slept=[120, 120]
openai, Retry-After 121: RateLimitError after requests=1 slept=[]
openai, Retry-After 3600: RateLimitError after requests=1 slept=[]
anthropic, Retry-After 120: RateLimitError after requests=3 slept=[120, 120]
anthropic, Retry-After 121: RateLimitError after requests=3 slept=[121, 121]
anthropic, Retry-After 3600: RateLimitError after requests=3 slept=[3600, 3600]
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
