"""Whether an intake's tools and functions fit each other: found out when the intake is made."""

from __future__ import annotations

import inspect
import string
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from batuta.core.effect import facts_text
from batuta.errors import ConfigError

if TYPE_CHECKING:
    from batuta.core.run import Run
    from batuta.core.tool import Tool


def check_tools(act: Tool, argument: str, *, find: Tool, fields: Sequence[str]) -> None:
    """See that the search can be filled from the form, and the deed from the choice.

    Raises:
        ConfigError: A tool wants what nobody gives it, or takes no such argument.
    """
    taken = act.schema.parameters["properties"]
    if argument not in taken:
        raise ConfigError(
            f"Intake gives {act.name} the chosen option as {argument!r}, which it does not take",
            f"Set argument to one of: {', '.join(taken) or 'none, so give it a parameter'}.",
        )
    for tool, given in ((act, [argument]), (find, fields)):
        wanted = [name for name in tool.schema.parameters.get("required", ()) if name not in given]
        if wanted:
            raise ConfigError(
                f"Nothing in the intake gives {tool.name} its {', '.join(wanted)}",
                "Give it a default, bind it from the caller, or make it a field of the form."
                if tool is find
                else "Give it a default, or bind it from the caller: it gets the chosen id alone.",
            )


def check_callbacks(options: Any, done: Any) -> None:
    """See that what reads and says results can be called with one, and that a text is one.

    Raises:
        ConfigError: It cannot.
    """
    _check_takes_one("options", options)
    if not isinstance(done, str):
        _check_takes_one("done", done)
        return
    try:
        names = [name for _, name, _, _ in string.Formatter().parse(done) if name is not None]
    except ValueError as error:
        raise ConfigError(
            f"Intake's done cannot be read: {error}", "Double a lone brace."
        ) from error
    if not all(names):
        raise ConfigError(
            "Intake's done has braces with no name in them", "Name a key of the result: {id}."
        )


def _check_takes_one(name: str, function: Any) -> None:
    if not callable(function):
        raise ConfigError(
            f"Intake's {name} is a {type(function).__name__}", "Give a function of a tool's result."
        )
    if inspect.iscoroutinefunction(function):
        raise ConfigError(f"Intake's {name} is async", "Give a plain function: it only reads.")
    try:
        inspect.signature(cast("Callable[..., Any]", function)).bind(object())
    except TypeError as error:
        raise ConfigError(
            f"Intake's {name} does not take one argument, the result: {error}", "Let it."
        ) from error
    except ValueError:
        return  # of what is built in, Python may not tell the parameters


def confirmation(done: str | Callable[[Any], str], result: Any, run: Run) -> str:
    """Say what was done in the App's own words, or plainly where these fail.

    What has been done stands, whatever the words make of it; the trace says what failed.
    """
    try:
        if isinstance(done, str):
            told = isinstance(result, Mapping)
            return done.format_map(
                cast("Mapping[str, Any]", result if told else {"result": result})
            )
        said: Any = done(result)
        why = "" if isinstance(said, str) and said.strip() else f"done gave {said!r}"
    except Exception as error:  # an App's own words must not undo what is done
        said, why = "", f"done failed: {type(error).__name__}: {error}"
    if why:
        run.decide("say plainly what was done", why, by="code")
        facts = facts_text(result)
        return f"Done: {facts}." if facts else "Done."
    return said
