"""An MCP server of the revision with a handshake, on standard input and output, by hand.

It does what a bad one does: lies about its schemas, hangs, dies, sends far too much. What it was
told stands in the file that it is given, a line of JSON each.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

READS = {"readOnlyHint": True}
DOT = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
TEXT: dict[str, Any] = {"type": "string"}


def takes(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties]}


TOOLS: dict[str, dict[str, Any]] = {
    "forecast": {
        "description": "Tell the weather in a city.",
        "inputSchema": takes(city={"type": "string", "pattern": "^(a+)+$"}),
        "annotations": READS,
    },
    "note": {"description": "Keep a note.", "inputSchema": takes(text=TEXT, user=TEXT)},
    "refuse": {"inputSchema": takes(), "annotations": READS},
    "picture": {"inputSchema": takes(), "annotations": READS},
    "big": {"inputSchema": takes(), "annotations": READS},
    "hang": {"inputSchema": takes(), "annotations": READS},
    "die": {"inputSchema": takes()},
    "die_once": {"inputSchema": takes(), "annotations": READS},
    "lie": {"inputSchema": takes(), "annotations": READS, "outputSchema": takes(sky=TEXT)},
    "lying_write": {"inputSchema": takes(), "outputSchema": takes(sky=TEXT)},
    "grow": {"inputSchema": takes(), "annotations": READS},
    "no.legal/name": {"inputSchema": takes(), "annotations": READS},
    "no_schema": {"inputSchema": {"type": "object", "properties": {"a": {"type": "texte"}}}},
    "elsewhere": {"inputSchema": takes(a={"$ref": "http://127.0.0.1:9/schema.json"})},
    "circle": {"inputSchema": takes(a={"$ref": "#/properties/a"})},
    "odd": {"inputSchema": takes(**{"été 1": TEXT})},
    "huge": {"inputSchema": takes(a={"enum": ["x" * 60_000]})},
}
GROWN = {"name": "grown", "inputSchema": takes(), "annotations": READS}


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], **more}


class Server:
    def __init__(self, heard: Path) -> None:
        self.heard = heard
        self.grown = False

    def run(self) -> None:
        for line in sys.stdin:
            message = json.loads(line)
            self.keep(message)
            if "id" in message:
                self.answer(message)

    def keep(self, message: Any) -> None:
        with self.heard.open("a") as file:
            file.write(json.dumps(message) + "\n")

    def send(self, **message: Any) -> None:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        sys.stdout.flush()

    def answer(self, message: dict[str, Any]) -> None:
        method, params = message["method"], message.get("params") or {}
        if method == "initialize":
            result: Any = {
                "protocolVersion": params["protocolVersion"],
                "capabilities": {"tools": {"listChanged": True}},
                "serverInfo": {"name": "weather", "version": "1"},
            }
        elif method == "tools/list":
            listed = [{"name": name, **tool} for name, tool in TOOLS.items()]
            result = {"tools": [*listed, *([GROWN] if self.grown else [])]}
        elif method == "tools/call":
            result = self.called(params["name"], params.get("arguments") or {})
        else:
            self.send(id=message["id"], error={"code": -32601, "message": "Method not found"})
            return
        if result is not None:
            self.send(id=message["id"], result=result)

    def called(self, name: str, arguments: dict[str, Any]) -> Any:
        if name == "hang":
            return None
        if name == "die" or (name == "die_once" and not self.died_before()):
            os._exit(3)
        if name == "grow":
            self.grown = True
            self.send(method="notifications/tools/list_changed")
        if name == "refuse":
            return said("there is no weather today", isError=True)
        if name == "picture":
            dot = {"type": "image", "mimeType": "image/gif", "data": DOT}
            lie = {"type": "image", "mimeType": "image/png", "data": "aGVsbG8="}
            return {"content": [{"type": "text", "text": "here it is"}, dot, lie]}
        if name == "big":
            return said("x" * 10_000_000)
        if name in {"lie", "lying_write"}:
            return said("12", structuredContent={"sky": 12})
        return said(f"{name} {json.dumps(arguments, sort_keys=True)}")

    def died_before(self) -> bool:
        return self.heard.read_text().count('"die_once"') > 1


if __name__ == "__main__":
    Server(Path(sys.argv[1])).run()
