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
NOT_ALLOWED = {
    "call": "def test_that_does_not(): pytest.skip('not today')\n",
    "mark": "@pytest.mark.skipif(True, reason='not today')\ndef test_marked(): pass\n",
    "module": "pytest.skip('not today', allow_module_level=True)\n",
}


def run(folder: Path, *texts: str, words: tuple[str, ...] = (), ci: str = "") -> tuple[int, str]:
    """Run a file of tests for each text with the watch over skips, and nothing else of ours."""
    for number, text in enumerate(texts):
        (folder / f"test_{number}.py").write_text("import pytest\n" + text)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "tests.skips", "-p", "no:cacheprovider"),
            *("--rootdir", folder, "-c", os.devnull, *words, folder),
        ],
        cwd=ROOT, env={**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.mark.parametrize("text", NOT_ALLOWED.values(), ids=NOT_ALLOWED)
def test_a_skip_that_nobody_allowed_fails_the_run(tmp_path: Path, text: str) -> None:
    code, said = run(tmp_path, RAN, text)

    assert code == 1
    assert "skips that are not allowed" in said
    assert "not today" in said


def test_workers_hide_no_skip(tmp_path: Path) -> None:
    code, said = run(tmp_path, RAN, *NOT_ALLOWED.values(), words=("-p", "xdist", "-n", "2"))

    assert code == 1
    listed = said.partition("skips that are not allowed")[2]
    assert all(f"test_{number}.py" in listed for number in (1, 2, 3))


def test_an_allowed_skip_fails_the_run_in_ci_alone(tmp_path: Path) -> None:
    texts = [f"def test_it(): pytest.skip({each.says + ' here'!r})\n" for each in ALLOWED]

    assert run(tmp_path, RAN, *texts)[0] == 0
    code, said = run(tmp_path, RAN, *texts, ci="true")
    assert code == 1
    assert said.count(" here\n") >= len(ALLOWED)


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
