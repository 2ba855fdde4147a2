"""The doctor's checks: each looks at one thing and says what it found."""

from __future__ import annotations

import asyncio
import platform
import socket
import sys
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import TYPE_CHECKING, Any

from batuta.cli.opening import app_for, settings_for
from batuta.cli.view.errors import line_of
from batuta.errors import BatutaError, called, install_command
from batuta.styles.extras import is_installed
from batuta.tennis.errors import TennisError

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.settings import Settings
    from batuta.styles import Cast
    from batuta.telemetry.otel.destinations import SpanReceiver
    from batuta.telemetry.otel.metrics import MetricsProbe

OK, NOTE, FAILED = "ok", "note", "FAILED"
OLDEST = (3, 11)
_EXTRAS = {
    "cli": ("typer", "rich"),
    "lab": ("yaml",),
    "serve": ("fastapi", "uvicorn", "jsonschema", "jwt", "python_multipart"),
    "agents": ("agents",),
    "pydantic-ai": ("pydantic_ai",),
    "langgraph": ("langchain", "langgraph"),
    "strands": ("strands",),
    "adk": ("google.adk",),
    "agent-framework": ("agent_framework",),
    "grpc": ("grpc", "grpc_health", "grpc_reflection", "jwt"),
    "standin": ("starlette", "uvicorn"),
    "mcp": ("mcp",),
    "a2a": ("a2a",),
    "ag-ui": ("ag_ui",),
    "durable": ("dbos",),
    "rag": ("lancedb", "numpy", "safetensors", "tokenizers"),
    "aws": ("boto3",),
    "lambda": ("mangum", "jwt"),
    "holidays": ("holidays",),
    "package": ("uv",),
    "otel": ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"),
    "prometheus": ("prometheus_client",),
}
_APART = ("adk", "strands")
"""Extras that cannot be beside all the others."""
_PACKAGES = {
    "a2a": "a2a-sdk",
    "ag_ui": "ag-ui-protocol",
    "agent_framework": "agent-framework-core",
    "agents": "openai-agents",
    "google.adk": "google-adk",
    "grpc": "grpcio",
    "grpc_health": "grpcio-health-checking",
    "grpc_reflection": "grpcio-reflection",
    "jwt": "pyjwt",
    "opentelemetry.exporter.otlp.proto.http": "opentelemetry-exporter-otlp-proto-http",
    "opentelemetry.sdk": "opentelemetry-sdk",
    "prometheus_client": "prometheus-client",
    "pydantic_ai": "pydantic-ai-slim",
    "python_multipart": "python-multipart",
    "strands": "strands-agents",
}


@dataclass(frozen=True, slots=True)
class Point:
    """What one look found.

    Args:
        state: ``ok``; ``note`` for what the defaults can do without; ``FAILED``.
        mend: What to do about it; empty where nothing need be done, or a command does it.
        command: What to run, which does it.
    """

    name: str
    state: str
    found: str
    mend: str = ""
    command: str = ""


async def examine(app: str, home: Path | None, now: str) -> list[Point]:
    """Look at everything; what cannot be looked at because of an earlier failure is left out."""
    checks = [_python(), _command(), *_extras()]
    try:
        settings = settings_for(home, now)
    except BatutaError as error:
        return [*checks, Point("settings", FAILED, line_of(error))]
    checks += [_settings(settings), *_unread()]
    checks += _providers(settings)
    checks += await _telemetry(settings)
    checks += [check async for check in _opened(app, settings)]
    return [*checks, _port(settings)]


def _python() -> Point:
    found = f"{platform.python_version()} ({sys.executable})"
    if sys.version_info[:2] >= OLDEST:
        return Point("python", OK, found)
    return Point("python", FAILED, found, "Install Python 3.11 or newer.")


def _command() -> Point:
    name = called()
    if name == "batuta":
        return Point("command", OK, name)
    activation = Path(sys.prefix, "bin", "activate")
    mend = f"Run: . {activation}" if activation.is_file() else ""
    return Point("command", NOTE, f"the shell finds no batuta: call it as {name}", mend)


def _extras() -> list[Point]:
    made: list[Point] = []
    for extra, modules in _EXTRAS.items():
        missing = [name for name in modules if not is_installed(name)]
        name = f"extra {extra}"
        if missing:
            found = f"without {', '.join(missing)}"
            if extra in _APART:
                mend = f"In an environment of its own: {install_command(extra)}"
                made.append(Point(name, NOTE, found, mend))
            else:
                made.append(Point(name, NOTE, found, command=install_command(extra)))
        else:
            made.append(Point(name, OK, ", ".join(map(_versioned, modules))))
    return made


def _versioned(module: str) -> str:
    package = _PACKAGES.get(module, module)
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return package


def _settings(settings: Settings) -> Point:
    from batuta.settings import Settings

    plain = Settings()
    changed = [
        name
        for name in ("home", "model", "now", "club", "seed", "host", "port", "keys")
        if getattr(settings, name) != getattr(plain, name)
    ]
    shown = ", ".join(f"{name}={getattr(settings, name)}" for name in changed)
    return Point("settings", OK, shown or "the defaults")


def _unread() -> list[Point]:
    from batuta.settings.variables import unread_variables

    return [
        Point(name, NOTE, "nobody reads it", f"Did you mean {meant}?" if meant else "Unset it.")
        for name, meant in unread_variables().items()
    ]


def _providers(settings: Settings) -> list[Point]:
    """Say of each vendor whether it could be asked; none is."""
    from batuta.models.local import PROVIDER, weights_command
    from batuta.models.vendors import PROVIDERS, missing_here
    from batuta.wiring import access_of

    made: list[Point] = []
    for name, provider in PROVIDERS.items():
        missing = missing_here(name, access_of(name, settings))
        if missing is None and name == PROVIDER and (command := weights_command()):
            found = f"{provider.about}, with files of your own; smollm2 is not installed"
            made.append(Point(f"models {name}:…", NOTE, found, command=command))
        elif missing is None:
            made.append(Point(f"models {name}:…", OK, provider.about))
        elif missing.extra:
            command = install_command(missing.extra)
            made.append(Point(f"models {name}:…", NOTE, missing.what, command=command))
        else:
            made.append(Point(f"models {name}:…", NOTE, missing.what, missing.mend))
    return made


async def _telemetry(settings: Settings) -> list[Point]:
    """Say where spans and metrics go and whether it answers; it is sent none."""
    from batuta.wiring.telemetry import metrics_probe, span_receivers

    wanted = settings.telemetry
    if not wanted.sends:
        found = "runs are told to nobody; their ledger is kept"
        return [Point("telemetry", OK, found)]
    try:
        asked: list[tuple[str, SpanReceiver | MetricsProbe]] = [
            (f"spans to {each.name}", each) for each in span_receivers(wanted)
        ]
        if wanted.metrics and wanted.metrics != "console":
            asked.append(("metrics to the collector", metrics_probe(wanted)))
    except BatutaError as error:
        return [Point("telemetry", FAILED, line_of(error))]
    made: list[Point] = []
    for name, receiver in asked:
        wrong = await _probed_in_time(receiver)
        if not wrong:
            made.append(Point(name, OK, f"{receiver.where} answers"))
        else:
            mend = "Start it, or mend its address and keys; runs go on without it."
            made.append(Point(name, NOTE, f"{receiver.where}: {wrong}", mend))
    return made


async def _probed_in_time(receiver: SpanReceiver | MetricsProbe) -> str:
    """Ask in a thread that nobody waits for longer: an exporter takes its time to give up."""
    loop, answer = asyncio.get_running_loop(), asyncio.Event()
    told: list[str] = []

    def probe() -> None:
        told.append(receiver.probe())
        with suppress(RuntimeError):  # nobody waits any more
            loop.call_soon_threadsafe(answer.set)

    threading.Thread(target=probe, daemon=True).start()
    try:
        async with asyncio.timeout(_PROBE_S):
            await answer.wait()
    except TimeoutError:
        return f"no answer in {_PROBE_S:g} s"
    return told[0]


_PROBE_S = 3.0


async def _opened(app: str, settings: Settings) -> AsyncGenerator[Point]:
    yield _try("home", lambda: _home(settings))
    async for check in _stores(app, settings):
        yield check
    if settings.durable:
        yield _try("durable runs", lambda: _durable(settings))
    with TemporaryDirectory(prefix="batuta-doctor-") as scratch:
        # Bookings in a folder that ends with the look: a doctor leaves no trace of his own.
        apart = replace(settings, home=Path(scratch), store="sqlite", durable="")
        try:
            opened = await app_for(app, apart)
        except (BatutaError, TennisError) as error:
            yield Point(f"app {app}", FAILED, line_of(error))
            return
        yield Point(f"app {app}", OK, opened.title or opened.name)
        if opened.probe is not None and app != "tennis":  # whose bookings here are the scratch's
            yield await _probed("app's stores", "what the App stands on", opened.probe)
        yield _try("clock", lambda: _clock(settings, opened))
        for check in _styles(opened, settings):
            yield check
        yield await _answer(opened, apart)


def _try(name: str, look: Callable[[], Point]) -> Point:
    try:
        return look()
    except (BatutaError, OSError) as error:
        return Point(name, FAILED, line_of(error))


def _home(settings: Settings) -> Point:
    home = settings.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=home, prefix="doctor-"):
            return Point("home", OK, f"{home.resolve()} can be written")
    except OSError as error:
        mend = "Set BATUTA_HOME, or --home, to a folder that can be written."
        return Point("home", FAILED, line_of(error), mend)


async def _stores(app: str, settings: Settings) -> AsyncGenerator[Point]:
    """Read and write what the settings name, where it is there already or is made at once."""
    from batuta.wiring import storage

    sessions, records = storage.open_stores(settings)
    async with aclosing(sessions), aclosing(records):
        yield await _probed("database", storage.where_kept(settings), sessions.probe)
    others: list[tuple[str, Path, Callable[[Settings], Any]]] = [
        ("requests", settings.requests, storage.open_requests),
        ("attachments", settings.attachments, storage.open_attachments),
    ]
    if app == "tennis":
        others.append(("bookings", settings.bookings, storage.open_bookings))
    for name, file, opened in others:
        if name != "requests" and settings.store == "sqlite" and not file.exists():
            yield Point(name, OK, f"{file} is made with the first")
            continue
        async with aclosing(opened(settings)) as store:
            yield await _probed(name, storage.where_kept(settings, file), store.probe)


def _durable(settings: Settings) -> Point:
    """Read and write their database, and say whether runs wait for another version than this."""
    from batuta.core.principal import LOCAL
    from batuta.wiring.storage import durable_overview, probe_durable

    probe_durable(settings)
    overview = durable_overview(settings, LOCAL.id)
    if overview is None:
        return Point("durable runs", OK, "none yet")
    with overview:
        waiting = overview.of_other_versions()
    if not waiting:
        return Point("durable runs", OK, "none waits for another version")
    mend = "Start a worker of that version, or cancel them: batuta runs lists them."
    return Point("durable runs", NOTE, f"{waiting} wait for another version", mend)


async def _probed(name: str, where: str, probe: Callable[[], Awaitable[None]]) -> Point:
    try:
        await probe()
    except (BatutaError, TennisError) as error:
        return Point(name, FAILED, line_of(error))
    return Point(name, OK, f"{where} can be read and written")


def _clock(settings: Settings, app: App) -> Point:
    from zoneinfo import ZoneInfo

    from batuta.wiring import clock_of

    local = clock_of(settings, app.time_zone).now().astimezone(ZoneInfo(app.time_zone))
    when = f"{local:%A} {local:%Y-%m-%d %H:%M} {app.time_zone}"
    if settings.now:
        return Point("clock", NOTE, f"stands at {when}", "Unset BATUTA_NOW for the real time.")
    return Point("clock", OK, when)


def _styles(app: App, settings: Settings) -> list[Point]:
    from batuta.styles import STYLES, app_style

    made: list[Point] = []
    for style in STYLES:
        name = f"style {style.key}"
        here = app_style(app, style.key, settings)
        missing = here.missing()
        if not missing:
            made.append(Point(name, OK, style.name))
        else:
            found = f"{style.name}: {missing}"
            made.append(Point(name, NOTE, found, command=here.install))
    return made


async def _answer(app: App, settings: Settings) -> Point:
    """Let one style answer, so that the model is seen to work; closes the App."""
    from batuta.styles import DEFAULT_STYLE
    from batuta.wiring import Assistants

    style = DEFAULT_STYLE.key
    try:
        async with Assistants(app, settings) as assistants:
            record = (await (await assistants.style(style)).chat("Hello")).raised()
            toolless = await assistants.toolless(style)
    except BatutaError as error:
        return Point("answer", FAILED, line_of(error), "Check the setting model.")
    who = "a stand-in, no AI" if record.stand_in else "a real model"
    found = f"style {style} with {settings.default_model} ({who})"
    if not toolless:
        return Point("answer", OK, found)
    needing, others = (_labels(assistants.cast, tools=each) for each in (True, False))
    what = f"{found}, whose server shows it no tools: {needing} can talk, not act"
    return Point("answer", NOTE, what, f"Take {others} with it, or another model.")


def _labels(cast: Cast, *, tools: bool) -> str:
    styles = (each.style for each in cast.styles.values() if not each.lacks)
    return ", ".join(s.label for s in styles if s.kind == "control" and s.tools is tools)


def _port(settings: Settings) -> Point:
    where = f"{settings.host}:{settings.port}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.host, settings.port))
    except (OSError, OverflowError) as error:
        mend = f"Stop what uses it, or serve on another: {called()} serve --port 8001."
        return Point("port", NOTE, f"{where} is not free: {error}", mend)
    return Point("port", OK, f"{where} is free")
