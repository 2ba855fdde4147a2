"""A command is an options dataclass and a function of it; here they become a typer command."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_type_hints

import typer

from batuta.cli.view.errors import Failed, failed

AppName = Annotated[
    str, typer.Option(metavar="APP", help="tennis, or an App of yours as module:app.")
]
StyleKey = Annotated[str, typer.Option(metavar="KEY", help="Style a to h, or a composition.")]
Home = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder of sessions, runs and bookings, else .batuta."),
]
Now = Annotated[str, typer.Option(metavar="ISO", help="Let the clock stand at this time.")]
ModelName = Annotated[
    str, typer.Option(metavar="NAME", help="Model that answers, such as openai:gpt-5-mini.")
]
SetModel = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="How models are asked, such as temperature=0."
    ),
]
Attach = Annotated[
    list[str] | None,
    typer.Option(
        "--attach", metavar="PATH", help="Image or file, or its URL, beside the first message."
    ),
]
Reasoning = Annotated[
    bool, typer.Option("--reasoning", help="Ask for summaries of models' thoughts, and show them.")
]
FrameworkName = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="Framework whose loop drives styles E, F and G, such as langgraph."
    ),
]
Record = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Record what models are asked and say.")
]
Replay = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Let a recording answer; no model is asked.")
]
NoTls = Annotated[bool, typer.Option("--no-tls", help="Listen beyond this machine in plain text.")]
User = Annotated[str, typer.Option(metavar="NAME", help="Who is asking.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]


class Globals(NamedTuple):
    """Options that stand before a command's name."""

    home: Path | None = None
    debug: bool = False


def command(do: Callable[..., None], options: type[Any]) -> Callable[..., None]:
    """Make the function that typer reads: one parameter for each field of the options.

    Args:
        do: Takes the options, and the typer context too where it has a parameter of that name.
        options: A dataclass whose fields are annotated as typer wants its parameters.
    """
    wants_context = "context" in inspect.signature(do).parameters

    def called(context: typer.Context, **given: Any) -> None:
        before: Globals = context.obj or Globals()
        chosen = options(**given)
        if before.home is not None and getattr(chosen, "home", before.home) is None:
            chosen = replace(chosen, home=before.home)
        try:
            do(chosen, context) if wants_context else do(chosen)
        except (typer.Exit, KeyboardInterrupt, BrokenPipeError):
            raise
        except Failed as error:
            raise typer.Exit(error.exit_code) from error
        except Exception as error:
            if before.debug:
                raise
            raise typer.Exit(failed(error)) from error

    called.__name__ = do.__name__
    called.__doc__ = do.__doc__
    called.__annotations__ = {}
    called.__signature__ = _signature(options)
    return called


def _signature(options: type[Any]) -> inspect.Signature:
    hints = get_type_hints(options, include_extras=True)
    parameters = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in fields(options)
    ]
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    return inspect.Signature([context, *parameters])
