from __future__ import annotations

from io import StringIO

from rich.console import Console

from batuta.cli.view.screen import hang, put, table, tell, text


def console(width: int, *, terminal: bool = False) -> tuple[Console, StringIO]:
    shown = StringIO()
    made = Console(file=shown, width=width, force_terminal=terminal, color_system=None)
    return made, shown


def test_long_text_hangs_under_its_own_beginning() -> None:
    out, shown = console(24)

    hang(out, text("you"), text("one two three four five six"))

    assert shown.getvalue() == " you  one two three four\n      five six\n"


def test_table_in_a_pipe_has_no_spaces_at_line_ends() -> None:
    out, shown = console(80)
    made = table(out, "a", "b")
    made.add_row("1", "long")
    made.add_row("2", "")

    put(out, made)

    assert all(line == line.rstrip() for line in shown.getvalue().splitlines())


def test_table_that_does_not_fit_becomes_blocks() -> None:
    out, shown = console(20)
    made = table(out, "style", "who decided")
    made.add_row("E", "thewholeagentitself")

    put(out, made)

    assert shown.getvalue().splitlines()[:2] == [
        "      style:  E",
        "who decided:  thewholeagentitself",
    ]


def test_text_in_a_pipe_keeps_its_lines_and_markup_means_nothing() -> None:
    out, shown = console(20)

    tell(out, "[bold]a line that is longer than the screen is wide[/bold]")

    assert shown.getvalue() == "[bold]a line that is longer than the screen is wide[/bold]\n"
