"""The page's files: small, from nobody else at run time, and what others wrote is as it was."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from batuta.serve.playground.files import page_files

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "src/batuta/serve/playground/static"
MOST_PACKED = 150_000
_ELSEWHERE = re.compile(r"""(?:https?:)?//[\w.-]+\.\w{2,}|\bimport\s*\(\s*["'](?!\./)""")
_LINK = re.compile(r"""(?:from|import)\s+["']([^"']+)["']""")


def test_vendored_file_is_the_one_that_was_made() -> None:
    made = (ROOT / "scripts/playground/vendor.sha256").read_text().strip()
    assert hashlib.sha256((PAGE / "vendor.js").read_bytes()).hexdigest() == made


def test_licences_stand_beside_what_others_wrote() -> None:
    said = (PAGE / "vendor.txt").read_text("utf-8")
    for package in ("preact", "@preact/signals", "@preact/signals-core", "htm"):
        assert re.search(rf"^{package} \d+\.\d+\.\d+$", said, re.MULTILINE)
    assert "MIT License" in said
    assert "Apache License" in said


def test_all_files_together_are_small() -> None:
    files = page_files()
    packed = sum(len(each.packed) for each in (files.page, *files.others.values()))
    assert packed <= MOST_PACKED


def test_page_takes_nothing_from_elsewhere() -> None:
    for path in (each for each in PAGE.iterdir() if each.suffix in {".js", ".css", ".html"}):
        text = path.read_text("utf-8").replace("http://www.w3.org/", "")
        assert not _ELSEWHERE.search(text), path.name
        for link in _LINK.findall(text):
            assert link.startswith("./"), f"{path.name}: {link}"
            assert (PAGE / link).is_file(), f"{path.name}: {link}"
