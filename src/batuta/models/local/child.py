"""The process in which llama.cpp serves one model: ``python -m batuta.models.local.child``.

Reads its order as one line of JSON, says where it listens as another, and ends when its standard
input does: so it never outlives who started it.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from typing import Any, TextIO

_ERRORS_ALONE = 1


def main(orders: TextIO, answers: TextIO) -> None:
    """Serve until the orders end."""
    order: dict[str, Any] = json.loads(orders.readline())
    library: Any = import_module("xllamacpp")
    server = library.Server(_parameters(order, library.CommonParams()))
    answers.write(json.dumps({"address": server.listening_address}) + "\n")
    answers.flush()
    while orders.readline():
        pass


def _parameters(order: dict[str, Any], made: Any) -> Any:
    """Set what is asked for; a request says by itself how it wants to be answered."""
    made.model.path = order["path"]
    made.model_alias = {order["alias"]}
    made.hostnames = ["127.0.0.1"]
    made.port = 0
    made.api_keys = [order["key"]]
    made.n_ctx = order["context"]
    made.n_parallel = order["slots"]
    for cpus in (made.cpuparams, made.cpuparams_batch):
        cpus.n_threads, cpus.poll = order["threads"], 0
    made.ui = made.endpoint_slots = False
    made.verbosity = _ERRORS_ALONE
    return made


if __name__ == "__main__":
    main(sys.stdin, sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # nothing is left to be tidied, and the library takes its time with it
