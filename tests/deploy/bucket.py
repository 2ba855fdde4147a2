"""The part of S3 that Terraform's backend needs: objects, and puts with a condition."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape


@dataclass
class Bucket:
    """What it holds, and what was asked for that it refused."""

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict[str, bytes])
    refused: list[str] = field(default_factory=list[str])
    written: list[str] = field(default_factory=list[str])
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    bucket: Bucket


class _Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  its own word
        pass

    def _key(self) -> tuple[Bucket, str]:
        bucket = cast("_Server", self.server).bucket
        return bucket, urlsplit(self.path).path.removeprefix("/states").removeprefix("/")

    def do_GET(self) -> None:
        bucket, key = self._key()
        if not key:
            prefix = parse_qs(urlsplit(self.path).query).get("prefix", [""])[0]
            found = sorted(k for k in bucket.objects if k.startswith(prefix))
            listed = "".join(f"<Contents><Key>{escape(k)}</Key></Contents>" for k in found)
            return self._send(200, f"<ListBucketResult>{listed}</ListBucketResult>".encode())
        if key not in bucket.objects:
            return self._send(404, b"<Error><Code>NoSuchKey</Code></Error>")
        return self._send(200, bucket.objects[key])

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        bucket, key = self._key()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with bucket.lock:
            if self.headers.get("If-None-Match") == "*" and key in bucket.objects:
                bucket.refused.append(key)
                return self._send(412, b"<Error><Code>PreconditionFailed</Code></Error>")
            bucket.objects[key] = body
            bucket.written.append(key)
        return self._send(200, b"")

    def do_DELETE(self) -> None:
        bucket, key = self._key()
        bucket.objects.pop(key, None)
        self._send(204, b"")

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("ETag", f'"{md5(body, usedforsecurity=False).hexdigest()}"')
        self.send_header("Content-Type", "application/xml")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and body:
            self.wfile.write(body)


@contextmanager
def serving() -> Iterator[Bucket]:
    """Serve an empty bucket ``states``."""
    server = _Server(("127.0.0.1", 0), _Asked)
    server.bucket = Bucket(url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.bucket
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
