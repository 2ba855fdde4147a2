from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner, Result

from batuta.cli.command import Globals, Home, command
from batuta.errors import AccessDenied


@dataclass(frozen=True, kw_only=True)
class Options:
    name: Annotated[str, typer.Argument()]
    count: Annotated[int, typer.Option(min=1)] = 1
    home: Home = None


def show(options: Options) -> None:
    """Show it."""
    if options.name == "denied":
        raise AccessDenied("ana", "show it")
    if options.name == "bug":
        raise KeyError("oh")
    typer.echo(options)


def invoke(*words: str, before: Globals | None = None) -> Result:
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command()(command(show, Options))
    return CliRunner().invoke(app, words, obj=before)


def test_fields_of_the_options_are_the_commands_parameters() -> None:
    done = invoke("x", "--count", "3", "--home", "there")

    assert done.stdout == f"{Options(name='x', count=3, home=Path('there'))}\n"
    assert "Show it." in invoke("--help").stdout


def test_wrong_or_missing_parameter_is_refused_with_2() -> None:
    assert invoke("x", "--count", "0").exit_code == 2
    assert invoke().exit_code == 2


def test_home_before_the_command_holds_unless_said_after_it() -> None:
    before = Globals(home=Path("before"))

    assert "before" in invoke("x", before=before).stdout
    assert "after" in invoke("x", "--home", "after", before=before).stdout


def test_error_of_ours_ends_with_its_code_and_one_line() -> None:
    done = invoke("denied")

    assert (done.exit_code, done.stdout) == (5, "")
    assert done.stderr == "batuta: ana may not show it. Ask the operator for the right to.\n"


def test_bug_is_one_line_and_a_traceback_only_where_asked_for() -> None:
    assert invoke("bug").exit_code == 1
    assert invoke("bug").stderr.startswith("batuta: unexpected KeyError: 'oh'")
    with pytest.raises(KeyError, match="oh"):
        CliRunner().invoke(_app(), ["bug"], obj=Globals(debug=True), catch_exceptions=False)


def _app() -> typer.Typer:
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command()(command(show, Options))
    return app
