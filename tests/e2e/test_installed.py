"""The package far from its checkout: what it shows points at nothing that is not there."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.e2e.installed import ROOT, Installed, install, on_path

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

# Words that would be a path: they hold a slash that is none of a sentence, a figure or an address.
PATH = re.compile(r"(?<![\w/])(?:\.{0,2}/)?[\w.-]+/[\w./-]*")
OF_THE_CHECKOUT = re.compile(r"\bmake [a-z-]+$|uv\.sh|\.venv|README|examples?/|docs/|deploy/", re.M)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="module")
def demo(installed: Installed) -> subprocess.CompletedProcess[str]:
    return installed.batuta("demo", limit_s=110)


def hints(demo: subprocess.CompletedProcess[str]) -> list[str]:
    lines = demo.stdout.partition("Where to look next\n")[2].splitlines()
    return [line.strip().partition("  ")[0] for line in lines]


def test_this_is_no_checkout(installed: Installed) -> None:
    code = (
        "import batuta; from batuta.errors import checkout_folder as c; print(batuta.__file__, c())"
    )
    said = installed.shell([str(installed.programs / "python"), "-c", code]).stdout

    assert said.startswith(str(installed.programs.parent))
    assert said.endswith(" None\n")


def test_demo_runs_every_style_in_an_empty_folder(
    installed: Installed, demo: subprocess.CompletedProcess[str]
) -> None:
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert demo.stdout.count("2/2") == 8
    assert [path.name for path in installed.folder.iterdir()] == [".batuta"]


def test_demo_points_at_nothing_that_is_not_there(
    installed: Installed, demo: subprocess.CompletedProcess[str]
) -> None:
    shown = demo.stdout + demo.stderr
    named = [each.rstrip(".") for each in PATH.findall(shown)]

    assert not OF_THE_CHECKOUT.findall(shown)
    assert str(ROOT) not in shown
    assert {str(installed.programs / "batuta")} < {*named}
    for name in named:
        if not re.fullmatch(r"[\d.]+/[\d.]+|Europe/London", name):
            assert (installed.folder / name).exists(), name


def test_every_hint_is_a_command_that_works(
    installed: Installed, demo: subprocess.CompletedProcess[str]
) -> None:
    kinds = [shlex.split(hint)[1] for hint in hints(demo)]
    assert kinds == ["trace", "chat", "up", "up", "play", "serve", "styles"]
    for hint in hints(demo):
        lasting = shlex.split(hint)[1] in {"up", "play", "serve"}
        # What runs until Ctrl-C is asked for its help alone: its words are read all the same.
        done = installed.shell(f"{hint} --help" if lasting else hint, said="hello\n")
        assert done.returncode == 0, f"{hint}\n{done.stderr}"


def test_hints_are_short_where_the_shell_finds_the_command(installed: Installed) -> None:
    done = installed.batuta("demo", "--styles", "a", env=on_path(installed))

    assert [hint.split()[0] for hint in hints(done)] == ["batuta"] * 5


def test_what_is_missing_is_installed_from_the_wheel(installed: Installed, tmp_path: Path) -> None:
    # As if nobody had installed them.
    code = (
        "import sys; sys.modules |= dict.fromkeys(('dbos', 'agents')); "
        "from batuta.cli import main; main()"
    )
    python = [str(installed.programs / "python"), "-c", code]
    durable = installed.shell(
        [*python, "chat", "--style", "d", "--message", "hello"], env={"BATUTA_DURABLE": "sqlite"}
    )
    looked = installed.shell([*python, "doctor"])
    command = f"uv pip install --python {installed.programs / 'python'} '{installed.wheel}[{{}}]'"

    assert durable.returncode == 3
    assert durable.stderr.endswith(f" Run: {command.format('durable')}\n")
    offered = looked.stdout.partition("To install what is missing\n")[2].partition("\n\n")[0]
    assert offered.split("\n") == [f"  {command.format(extra)}" for extra in ("agents", "durable")]
