"""The entry: what holds before any command."""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec

import pytest

from batuta.cli import main
from batuta.errors import install_command


def test_without_typer_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = importlib.util.find_spec

    def without_typer(name: str) -> ModuleSpec | None:
        return None if name == "typer" else found(name)

    monkeypatch.setattr("batuta.cli.find_spec", without_typer)

    with pytest.raises(SystemExit) as ended:
        main(["--version"])

    assert ended.value.code == 3
    assert f"Run: {install_command('cli')}\n" in capsys.readouterr().err


@pytest.mark.parametrize(("words", "code"), [(["--version"], 0), (["dance"], 2)])
def test_exit_code_is_the_commands(words: list[str], code: int) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)

    assert ended.value.code == code


def test_ctrl_c_while_modules_load_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("batuta.cli.program.run", pressed)
    with pytest.raises(SystemExit) as ended:
        main(["styles"])
    assert ended.value.code == 130
