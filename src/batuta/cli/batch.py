"""``batuta batch``: many messages at once, done by the App's workers."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from batuta.cli.command import AppName, Home, Now, StyleKey, User
from batuta.cli.opening import app_for, principal_for, settings_for
from batuta.cli.view.errors import Failed, exit_code_of
from batuta.cli.view.figures import turn_json
from batuta.errors import ConfigError, InvalidInput, RuntimeFailure, called
from batuta.errors.public import error_class

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batuta.assistant import Assistant
    from batuta.settings import Settings


@dataclass(frozen=True, kw_only=True)
class BatchOptions:
    """What ``batuta batch`` takes."""

    file: Annotated[Path, typer.Argument(metavar="FILE", help="Text file: a message on each line.")]
    style: StyleKey = "e"
    app: AppName = ""
    detach: Annotated[
        bool, typer.Option("--detach", help="Print the runs' ids and leave them to the workers.")
    ] = False
    user: User = ""
    now: Now = ""
    home: Home = None


def batch(options: BatchOptions) -> None:
    """Leave many messages to the workers; print the answers as JSON.

    In the messages' order, each a conversation of its own. Ctrl-C leaves them to the workers. The
    exit code is that of the first run that failed.
    """
    settings = settings_for(options.home, options.now)
    if not settings.durable:
        raise ConfigError(
            "Batches are durable runs", "Set BATUTA_DURABLE to sqlite or a postgresql:// URL."
        )
    lines = options.file.read_text("utf-8").splitlines()
    texts = [line.strip() for line in lines if line.strip()]
    if not texts:
        raise InvalidInput(f"{options.file} holds no message", "Write one on each line.")
    if code := failure_code(asyncio.run(_run(options, settings, texts))):
        raise Failed(code)


def failure_code(told: Sequence[Mapping[str, Any]]) -> int:
    """Give the exit code of the first run that failed, of what was told of them; 0 for none."""
    for each in told:
        if each["error"] is not None:
            kind = error_class(each["error"]["code"])
            return exit_code_of(kind.__new__(kind))
    return 0


async def _run(
    options: BatchOptions, settings: Settings, texts: Sequence[str]
) -> list[Mapping[str, Any]]:
    from batuta.wiring import Assistants

    principal = principal_for(options.user)
    async with Assistants(await app_for(options.app or settings.app, settings), settings) as house:
        assistant = await house.style(options.style)
        run_ids = await assistant.submit(texts, principal)
        if options.detach:
            print("\n".join(run_ids))
            return []
        waits = f"{len(run_ids)} runs are left to the workers of {house.app.name}"
        left = f"{waits}: {called()} worker (Ctrl-C here leaves them on)"
        print(left, file=sys.stderr, flush=True)
        made: list[Mapping[str, Any]] = []
        for text, run_id in zip(texts, run_ids, strict=True):
            made.append(await _told(assistant, text, run_id))
            print(json.dumps(made[-1], ensure_ascii=False), flush=True)
        return made


async def _told(assistant: Assistant, text: str, run_id: str) -> Mapping[str, Any]:
    try:
        record = await assistant.result(run_id)
    except RuntimeFailure as error:
        return {
            "said": text,
            "run_id": run_id,
            "error": {"code": error.code, "message": str(error)},
        }
    return turn_json(text, record)
