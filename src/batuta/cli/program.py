"""The commands, put together, and what holds for all of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from batuta.cli import (
    advise,
    batch,
    chat,
    compare,
    cost,
    demo,
    doctor,
    host,
    mcp,
    models,
    new,
    package,
    play,
    runs,
    scenarios,
    serve,
    standin,
    steering,
    styles,
    tennis,
    trace,
    up,
    worker,
)
from batuta.cli.command import Globals, command
from batuta.cli.view.streams import leave_quietly, prepare
from batuta.errors import DISTRIBUTION

ABOUT = """\
Who decides which function is called, and when?

One application under every control style, from "the model only reads the words" to "a manager of
agents". Begin with: batuta demo"""


@dataclass(frozen=True, kw_only=True)
class RootOptions:
    """What stands before a command's name."""

    home: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of sessions, runs and bookings, else .batuta."),
    ] = None
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from.")] = False
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False


def root(options: RootOptions, context: typer.Context) -> None:
    """Keep the global options for the command, or show version or help."""
    context.obj = Globals(options.home, options.debug)
    if options.version:
        from importlib.metadata import version

        print(f"batuta {version(DISTRIBUTION)}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit


def program() -> typer.Typer:
    """Make the whole command line."""
    app = _typer(bare=True)
    app.callback(help=ABOUT)(command(root, RootOptions))
    app.command()(command(demo.demo, demo.DemoOptions))
    app.command()(command(chat.chat, chat.ChatOptions))
    app.command()(command(compare.compare, compare.CompareOptions))
    app.command()(command(styles.styles, styles.StylesOptions))
    app.command()(command(trace.trace, trace.TraceOptions))
    app.command()(command(cost.cost, cost.CostOptions))
    app.add_typer(_kept(), name="runs", help="List the runs kept here, newest first.")
    app.command()(command(serve.serve, serve.ServeOptions))
    app.command()(command(play.play, play.PlayOptions))
    app.command()(command(mcp.mcp, mcp.McpOptions))
    app.command()(command(up.up, up.UpOptions))
    app.command()(command(host.host, host.HostOptions))
    app.command()(command(standin.standin, standin.StandinOptions))
    app.command()(command(models.models, models.ModelsOptions))
    app.command()(command(doctor.doctor, doctor.DoctorOptions))
    app.command()(command(worker.worker, worker.WorkerOptions))
    app.command()(command(batch.batch, batch.BatchOptions))
    app.command()(command(advise.advise, advise.AdviseOptions))
    app.command()(command(new.new, new.NewOptions))
    app.command()(command(package.package, package.PackageOptions))
    app.add_typer(_scenarios(), name="scenarios")
    app.add_typer(_club(), name="tennis")
    return app


def _scenarios() -> typer.Typer:
    lab = _typer("Look into what comparisons are held on.")
    lab.callback()(lambda: None)
    lab.command()(command(scenarios.check, scenarios.CheckOptions))
    return lab


def _kept() -> typer.Typer:
    kept = _typer(bare=True)
    kept.callback()(command(runs.runs, runs.RunsOptions))
    kept.command()(command(steering.show, steering.ShowOptions))
    kept.command()(command(steering.resume, steering.ResumeOptions))
    kept.command()(command(steering.cancel, steering.RunArguments))
    kept.command()(command(steering.answer, steering.AnswerOptions))
    return kept


def _club() -> typer.Typer:
    club = _typer("Read and seed the tennis club's bookings, with no AI between.")
    club.command()(command(tennis.bookings, tennis.BookingsOptions))
    club.command()(command(tennis.seed, tennis.SeedOptions))
    club.command()(command(tennis.slots, tennis.SlotsOptions))
    return club


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code.

    Args:
        arguments: None takes the process's own.
    """
    prepare(sys.stdin, sys.stdout, sys.stderr)
    try:
        program()(args=arguments, prog_name="batuta")
    except SystemExit as end:
        return leave_quietly(end.code if isinstance(end.code, int) else 0)
    return leave_quietly(0)


def _typer(help: str | None = None, *, bare: bool = False) -> typer.Typer:  # noqa: A002  typer's word
    # Plain help needs no rich, which keeps --help quick, and reads well in pages and pipes.
    return typer.Typer(
        help=help,
        invoke_without_command=bare,
        no_args_is_help=not bare,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
