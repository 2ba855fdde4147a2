#!/bin/sh
# Versions: dbos 3.4.0 (Python).
#
# Behaviour: a workflow's id is the key under which it is done once. The same id for another function is
# refused (DBOSConflictingWorkflowError, with both names). The same id for the same function with other
# arguments is not: the result of the first call is given, as if it were that of the second, and nothing
# is raised or logged. It is so for a direct call, for start_workflow() and for a client's enqueue.
#
# Why it matters: a door that takes a request key from its caller hands it on as the workflow's id. A
# client that uses a key again by mistake, for court B after court A, reads "booked A" as the answer to
# its second wish. Payment services answer that with an error, and the check of the function's name
# makes one think that the arguments are checked as well. Keep a digest of the arguments beside the id,
# or in it, and compare.
#
# Output seen:
#   book("A"): booked A
#   book("B"), same id: booked A
#   start_workflow(book, "C"), same id: booked A
#   enqueue of book("D"), same id: booked A
#   cancel("A"), same id: DBOSConflictingWorkflowError
#   book ran 1 time
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check dbos==3.4.0

cat >"$dir/see.py" <<'PYTHON'
import logging
import sys

from dbos import DBOS, DBOSClient, SetWorkflowID

logging.disable(logging.CRITICAL)
STORE = f"sqlite:///{sys.argv[1]}/store.sqlite"
DBOS(config={"name": "club", "system_database_url": STORE, "run_admin_server": False})
ran = []


@DBOS.workflow()
def book(court: str) -> str:
    ran.append(court)
    return f"booked {court}"


@DBOS.workflow()
def cancel(court: str) -> str:
    return f"cancelled {court}"


DBOS.launch()
DBOS.register_queue("doors")
with SetWorkflowID("request-7"):
    print('book("A"):', book("A"))
with SetWorkflowID("request-7"):
    print('book("B"), same id:', book("B"))
with SetWorkflowID("request-7"):
    print('start_workflow(book, "C"), same id:', DBOS.start_workflow(book, "C").get_result())
client = DBOSClient(system_database_url=STORE)
options = {"queue_name": "doors", "workflow_name": "book", "workflow_id": "request-7"}
print('enqueue of book("D"), same id:', client.enqueue(options, "D").get_result())
try:
    with SetWorkflowID("request-7"):
        cancel("A")
except Exception as error:
    print('cancel("A"), same id:', type(error).__name__)
print(f"book ran {len(ran)} time")
client.destroy()
DBOS.destroy()
PYTHON

"$dir/venv/bin/python" "$dir/see.py" "$dir" | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
book("A"): booked A
book("B"), same id: booked A
start_workflow(book, "C"), same id: booked A
enqueue of book("D"), same id: booked A
cancel("A"), same id: DBOSConflictingWorkflowError
book ran 1 time
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
