"""Every block of Python in the pages runs; every help text shown is today's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs import console, runner
from tests.docs.pages import blocks, page_name, pages


@pytest.mark.parametrize("page", pages(), ids=page_name)
def test_python_of_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = page.read_text()
    monkeypatch.chdir(tmp_path)

    assert not runner.faults(text)
    runner.run(text, page_name(page), tmp_path)


@pytest.mark.parametrize("page", pages(), ids=page_name)
def test_help_of_page_is_todays(page: Path) -> None:
    for block, words in console.help_blocks(page.read_text()):
        shown = console.tidy(block.text.partition("\n")[2])
        assert shown == console.present_help(words), "run: make help-in-docs"


PAGE = """\
# Page

```python
x = 20
```

- in a list:

  ```python
  y = x + 1
  assert y == 22, "counted wrongly"
  ```

```text
not python
```
"""


def test_blocks_share_names_and_keep_their_lines(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="counted wrongly") as caught:
        runner.run(PAGE, "docs/page.md", tmp_path)

    assert Path(caught.traceback[-1].path).name == "docs__page.md"
    assert caught.traceback[-1].lineno + 1 == PAGE.splitlines().index("  y = x + 1") + 2


def test_main_guard_runs_and_a_page_without_python_passes(tmp_path: Path) -> None:
    guarded = "```python\nif __name__ == '__main__':\n    1 / 0\n```\n"

    with pytest.raises(ZeroDivisionError):
        runner.run(guarded, "page.md", tmp_path)
    runner.run("no code", "page.md", tmp_path)


@pytest.mark.parametrize(
    ("opening", "inner", "fault"),
    [
        ("python", "x", None),
        ("python no-run", "# Not run: needs a key", None),
        ("python no-run", "x", "open a no-run block"),
        ("python skip", "x", "unknown mark"),
        ("py", "x", "write ```python"),
    ],
)
def test_only_a_reason_lets_a_block_off(opening: str, inner: str, fault: str | None) -> None:
    said = runner.faults(f"```{opening}\n{inner}\n```\n")

    assert len(said) == (fault is not None)
    assert fault is None or fault in said[0]


def test_longer_fence_holds_a_shorter_one() -> None:
    (block,) = blocks("````markdown\n```python\n1 / 0\n```\n````\n")

    assert block.language == "markdown"


STALE = "```console\n$ batuta demo --help\nold\nlines\n```\n\n```console\n$ ls\na\n```\n"


def test_stale_help_is_found_and_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "present_help", {"demo --help": "new\n\nhelp"}.__getitem__)

    ((block, words),) = console.help_blocks(STALE)

    assert (block.line, words) == (2, "demo --help")
    assert console.rewritten(STALE) == STALE.replace("old\nlines", "new\n\nhelp")
    assert console.rewritten(console.rewritten(STALE)) == console.rewritten(STALE)
