"""What a user names by URL is fetched from where that is allowed, and from nowhere else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from batuta.errors import InvalidInput
from batuta.web import FetchLimits, fetch_attachment
from batuta.web.addresses import is_public
from tests.patience import scaled
from tests.pictures import JPEG, PNG


class _Site(BaseHTTPRequestHandler):
    """A site with images, a page that lies, one that never ends, and some that lead on."""

    protocol_version = "HTTP/1.1"
    stuck = threading.Event()

    def do_GET(self) -> None:
        self.server.asked.append((self.headers["Host"], self.path))  # pyright: ignore[reportAttributeAccessIssue]
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        content = {"/a.png": PNG, "/lies.png": JPEG, "/stuck.png": PNG}.get(self.path, b"")
        self.send_response(200 if content else 404)
        self.send_header("Content-Type", "image/png")
        stuck = self.path == "/stuck.png"
        self.send_header("Content-Length", str(len(content) + stuck))
        self.end_headers()
        self.wfile.write(content)
        if stuck:
            self.stuck.wait(scaled(60))

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[ThreadingHTTPServer]:
    """One site on loopback for all."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    server.asked = []  # pyright: ignore[reportAttributeAccessIssue]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    _Site.stuck.set()
    server.shutdown()
    server.server_close()
    thread.join(scaled(60))


async def _here(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


LIMITS = FetchLimits(
    hosts=("pictures.example",), seconds=scaled(30), allowed=lambda _: True, resolve=_here
)


def _url(site: ThreadingHTTPServer, path: str, host: str = "pictures.example") -> str:
    return f"http://{host}:{site.server_port}{path}"


async def test_image_is_fetched_in_its_hosts_name(site: ThreadingHTTPServer) -> None:
    made = await fetch_attachment(_url(site, "/a.png"), LIMITS)

    assert (made.data, made.name, made.media_type) == (PNG, "a.png", "image/png")
    asked = site.asked  # pyright: ignore[reportAttributeAccessIssue]
    assert asked[-1] == (f"pictures.example:{site.server_port}", "/a.png")


async def test_redirect_is_followed_and_judged_as_the_first(site: ThreadingHTTPServer) -> None:
    followed = await fetch_attachment(_url(site, "/to//a.png"), LIMITS)
    assert followed.data == PNG

    for place in (_url(site, "/a.png", host="127.0.0.1"), "file:///etc/passwd"):
        with pytest.raises(InvalidInput, match=r"Nothing is fetched from|no plain http"):
            await fetch_attachment(_url(site, f"/to/{place}"), LIMITS)
    with pytest.raises(InvalidInput, match="more than 1 times"):
        await fetch_attachment(_url(site, "/to//to//to//a.png"), replace(LIMITS, redirects=1))


async def test_redirect_to_a_private_address_reaches_nothing(site: ThreadingHTTPServer) -> None:
    looked: list[str] = []

    async def resolve(host: str, _port: int) -> list[str]:
        looked.append(host)
        return ["127.0.0.1"] if host == "pictures.example" else ["10.0.0.7"]

    limits = replace(
        LIMITS, hosts=("*",), resolve=resolve, allowed=lambda at: not at.startswith("10.")
    )
    with pytest.raises(InvalidInput, match=r"inner\.example is no public one"):
        await fetch_attachment(_url(site, "/to/http://inner.example/a.png"), limits)
    assert looked == ["pictures.example", "inner.example"]


async def test_host_is_looked_up_once_and_the_judged_address_is_asked(
    site: ThreadingHTTPServer,
) -> None:
    answers = iter([["127.0.0.1"], ["192.0.2.1"]])

    async def changing(_host: str, _port: int) -> list[str]:
        return next(answers)

    made = await fetch_attachment(_url(site, "/a.png"), replace(LIMITS, resolve=changing))

    assert made.data == PNG
    assert next(answers) == ["192.0.2.1"]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "0", "127.1", "2130706433", "[::ffff:127.0.0.1]"],
)
async def test_this_machine_is_never_asked(site: ThreadingHTTPServer, host: str) -> None:
    before = len(site.asked)  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(InvalidInput, match=r"is no public one|is not known"):
        await fetch_attachment(_url(site, "/a.png", host=host), FetchLimits(hosts=("*",)))
    assert len(site.asked) == before  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    "address",
    [
        *("10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1"),
        *("0.0.0.1", "255.255.255.255", "fe80::1%eth0", "fd00::1", "::", "ff02::1"),
        *("::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "nonsense"),
    ],
)
def test_no_private_address_is_public_in_any_writing(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07::1", "64:ff9b::5db8:d70e"]
)
def test_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://pictures.example/a.png", "no plain http"),
        ("https://ana:secret@pictures.example/a.png", "no plain http"),
        ("http://pictures.example:99999/a.png", "cannot be read"),
        ("http://other.example/a.png", "Nothing is fetched from other.example here"),
        ("http://pictures.example/a b.png", "characters that no URL has"),
        ("http://pictures.example/a\r\nX: y", "characters that no URL has"),
    ],
)
async def test_url_that_is_none_is_said(url: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        await fetch_attachment(url, LIMITS)
    assert "secret" not in str(caught.value)


async def test_nothing_is_fetched_where_nobody_allows_it() -> None:
    with pytest.raises(InvalidInput, match="Nothing is fetched by URL here"):
        await fetch_attachment("https://pictures.example/a.png", FetchLimits())


@pytest.mark.parametrize(
    ("path", "limits", "said"),
    [
        ("/none.png", {}, "server answered 404"),
        ("/a.png", {"most_bytes": 20}, "more than 20 bytes"),
        ("/lies.png", {}, "is said to be image/png, and is image/jpeg"),
        ("/stuck.png", {"seconds": 0.3}, r"did not arrive within 0\.3 s"),
    ],
)
async def test_what_comes_of_it_is_judged(
    site: ThreadingHTTPServer, path: str, limits: dict[str, int], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        await fetch_attachment(_url(site, path), replace(LIMITS, **limits))
