#!/bin/sh
# Versions: botocore 1.44.8 (Python), its Bedrock runtime client.
#
# Behaviour: Bedrock may refuse a streamed Converse call before it answers (HTTP 429), or in the
# middle, by an event of the stream. Both are the service's ThrottlingException, and they reach the
# caller in two ways. Before: it is retried by the client's own rules, then raised as
# client.exceptions.ThrottlingException with the code "ThrottlingException". In the middle: it is
# not retried, and raised while the stream is read as an EventStreamError, which is no
# ThrottlingException, with the code "throttlingException": another first letter. A refusal in the
# middle whose name the client's service model does not have is raised too, but its name and its
# words are gone: code and message are empty.
#
# Why it matters: an agent's retry is written against the class or the code, and tried with calls
# that were refused at once. Under load the other kind comes, passes every "except
# ThrottlingException" and every set of retryable codes by one letter, and ends the turn. And what a
# newer service refuses by a new name is an error that says nothing: whoever wants to know reads the
# headers of the event, which the client's stream does not show.
#
# Output seen:
#   refused at once: ThrottlingException, code 'ThrottlingException', words kept: True, of its class: True, requests: 2
#   refused in the stream: EventStreamError, code 'throttlingException', words kept: True, of its class: False, requests: 1
#   refused by a newer name: EventStreamError, code '', words kept: False, of its class: False, requests: 1
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check botocore==1.44.8

cat >"$dir/see.py" <<'PYTHON'
import struct
import threading
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer

from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session

WORDS = "Too many tokens, please wait."
refusal, requests = "", 0


def frame(payload, **headers):
    """One message of an event stream: prelude, headers of strings, payload, two checksums."""
    packed = b""
    for name, value in headers.items():
        key = f":{name.replace('_', '-')}".encode()
        packed += struct.pack("!B", len(key)) + key
        packed += struct.pack("!BH", 7, len(value)) + value.encode()
    prelude = struct.pack("!II", 16 + len(packed) + len(payload), len(packed))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + packed + payload
    return message + struct.pack("!I", zlib.crc32(message))


class Service(BaseHTTPRequestHandler):
    def do_POST(self):
        global requests
        requests += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        body = f'{{"message": "{WORDS}"}}'.encode()
        if refusal:
            body = frame(
                b'{"role": "assistant"}',
                message_type="event", event_type="messageStart", content_type="application/json",
            ) + frame(
                body,
                message_type="exception", exception_type=refusal, content_type="application/json",
            )
        self.send_response(200 if refusal else 429)
        if not refusal:
            self.send_header("x-amzn-errortype", "ThrottlingException")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = Session().create_client(
    "bedrock-runtime",
    region_name="eu-west-1",
    endpoint_url=f"http://127.0.0.1:{server.server_port}",
    aws_access_key_id="any",
    aws_secret_access_key="any",
    config=Config(retries={"mode": "standard", "total_max_attempts": 2}),
)
for title, refusal in (
    ("refused at once", ""),
    ("refused in the stream", "throttlingException"),
    ("refused by a newer name", "capacityException"),
):
    requests = 0
    try:
        reply = client.converse_stream(
            modelId="a-model", messages=[{"role": "user", "content": [{"text": "Hello"}]}]
        )
        for _ in reply["stream"]:
            pass
    except ClientError as error:
        told = error.response["Error"]
        print(
            f"{title}: {type(error).__name__}, code {told['Code']!r},",
            f"words kept: {told['Message'] == WORDS},",
            f"of its class: {isinstance(error, client.exceptions.ThrottlingException)},",
            f"requests: {requests}",
        )
PYTHON

"$dir/venv/bin/python" "$dir/see.py" | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
refused at once: ThrottlingException, code 'ThrottlingException', words kept: True, of its class: True, requests: 2
refused in the stream: EventStreamError, code 'throttlingException', words kept: True, of its class: False, requests: 1
refused by a newer name: EventStreamError, code '', words kept: False, of its class: False, requests: 1
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
