"""No test is skipped but for a reason of the one list, and that list only shrinks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shape.sources import ROOT, sources
from tests.skips import ALLOWED

TODAY = 3  # may only fall
RAN = "def test_that_runs(): pass\n"


def run(folder: Path, text: str, *words: str, ci: bool = False) -> tuple[int, str]:
    """Run a file of tests with the watch over skips, and nothing else of ours."""
    file = folder / "test_it.py"
    file.write_text("import pytest\n" + text)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "tests.skips", "-p", "no:cacheprovider"),
            *("--rootdir", folder, "-c", os.devnull, *words, file),
        ],
        cwd=ROOT, env={**os.environ, "CI": "true" if ci else ""}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def skipped(message: str) -> str:
    return f"def test_that_does_not(): pytest.skip({message!r})\n"


@pytest.mark.parametrize("words", [(), ("-n", "2")], ids=["alone", "workers"])
@pytest.mark.parametrize(
    "text",
    [
        skipped("not today"),
        "@pytest.mark.skipif(True, reason='not today')\ndef test_it(): pass\n",
        "pytest.skip('not today', allow_module_level=True)\n",
    ],
    ids=["call", "mark", "module"],
)
def test_a_skip_that_nobody_allowed_fails_the_run(
    tmp_path: Path, text: str, words: tuple[str, ...]
) -> None:
    code, said = run(tmp_path, RAN + text, *words)

    assert code == 1
    assert "skips that are not allowed" in said
    assert "not today" in said


@pytest.mark.parametrize("allowed", ALLOWED, ids=lambda each: each.says)
def test_an_allowed_skip_fails_the_run_in_ci_alone(tmp_path: Path, allowed: object) -> None:
    text = RAN + skipped(f"{getattr(allowed, 'says', '')} here")

    assert run(tmp_path, text)[0] == 0
    assert run(tmp_path, text, ci=True)[0] == 1


def test_a_run_that_skips_nothing_is_left_as_it_was(tmp_path: Path) -> None:
    assert run(tmp_path, RAN)[0] == 0
    code, said = run(tmp_path, "def test_that_fails(): assert False\n")
    assert code == 1
    assert "not allowed" not in said


def test_the_list_of_allowed_skips_has_no_entry_that_no_test_uses_and_only_shrinks() -> None:
    texts = [s.text for s in sources("tests") if s.path != "tests/skips.py"]

    unused = [a.says for a in ALLOWED if not any(f'"{a.says}' in text for text in texts)]

    assert not unused
    assert len(ALLOWED) == TODAY, "lower TODAY with the list; it may not grow"
