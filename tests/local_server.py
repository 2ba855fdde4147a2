"""Plays llama.cpp's process for tests of local models: the same order, the stand-in's answers.

A file whose name says ``broken`` is one that it cannot load.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from batuta.offline import OfflineModel
from batuta.standin import Wire, serve_standin

COMMAND = (sys.executable, str(Path(__file__)))


async def main() -> None:
    order = json.loads(sys.stdin.readline())
    if "broken" in order["path"]:
        sys.stderr.write(f"error loading model: {order['path']} is incomplete\n")
        raise SystemExit(3)
    async with serve_standin(OfflineModel(), Wire(key=order["key"])) as server:
        sys.stdout.write(json.dumps({"address": server.url}) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
