"""``batuta runs show``, ``resume``, ``cancel`` and ``answer``: one run, from any process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from batuta.cli.command import AppName, Home, User
from batuta.cli.opening import app_for, principal_for, settings_for
from batuta.cli.records import one_run
from batuta.cli.view.streams import safe
from batuta.errors import ConfigError, InvalidInput, RecordNotFound, called

if TYPE_CHECKING:
    from batuta.core.record import RunRecord
    from batuta.runtimes.durable import Overview, Seen
    from batuta.settings import Settings

RunId = Annotated[str, typer.Argument(metavar="ID", help="Id of a run.")]


@dataclass(frozen=True, kw_only=True)
class RunArguments:
    """What every one of these takes."""

    run_id: RunId
    user: User = ""
    home: Home = None


@dataclass(frozen=True, kw_only=True)
class ShowOptions(RunArguments):
    """What ``batuta runs show`` takes."""


@dataclass(frozen=True, kw_only=True)
class ResumeOptions(RunArguments):
    """What ``batuta runs resume`` takes."""

    app: AppName = ""


@dataclass(frozen=True, kw_only=True)
class AnswerOptions(RunArguments):
    """What ``batuta runs answer`` takes."""

    text: Annotated[str, typer.Argument(metavar="TEXT", help="What the person says.")]
    person: Annotated[
        str, typer.Option(metavar="NAME", help="Who answers, where a run waits for several.")
    ] = ""


def show(options: ShowOptions) -> None:
    """Show how one run stands.

    Its answer, or what it waits for, and the effects whose outcome is unknown.
    """
    settings, principal = settings_for(options.home), principal_for(options.user)
    try:
        record = asyncio.run(one_run(settings, principal.id, options.run_id))
    except RecordNotFound:
        with _overview(settings, principal.id, options.run_id) as overview:
            _show_open(overview, options.run_id)
    else:
        _show_record(record)


def cancel(options: RunArguments) -> None:
    """Cancel a durable run, wherever it is on."""
    settings, principal = settings_for(options.home), principal_for(options.user)
    with _overview(settings, principal.id, options.run_id) as overview:
        seen = overview.run(options.run_id)
        if seen.state in {"done", "failed", "cancelled"}:
            raise InvalidInput(f"Run {seen.run_id} has ended: {seen.state}", "Nothing was changed.")
        overview.cancel(options.run_id)
    print(f"Run {options.run_id} is cancelled; go on with: {called()} runs resume {options.run_id}")


def answer(options: AnswerOptions) -> None:
    """Answer what a durable run asks a person."""
    settings, principal = settings_for(options.home), principal_for(options.user)
    with _overview(settings, principal.id, options.run_id) as overview:
        overview.answer(options.run_id, options.text, options.person)
        state = overview.run(options.run_id).state
    print(f"Run {options.run_id} has its answer.")
    if state == "interrupted":
        print(f"No process has it: {called()} runs resume {options.run_id}")


def resume(options: ResumeOptions) -> None:
    """Go on with a run that was cancelled, interrupted or queued, here."""
    settings, principal = settings_for(options.home), principal_for(options.user)
    with _overview(settings, principal.id, options.run_id) as overview:
        seen = overview.run(options.run_id)
        if seen.state in {"done", "failed"}:
            raise InvalidInput(f"Run {seen.run_id} has ended: {seen.state}", "Send it again.")
        if seen.state in {"running", "waiting"}:
            raise InvalidInput(
                f"Run {seen.run_id} is on in another process ({seen.slot})", "Let it go on there."
            )
        overview.resume(options.run_id)  # out of the workers' queue too: this is no worker
        if seen.waits_for:
            print(f"It waits for {safe(seen.waits_for)}")
            print(f'Answer with: {called()} runs answer {seen.run_id} "yes"', flush=True)
    _show_record(asyncio.run(_resumed(options.app or settings.app, settings, seen)))


async def _resumed(app_name: str, settings: Settings, seen: Seen) -> RunRecord:
    from batuta.runtimes.durable.engine import dbos_name
    from batuta.wiring import Assistants

    async with Assistants(await app_for(app_name, settings), settings) as house:
        if dbos_name(house.app.name) != seen.app:
            what = f"Run {seen.run_id} is not one of App {house.app.name}"
            raise ConfigError(what, "Name its App with --app.")
        assistant = await house.style(seen.place)
        await assistant.result(seen.run_id)
        return await house.records.load(seen.run_id, seen.principal_id)


def _overview(settings: Settings, principal_id: str, run_id: str) -> Overview:
    from batuta.wiring.storage import durable_overview

    if not settings.durable:
        raise ConfigError(
            f"No record of run {run_id}, and runs are not durable here",
            "Set BATUTA_DURABLE=sqlite, or a postgresql:// URL, as where it was begun.",
        )
    overview = durable_overview(settings, principal_id)
    if overview is None:
        raise RecordNotFound(run_id)
    return overview


def _show_open(overview: Overview, run_id: str) -> None:
    seen, steps = overview.run(run_id), overview.steps(run_id)
    style = f", style {seen.place}" if seen.place else ""
    print(f"{seen.run_id}: {seen.state}{style}, {len(steps)} steps recorded ({seen.slot})")
    print(f"asked: {safe(seen.question)}")
    if seen.note:
        print(f"does not go on: {safe(seen.note)}")
    if seen.waits_for:
        print(f"waits for {safe(seen.waits_for)}")
        print(f'answer with: {called()} runs answer {seen.run_id} "yes"')
    for effect in overview.unknown_effects(run_id):
        print(f"outcome unknown: {effect}")
    if seen.state in {"interrupted", "cancelled"}:
        print(f"go on with: {called()} runs resume {seen.run_id}")


def _show_record(record: RunRecord) -> None:
    style = f", style {record.style}" if record.style else ""
    print(f"{record.run_id}: {record.stop_reason}{style}")
    print(f"asked: {safe(record.question.text)}")
    print(f"answer: {safe(record.text)}")
    for effect in record.unknown_effects:
        print(f"outcome unknown: {effect}")
