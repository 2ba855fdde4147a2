#!/bin/sh
# Versions: botocore 1.44.8 (Python), its Bedrock runtime client.
#
# Behaviour: what goes wrong with a streamed Converse call reaches the caller as one of three unrelated
# kinds. A service that refuses in the stream is a ClientError. A connection that ends in the middle
# of the stream's frames, in good order for HTTP, ends the stream without any error. A frame that
# arrives with a wrong checksum is raised as eventstream.ChecksumMismatch: no ClientError, and no
# BotoCoreError either, though it is botocore's own and stands beside its other errors.
#
# Why it matters: botocore's documentation has two roots, BotoCoreError for what fails on this side
# and ClientError for what the service says, and an agent's retry is written against these two. A
# damaged frame passes both and ends the run with a class that no table has, although asking again is
# all that it takes; and half an answer is taken for a whole one unless the caller sees that no
# messageStop came. Catch botocore.eventstream.ParserError beside the two, and count what has no
# messageStop as cut.
#
# Output seen:
#   refused in the stream: EventStreamError, ClientError: True, BotoCoreError: False
#   ended between frames: no error, events: ['messageStart']
#   damaged frame: ChecksumMismatch, ClientError: False, BotoCoreError: False
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
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session


def packed(payload, **headers):
    """One message of the stream: lengths, headers of strings, payload, each part with its CRC."""
    named = b""
    for name, value in headers.items():
        key = f":{name.replace('_', '-')}".encode()
        named += bytes([len(key)]) + key + struct.pack("!BH", 7, len(value)) + value.encode()
    head = struct.pack("!II", 16 + len(named) + len(payload), len(named))
    whole = head + struct.pack("!I", zlib.crc32(head)) + named + payload
    return whole + struct.pack("!I", zlib.crc32(whole))


KIND = {"content_type": "application/json"}
START = packed(b'{"role": "assistant"}', message_type="event", event_type="messageStart", **KIND)
REFUSED = packed(
    b'{"message": "Busy."}', message_type="exception", exception_type="throttlingException", **KIND
)
DAMAGED = START[:-1] + bytes([START[-1] ^ 1])
body = b""


class Service(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = Session().create_client(
    "bedrock-runtime",
    region_name="us-east-1",
    endpoint_url=f"http://127.0.0.1:{server.server_port}",
    aws_access_key_id="x",
    aws_secret_access_key="x",
    config=Config(retries={"total_max_attempts": 1}),
)


def see(name):
    talk = [{"role": "user", "content": [{"text": "Hello"}]}]
    events = []
    try:
        for event in client.converse_stream(modelId="m", messages=talk)["stream"]:
            events.extend(event)
    except Exception as error:
        kinds = ((kind.__name__, isinstance(error, kind)) for kind in (ClientError, BotoCoreError))
        said = ", ".join(f"{kind}: {is_one}" for kind, is_one in kinds)
        print(f"{name}: {type(error).__name__}, {said}")
    else:
        print(f"{name}: no error, events: {events}")


for name, body in (
    ("refused in the stream", START + REFUSED),
    ("ended between frames", START),
    ("damaged frame", START + DAMAGED),
):
    see(name)
PYTHON

"$dir/venv/bin/python" "$dir/see.py" | tee "$dir/seen"
cat >"$dir/expected" <<'EXPECTED'
refused in the stream: EventStreamError, ClientError: True, BotoCoreError: False
ended between frames: no error, events: ['messageStart']
damaged frame: ChecksumMismatch, ClientError: False, BotoCoreError: False
EXPECTED
cmp "$dir/expected" "$dir/seen"
