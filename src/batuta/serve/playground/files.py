"""The page and its files, read once, packed once, and kept by browsers for as long as they hold."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.requests import Request
from starlette.responses import Response

from batuta.serve.http.problems import Refused

PAGE = "index.html"
POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_FILES_AT = b"{{files}}"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".txt": "text/plain; charset=utf-8",
}
_NOT_SERVED = ".d.ts"
_YEAR_S = 31_536_000
_PAGE_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
}


@dataclass(frozen=True)
class PageFile:
    """One file as it is sent."""

    body: bytes
    media_type: str

    @cached_property
    def packed(self) -> bytes:
        """The file in gzip, the same bytes each time."""
        return gzip.compress(self.body, mtime=0)

    @cached_property
    def tag(self) -> str:
        """Its entity tag."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:24]}"'

    def response(self, request: Request, cache: str) -> Response:
        """Answer with it; with nothing where the browser has it.

        Args:
            cache: What the browser may do with it.
        """
        headers = {**_PAGE_HEADERS, "Cache-Control": cache, "ETag": self.tag}
        headers["Vary"] = "Accept-Encoding"
        if has_tag(request, self.tag):
            return Response(status_code=304, headers=headers)
        body = self.body
        if _takes_gzip(request) and len(self.packed) < len(body):
            body, headers["Content-Encoding"] = self.packed, "gzip"
        return Response(body, headers=headers, media_type=self.media_type)


@dataclass(frozen=True)
class PageFiles:
    """All of them.

    Args:
        version: Changes whenever one of them does.
    """

    page: PageFile
    others: Mapping[str, PageFile]
    version: str

    @classmethod
    def of(cls, folder: Traversable) -> PageFiles:
        """Read them."""
        found = dict(sorted(_walked(folder)))
        whole = hashlib.sha256()
        for path, body in found.items():
            whole.update(f"{path}\0{len(body)}\0".encode() + body)
        version = whole.hexdigest()[:16]
        page = found.pop(PAGE).replace(_FILES_AT, f"playground/{version}".encode())
        others = {path: PageFile(body, _type_of(path)) for path, body in found.items()}
        return cls(PageFile(page, _type_of(PAGE)), others, version)


@lru_cache(maxsize=1)
def page_files() -> PageFiles:
    """Read the files of this package, once."""
    return PageFiles.of(files("batuta.serve.playground") / "static")


async def page(request: Request) -> Response:
    """Give the page; it is asked for each time, so that a new version is seen at once."""
    return page_files().page.response(request, "no-cache")


async def asset(request: Request) -> Response:
    """Give one of its files; under this version's address it never changes.

    Raises:
        Refused: There is none of that name in this version.
    """
    here = page_files()
    found = here.others.get(request.path_params["path"])
    if found is None or request.path_params["version"] != here.version:
        raise Refused(404, "not_found", "There is no such file of the page. Load it anew.")
    return found.response(request, f"public, max-age={_YEAR_S}, immutable")


def has_tag(request: Request, tag: str) -> bool:
    """Tell whether a request says that its sender has what the entity tag stands for."""
    given = request.headers.get("if-none-match", "")
    return tag in (each.strip().removeprefix("W/") for each in given.split(","))


def _takes_gzip(request: Request) -> bool:
    for each in request.headers.get("accept-encoding", "").lower().split(","):
        name, _, weight = each.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _type_of(path: str) -> str:
    return _TYPES[path[path.rindex(".") :]]


def _walked(folder: Traversable, above: str = "") -> list[tuple[str, bytes]]:
    made: list[tuple[str, bytes]] = []
    for each in folder.iterdir():
        name = f"{above}{each.name}"
        if each.is_dir():
            made += _walked(each, f"{name}/")
        elif name.endswith(tuple(_TYPES)) and not name.endswith(_NOT_SERVED):
            made.append((name, each.read_bytes()))
    return made
