#!/bin/sh
# Versions: anthropic 2.14.0 (Python).
#
# Behaviour: a streamed reply stops in the middle of a tool call's arguments, and its connection
# ends in good order, as when a proxy in between gives up politely. The stream helper raises
# nothing: the loop over the events simply ends, and get_final_message() gives a tool call whose
# half-written arguments were closed as if they were whole. An amount of 125000 that was cut after
# its third digit is the number 125, and a list holds the entries that had come by then. Only two
# things tell: stop_reason is None, and no content_block_stop nor message_stop was among the events.
#
# Why it matters: the arguments are valid JSON and fit the tool's schema, so checking them finds
# nothing, and an agent acts on another amount than the model meant. Act only after message_stop
# was seen, or after stop_reason says "tool_use".
#
# Output seen:
#   whole: message_stop=True stop_reason=tool_use input={'members': ['Ada', 'Bo'], 'cents': 125000}
#   cut in the number: message_stop=False stop_reason=None input={'members': ['Ada', 'Bo'], 'cents': 125}
#   cut in the list: message_stop=False stop_reason=None input={'members': ['Ada']}
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check anthropic==2.14.0

cat >"$dir/see.py" <<'PYTHON'
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import anthropic

WHOLE = '{"members": ["Ada", "Bo"], "cents": 125000}'
CASES = {
    "whole": WHOLE,
    "cut in the number": WHOLE[: WHOLE.index("000}")],
    "cut in the list": WHOLE[: WHOLE.index(', "Bo"')],
}


def events(arguments):
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": []}
    message |= {"stop_reason": None, "stop_sequence": None, "usage": usage}
    block = {"type": "tool_use", "id": "t", "name": "charge", "input": {}}
    delta = {"type": "input_json_delta", "partial_json": arguments}
    yield {"type": "message_start", "message": message}
    yield {"type": "content_block_start", "index": 0, "content_block": block}
    yield {"type": "content_block_delta", "index": 0, "delta": delta}
    if arguments == WHOLE:
        stop = {"stop_reason": "tool_use", "stop_sequence": None}
        yield {"type": "content_block_stop", "index": 0}
        yield {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 9}}
        yield {"type": "message_stop"}


class Vendor(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in events(CASES[asked["messages"][0]["content"]]):
            data = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.write(b"0\r\n\r\n")  # the end that HTTP asks for: nothing is broken off

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
Thread(target=server.serve_forever, daemon=True).start()
client = anthropic.Anthropic(
    api_key="none", base_url=f"http://127.0.0.1:{server.server_port}", max_retries=0
)
for case in CASES:
    with client.messages.stream(
        model="m",
        max_tokens=99,
        messages=[{"role": "user", "content": case}],
        tools=[{"name": "charge", "input_schema": {"type": "object"}}],
    ) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_message()
    ended = "message_stop" in kinds
    arguments = final.content[0].input
    print(f"{case}: message_stop={ended} stop_reason={final.stop_reason} input={arguments}")
server.shutdown()
PYTHON

"$dir/venv/bin/python" "$dir/see.py" | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
whole: message_stop=True stop_reason=tool_use input={'members': ['Ada', 'Bo'], 'cents': 125000}
cut in the number: message_stop=False stop_reason=None input={'members': ['Ada', 'Bo'], 'cents': 125}
cut in the list: message_stop=False stop_reason=None input={'members': ['Ada']}
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
