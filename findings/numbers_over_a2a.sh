#!/bin/sh
# Versions: a2a-sdk 1.3.0 (Python) with protobuf 7.36.2.
#
# Behaviour: a message's data part holds any JSON, and in A2A 1.0 it is a protobuf Struct inside,
# in which every number is a double. So a whole number comes back as a float (3 is 3.0, also in the
# JSON on the wire), and above 2^53 it comes back as another number: nothing is raised on either
# side. The same happens to JSON that another language's agent wrote with exact digits: they are
# lost on reading.
#
# Why it matters: ids and amounts in cents are whole numbers to everybody who writes an agent, and
# JSON seems to carry them. A booking 9007199254740993 is looked up, or cancelled, under the id of
# its neighbour; range(count) and a strict integer schema refuse what worked in one process. Send
# ids and amounts as text, and turn floats that should be whole back before validating.
#
# Output seen:
#   3 -> on the wire 3.0 -> float 3.0, equal: True
#   9007199254740993 -> on the wire 9007199254740992.0 -> float 9007199254740992.0, equal: False
#   '9007199254740993' -> on the wire "9007199254740993" -> str 9007199254740993, equal: True
#   written by others as {"booking": 9007199254740993} -> 9007199254740992
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check \
    a2a-sdk==1.3.0 protobuf==7.36.2

cat >"$dir/see.py" <<'PYTHON'
import json

from a2a.helpers import get_data_parts, new_data_message
from a2a.types import Message
from google.protobuf.json_format import MessageToJson, Parse

for value in (3, 9007199254740993, "9007199254740993"):
    wire = MessageToJson(new_data_message({"value": value}))
    sent = json.dumps(json.loads(wire)["parts"][0]["data"]["value"])
    got = get_data_parts(Parse(wire, Message()).parts)[0]["value"]
    kind, shown = type(got).__name__, str(got)
    print(f"{value!r} -> on the wire {sent} -> {kind} {shown}, equal: {got == value}")

data = '{"booking": 9007199254740993}'
other = Parse(f'{{"messageId": "m", "role": "ROLE_AGENT", "parts": [{{"data": {data}}}]}}', Message())
print(f"written by others as {data} -> {int(get_data_parts(other.parts)[0]['booking'])}")
PYTHON

"$dir/venv/bin/python" "$dir/see.py" | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
3 -> on the wire 3.0 -> float 3.0, equal: True
9007199254740993 -> on the wire 9007199254740992.0 -> float 9007199254740992.0, equal: False
'9007199254740993' -> on the wire "9007199254740993" -> str 9007199254740993, equal: True
written by others as {"booking": 9007199254740993} -> 9007199254740992
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
