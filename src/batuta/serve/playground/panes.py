"""What a pane sends: a message for its own style, framework, model, budget; and stop."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from batuta.assistant import Ask
from batuta.core.budget import Budget
from batuta.errors import BatutaError, RecordNotFound
from batuta.faults import fault_plan
from batuta.serve.http.body import read_json, validated
from batuta.serve.http.chat import ask_of, streamed
from batuta.serve.http.door import caller_of, door_of
from batuta.serve.http.encoding import shortened
from batuta.serve.http.live import LiveRun
from batuta.serve.http.problems import Refused
from batuta.serve.http.schemas import ChatRequest
from batuta.serve.playground.choices import elsewhere, model_choices, model_lacks, takes_model
from batuta.serve.playground.faults import profile_of
from batuta.serve.playground.ground import COPY_NAME, Ground, ground_of
from batuta.serve.playground.sessions import mark_state
from batuta.styles import Style, takes_framework
from batuta.wiring import Variation


class PaneBudget(BaseModel):
    """What one run may use; where nothing is said, what the server allows."""

    model_config = ConfigDict(extra="forbid")

    cost_usd: float | None = Field(default=None, ge=0)
    seconds: float | None = Field(default=None, gt=0)
    model_calls: int | None = Field(default=None, ge=0)
    tool_calls: int | None = Field(default=None, ge=0)
    tokens: int | None = Field(default=None, ge=0)


class PaneRequest(ChatRequest):
    """One message of a pane."""

    framework: str | None = Field(default=None, max_length=40)
    model: str | None = Field(default=None, max_length=200)
    budget: PaneBudget | None = None
    faults: list[str] = Field(default=[], max_length=20)
    data: str | None = Field(default=None, pattern=COPY_NAME)


async def chat(request: Request) -> Response:
    """Answer a message as events; the run goes on where its reader leaves."""
    caller = await caller_of(request)
    door, ground = door_of(request), ground_of(request)
    settings = door.house.settings
    raw = await read_json(
        request,
        settings.body_bytes,
        settings.body_seconds,
        attached_bytes=settings.attachment_bytes * 4 // 3,
    )
    body = validated(PaneRequest, raw)
    key = door.choose(body.style)
    variation = _variation(door.house.cast.styles[key].style, ground, body)
    if not ground.lab.on and (body.budget is not None or body.faults):
        raise Refused(403, "lab_off", "Budgets and faults are for a server with --lab.")
    profile = profile_of(body.faults, ground.lab)
    ask = await ask_of(request, caller, body)
    if body.budget is not None:
        ask = replace(ask, budget=lowered(door.house.budget(), body.budget))
    await mark_state(door, ask)
    live = await _started(request, key, ask, variation=variation, profile=profile)
    return await streamed(live, request, reasoning=door.shows_reasoning(asked=body.reasoning))


async def _started(
    request: Request, key: str, ask: Ask, *, variation: Variation, profile: str
) -> LiveRun:
    """Start the run; one with faults has an assistant of its own, which ends with it.

    Args:
        profile: Of the faults; empty for none.
    """
    door, ground = door_of(request), ground_of(request)
    if not profile:
        assistant = await ground.variations.assistant(key, variation)
        return await door.start(key, ask, streams=True, assistant=assistant)
    services = {each.name: each for each in ground.lab.services().get(key, ())}

    async def end_service(name: str) -> None:
        if name in services:
            services[name].kill()

    plan = fault_plan(profile, kill=end_service)
    struck = await ground.variations.struck(key, variation, plan)

    async def retire(_: LiveRun) -> None:
        await ground.variations.retire(struck)

    try:
        return await door.start(key, ask, streams=True, after=retire, assistant=struck)
    except BatutaError:
        await ground.variations.retire(struck)
        raise


async def stop(request: Request) -> Response:
    """Cancel one of the caller's runs; one that has ended stays as it is."""
    caller = await caller_of(request)
    door, run_id = door_of(request), request.path_params["run_id"]
    try:
        door.runs.find(run_id, caller.id).leave()
    except RecordNotFound:
        await door.house.records.load(run_id, caller.id)
    return Response(status_code=204)


async def kill(request: Request) -> Response:
    """End the process of a service, as a crash would; its keeper starts it again.

    Raises:
        Refused: The lab is off, or no such service is kept here.
    """
    await caller_of(request)
    lab = ground_of(request).lab
    if not lab.on:
        raise Refused(403, "lab_off", "Services are ended on a server with --lab alone.")
    style, name = request.path_params["style"], request.path_params["name"]
    for service in lab.services().get(style, ()):
        if service.name == name:
            service.kill()
            return Response(status_code=204)
    raise Refused(404, "not_found", "No such service is kept by this server.")


def lowered(limits: Budget, asked: PaneBudget) -> Budget:
    """Give a budget with what a pane asks for, none of it above what the server allows."""
    lower: dict[str, Any] = {}
    for name, wanted in asked.model_dump(exclude_none=True).items():
        most = getattr(limits, name)
        lower[name] = wanted if most is None else min(wanted, most)
    return replace(limits, **lower)


def _variation(style: Style, ground: Ground, body: PaneRequest) -> Variation:
    """Check what a pane has of its own.

    Raises:
        Refused: The style takes none, or it cannot be used here.
    """
    made = Variation(framework=body.framework or "", model=body.model or "", data=body.data or "")
    if (made.framework or made.model) and not takes_model(style):
        what = f"Style {style.label} takes no framework and no model here: {elsewhere(style)}."
        raise Refused(422, "invalid_input", what)
    if made.data:
        check_copies(ground, style)
    if made.framework:
        _check_framework(made.framework, ground, takes=takes_framework(style))
    if made.model:
        _check_model(made.model, ground)
    return made


def check_copies(ground: Ground, style: Style | None = None) -> None:
    """See that data of a pane's own can be had.

    Args:
        style: That works on them; None for none.

    Raises:
        Refused: They cannot.
    """
    if missing := ground.no_copies():
        status, code = (422, "invalid_input") if ground.lab.on else (403, "lab_off")
        raise Refused(status, code, f"data: {missing}.")
    if style is not None and style.runs != "shared":
        what = f"data: agents of style {style.label} run elsewhere, on the server's own store."
        raise Refused(422, "invalid_input", what)


def _check_model(name: str, ground: Ground) -> None:
    known = [each["name"] for each in model_choices(ground)]
    if name not in known and not ground.lab.on:
        shown = shortened(name, 60)
        raise Refused(422, "unknown_model", f"model: there is no {shown!r} here.", models=known)
    if missing := model_lacks(name, ground):
        raise Refused(503, "model_unavailable", missing)


def _check_framework(name: str, ground: Ground, *, takes: bool) -> None:
    known = ground.variations.frameworks()
    if name not in known:
        there = ", ".join(known)
        what = f"framework: there is no {shortened(name, 40)!r} here. There are: {there}."
        raise Refused(422, "unknown_framework", what)
    if not takes:
        raise Refused(422, "invalid_input", "framework: this style runs on none.")
    if known[name]:
        raise Refused(503, "framework_unavailable", f"Framework {name} {known[name]}.")
