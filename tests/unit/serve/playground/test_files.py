"""The page and its files: what a browser is told of them, and that there is nothing else."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from batuta.serve.doors import mounts_of
from batuta.serve.playground.files import POLICY, PageFiles, page_files
from tests.unit.serve.http.house import House, problem
from tests.unit.serve.playground.grounds import club

PACKED_MOST = 150_000


async def test_page_is_asked_for_anew_and_sent_when_it_changed(tmp_path: Path) -> None:
    async with club(tmp_path) as client:
        first = await client.get("/")
        again = await client.get("/", headers={"If-None-Match": f'"x", {first.headers["etag"]}'})
        plain = await client.get("/", headers={"Accept-Encoding": "gzip;q=0"})
        head = await client.head("/")
        refused = await client.post("/")

    assert first.headers["content-type"] == "text/html; charset=utf-8"
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["content-security-policy"] == POLICY
    assert first.headers["x-content-type-options"] == "nosniff"
    assert first.headers["referrer-policy"] == "no-referrer"
    assert first.headers["content-encoding"] == "gzip"
    assert plain.headers.get("content-encoding") is None
    assert plain.content == first.content
    assert f"playground/{page_files().version}/" in first.text
    assert "{{" not in first.text
    assert (again.status_code, again.content) == (304, b"")
    assert (head.status_code, head.content) == (200, b"")
    problem(refused, 405, "method_not_allowed")
    assert refused.headers["allow"] == "GET, HEAD"


async def test_every_file_is_kept_for_ever_under_its_version(tmp_path: Path) -> None:
    here = page_files()
    async with club(tmp_path) as client:
        for path, file in here.others.items():
            answer = await client.get(f"/playground/{here.version}/{path}")
            assert answer.content == file.body
            assert answer.headers["content-type"] == file.media_type
            assert "immutable" in answer.headers["cache-control"]
            problem(await client.get(f"/playground/0000/{path}"), 404, "not_found")


@pytest.mark.parametrize(
    "path", ["../files.py", "%2e%2e/files.py", "..%2ffiles.py", "/etc/passwd", "", "none.js"]
)
async def test_nothing_else_is_served(tmp_path: Path, path: str) -> None:
    async with club(tmp_path) as client:
        answer = await client.get(f"/playground/{page_files().version}/{path}")

    assert answer.status_code == 404


def test_all_files_packed_are_small() -> None:
    here = page_files()
    packed = [len(file.packed) for file in (here.page, *here.others.values())]

    assert sum(packed) <= PACKED_MOST
    assert gzip.decompress(here.page.packed) == here.page.body


def test_version_changes_with_any_file(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<script src="{{files}}/main.js"></script>')
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "main.js").write_text("1")
    (tmp_path / "types.d.ts").write_text("for tools alone")
    first = PageFiles.of(tmp_path)
    (tmp_path / "parts" / "main.js").write_text("2")
    second = PageFiles.of(tmp_path)

    assert [*first.others] == ["parts/main.js"]
    assert first.version != second.version
    assert first.page.tag != second.page.tag


async def test_switch_leaves_the_page_out(tmp_path: Path) -> None:
    for doors in ("none", "openai"):
        async with House(tmp_path).client(mounts=mounts_of(doors)) as client:
            problem(await client.get("/"), 404, "not_found")
            problem(await client.get("/playground/setup"), 404, "not_found")
