#!/bin/sh
# Versions: dbos 3.4.0 (Python).
#
# Behaviour: a step of a durable workflow raises an exception of the author's own, whose
# constructor takes a court and a day, and the workflow catches it by its class. The process dies
# after that. When another process goes on with the workflow, the recorded exception is made again
# by calling its class with the words of its message alone, as pickle does: that raises a
# TypeError, and the TypeError is what the workflow sees in place of the exception. The except
# clause no longer fits, and the workflow takes another branch than in its first life, without a
# word.
#
# Why it matters: a class with fields, and a message made of them, is how errors are written, and
# the tests of a durable agent that never kill it are green. After a crash "closed on Monday"
# becomes an unknown failure: the agent asks again, apologises, or does the other thing. Give such
# classes a __reduce__, or keep what the constructor is given in args. Exceptions that only have a
# message are made again as they were.
#
# Output seen:
#   first life: SlotClosed handled, court A, Monday; NoCourt handled
#   second life: TypeError: SlotClosed.__init__() missing 1 required positional argument: 'day'; NoCourt handled
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check \
    dbos==3.4.0

cat >"$dir/see.py" <<'PYTHON'
import os
import sys

from dbos import DBOS, SetWorkflowID

config = {"name": "club", "system_database_url": f"sqlite:///{sys.argv[1]}"}
DBOS(config={**config, "application_version": "1", "log_level": "CRITICAL"})


class NoCourt(Exception):
    pass


class SlotClosed(Exception):
    def __init__(self, court, day):
        super().__init__(f"court {court} is closed on {day}")
        self.court, self.day = court, day


@DBOS.step()
def book(court):
    if court == "Z":
        raise NoCourt("there is no court Z")
    raise SlotClosed(court, "Monday")


@DBOS.workflow()
def ask(dies):
    said = []
    for court in "AZ":
        try:
            book(court)
        except SlotClosed as error:
            said.append(f"SlotClosed handled, court {error.court}, {error.day}")
        except NoCourt:
            said.append("NoCourt handled")
        except Exception as error:
            said.append(f"{type(error).__name__}: {error}")
    if dies and sys.argv[2] == "first":
        os._exit(0)
    return "; ".join(said)


DBOS.launch()
if sys.argv[2] == "first":
    print("first life:", ask(False), flush=True)
    with SetWorkflowID("booking"):
        ask(True)
print("second life:", DBOS.retrieve_workflow("booking").get_result())
DBOS.destroy()
PYTHON

for life in first second; do
    "$dir/venv/bin/python" "$dir/see.py" "$dir/club.db" "$life" 2>/dev/null
done | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
first life: SlotClosed handled, court A, Monday; NoCourt handled
second life: TypeError: SlotClosed.__init__() missing 1 required positional argument: 'day'; NoCourt handled
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
