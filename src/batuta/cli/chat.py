"""``batuta chat``: a conversation in the terminal, or through a pipe."""

from __future__ import annotations

import asyncio
import json as json_format
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer

from batuta.cli.command import (
    AppName,
    Attach,
    FrameworkName,
    Home,
    Json,
    ModelName,
    Now,
    Reasoning,
    Record,
    Replay,
    SetModel,
    StyleKey,
    User,
)
from batuta.cli.conversation import Conversation
from batuta.cli.exit_codes import INTERRUPTED
from batuta.cli.opening import attachments_for, model_settings_for, principal_for, settings_for
from batuta.cli.tape import tape
from batuta.cli.view.errors import Failed, error_named, exit_code_of, failed, say
from batuta.cli.view.figures import STAND_IN, turn_json
from batuta.cli.view.streams import safe
from batuta.errors import BatutaError, ReplayMismatch

if TYPE_CHECKING:
    from batuta.cli.chat_view import ChatView
    from batuta.core.record import RunRecord


@dataclass(frozen=True, kw_only=True)
class ChatOptions:
    """What ``batuta chat`` takes."""

    style: StyleKey = "e"
    app: AppName = "tennis"
    model: ModelName = ""
    set: SetModel = None
    reasoning: Reasoning = False
    framework: FrameworkName = ""
    message: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="Say this and leave; may be given several times."),
    ] = None
    attach: Attach = None
    session: Annotated[
        str, typer.Option(metavar="ID", help="Go on with an earlier conversation.")
    ] = ""
    record: Record = None
    replay: Replay = None
    user: User = ""
    json: Json = False
    now: Now = ""
    home: Home = None


def chat(options: ChatOptions) -> None:
    """Talk to the App under one style, at the keyboard or by a pipe.

    Each line of a piped input is one turn. In the conversation: /trace, /cost, /style KEY, /new,
    /help, /quit. Ctrl-C cancels a turn.
    """
    from batuta.cli.chat_view import ChatView

    asked = options.message is None and sys.stdin.isatty()
    settings = settings_for(options.home, options.now, options.model, framework=options.framework)
    asked_with = model_settings_for(options.set, reasoning=options.reasoning)
    with tape(settings, options.record, options.replay) as taped, asyncio.Runner() as runner:
        conversation = runner.run(
            Conversation.open(
                options.app,
                taped,
                principal_for(options.user),
                style=options.style,
                session=options.session,
            )
        )
        conversation.settings = asked_with
        conversation.attachments = runner.run(attachments_for(options.attach, settings))
        stand_in = "" if taped.replayed is not None else STAND_IN
        view = ChatView(conversation, as_json=options.json, asked=asked, stand_in=stand_in)
        view.note(taped.note)
        if options.model and (names := conversation.elsewhere()):
            view.note(
                f"{options.model} answers here; in services of their own, with their own "
                f"models: {', '.join(names)}"
            )
        try:
            code = _converse(runner, view, _lines(options, asked=asked))
            view.note(taped.last_note())
        finally:
            runner.run(conversation.close())
    if code:
        raise Failed(code)


def _converse(runner: asyncio.Runner, view: ChatView, lines: Iterator[str]) -> int:
    """Take line after line; give the exit code of the first turn that failed, else 0."""
    view.greet()
    first = 0
    for line in lines:
        try:
            code = (
                runner.run(view.command(line))
                if line.startswith("/")
                else _turn(runner, view, line)
            )
        except KeyboardInterrupt:
            view.note("Cancelled. The conversation is as it was before.")
            code = 0 if view.asked else INTERRUPTED
        except BatutaError as error:
            code = failed(error)
        if view.ended or code == INTERRUPTED:
            return first or code
        first = first or code
    view.leave()
    return 0 if view.asked else first


def _turn(runner: asyncio.Runner, view: ChatView, line: str) -> int:
    with view.watching() as progress:
        record = runner.run(view.conversation.say(line, progress.listen))
    if view.as_json:
        print(json_format.dumps(turn_json(line, record), ensure_ascii=False), flush=True)
    else:
        view.show(record)
    return _failure(record)


def _failure(record: RunRecord) -> int:
    if record.error is None:
        return _reported(record)
    failure = record.failure
    if isinstance(failure, ReplayMismatch):
        print(safe(failure.difference), file=sys.stderr)
        failure = ReplayMismatch(failure.recording, failure.detail)
    if failure is not None:
        return failed(failure)
    return exit_code_of(BatutaError())


def _reported(record: RunRecord) -> int:
    """Give the exit code of an answer that can only report a failure, and say which; else 0."""
    if not record.failed:
        return 0
    name, _, text = record.failed.partition(": ")
    say(f"the answer reports a failure: {text or name}")
    return exit_code_of(error_named(name))


def _lines(options: ChatOptions, *, asked: bool) -> Iterator[str]:
    """Give what is said, line by line: from the options, a pipe, or the person at the keyboard."""
    if options.message is not None:
        yield from options.message
    elif not asked:
        yield from (line.strip() for line in sys.stdin if line.strip())
    else:
        yield from _typed()


def _typed() -> Iterator[str]:
    with suppress(ImportError):
        import_module("readline")  # gives input() editing and a history
    while True:
        try:
            line = safe(input("you> ")).strip()
        except EOFError:
            return
        except KeyboardInterrupt:
            print("\n(Ctrl-D or /quit leaves)")
            continue
        if line:
            yield line
