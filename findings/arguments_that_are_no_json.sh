#!/bin/sh
# Versions: strands-agents 1.62.0 (Python).
#
# Behaviour: a model's tool call whose arguments are not quite JSON, here for want of the closing
# brace, is not refused and not given back to the model: the arguments become an empty object, with
# a warning in the log. Where every parameter of the tool has a default, the tool then runs with
# all its defaults, and the conversation that is kept says that the model had asked for just that:
# its own words are gone. Only where a parameter is required does the model hear of an error, and
# that it is missing, which it was not.
#
# Why it matters: weak and quantised models leave a brace out now and then, and one expects a
# retry. A tool "cancel(booking='all')" gets booking b-17 from the model and cancels all; a search
# without its filter, a transfer without its limit follow the same way, and the record blames the
# model. Give tools that do something no defaults, or check the raw arguments in a model class of
# your own.
#
# The model is a class in this script; nothing else is asked.
#
# Output seen:
#   whole: cancel ran with ('b-17', False), kept as asked {'booking': 'b-17', 'notify': False}
#   a brace left out: cancel ran with ('all', True), kept as asked {}
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check \
    strands-agents==1.62.0

cat >"$dir/see.py" <<'PYTHON'
from strands import Agent, tool
from strands.models import Model

ran = []


@tool
def cancel(booking: str = "all", notify: bool = True) -> str:
    """Cancel bookings.

    Args:
        booking: Which one; all of them where none is named.
        notify: Whether the players are told.
    """
    ran.append((booking, notify))
    return "cancelled"


class Scripted(Model):
    def __init__(self, arguments):
        self.arguments, self.calls = arguments, 0

    def update_config(self, **options):
        pass

    def get_config(self):
        return {}

    def structured_output(self, *args, **options):
        raise NotImplementedError

    async def stream(self, messages, tool_specs=None, system_prompt=None, **options):
        self.calls += 1
        first = self.calls == 1
        call = {"toolUse": {"name": "cancel", "toolUseId": "t"}}
        yield {"messageStart": {"role": "assistant"}}
        yield {"contentBlockStart": {"start": call if first else {}}}
        delta = {"toolUse": {"input": self.arguments}} if first else {"text": "Done."}
        yield {"contentBlockDelta": {"delta": delta}}
        yield {"contentBlockStop": {}}
        yield {"messageStop": {"stopReason": "tool_use" if first else "end_turn"}}


replies = {
    "whole": '{"booking": "b-17", "notify": false}',
    "a brace left out": '{"booking": "b-17", "notify": false',
}
for name, arguments in replies.items():
    ran.clear()
    agent = Agent(model=Scripted(arguments), tools=[cancel], callback_handler=None)
    agent("Cancel booking b-17, and tell nobody.")
    kept = [part["toolUse"]["input"] for m in agent.messages for part in m["content"] if "toolUse" in part]
    print(f"{name}: cancel ran with {ran[0]}, kept as asked {kept[0]}")
PYTHON

"$dir/venv/bin/python" "$dir/see.py" 2>/dev/null | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
whole: cancel ran with ('b-17', False), kept as asked {'booking': 'b-17', 'notify': False}
a brace left out: cancel ran with ('all', True), kept as asked {}
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
