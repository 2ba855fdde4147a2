#!/bin/sh
# Versions: dbos 3.4.0 (Python).
#
# Behaviour: version 1 of an application has run, version 2 was deployed, and a fault makes one
# roll back: version 1 runs again. A client now queues a workflow without naming a version, which
# is meant for whatever runs. No worker takes it: a worker of version 1 takes such work only while
# version 1 is the latest, and "latest" goes by when a version was first seen, not by what runs
# now. So version 2 is still the latest, though no process of it is left. The work stays ENQUEUED,
# and nothing is raised or logged, at the client or at the worker. Starting version 1 again does
# not help. Once set_latest_application_version() names version 1, the work is done at once.
#
# Why it matters: durable runs of agents are queued by doors that do not know what the workers run.
# A rollback is done in a hurry, by starting the old image; everything looks healthy then, old runs
# end, and every new run waits unseen. It is one more step of a rollback that has to be in the
# script that does it, and queues want a check that says how long their oldest entry has waited.
#
# Output seen:
#   before the deployment, version 1 runs: SUCCESS
#   after the rollback, version 1 runs: ENQUEUED
#   version 1 named as the latest: SUCCESS
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check dbos==3.4.0

cat >"$dir/club.py" <<'PYTHON'
"""Run one version for a while: queue a mail as a client does, and say what became of it."""

import sys
import time

from dbos import DBOS, DBOSClient

folder, version, what = sys.argv[1:]
DATABASE = f"sqlite:///{folder}/club.sqlite"
DBOS(
    config={
        "name": "club",
        "system_database_url": DATABASE,
        "application_version": version,
        "log_level": "ERROR",
        "run_admin_server": False,
    }
)


@DBOS.workflow(name="mail")
def mail(to):
    return to


DBOS.launch()
DBOS.register_queue("post")
client = DBOSClient(system_database_url=DATABASE)
if what == "named":
    client.set_latest_application_version(version)
if what in ("queue", "named"):
    handle = client.enqueue({"queue_name": "post", "workflow_name": "mail"}, "ana")
    for _ in range(100):  # ten times as long as a worker that takes it needs
        if client.retrieve_workflow(handle.workflow_id).get_status().status == "SUCCESS":
            break
        time.sleep(0.1)
    print(client.retrieve_workflow(handle.workflow_id).get_status().status, flush=True)
client.destroy()
DBOS.destroy()
PYTHON

club() { "$dir/venv/bin/python" "$dir/club.py" "$dir" "$@"; }
{
    printf 'before the deployment, version 1 runs: '
    club 1 queue
    club 2 nothing
    printf 'after the rollback, version 1 runs: '
    club 1 queue
    printf 'version 1 named as the latest: '
    club 1 named
} | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
before the deployment, version 1 runs: SUCCESS
after the rollback, version 1 runs: ENQUEUED
version 1 named as the latest: SUCCESS
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
