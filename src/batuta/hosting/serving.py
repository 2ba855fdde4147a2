"""One process that hosts agents of an App until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from batuta.core.addresses import is_loopback
from batuta.errors import ConfigError
from batuta.faults import active_plan
from batuta.hosting.service import READY
from batuta.hosting.target import Target
from batuta.hosting.watched import Watched
from batuta.styles import Resources, access_for, resolve, set_up
from batuta.wiring import clock_of, default_model, local_runtime, models, open_app
from batuta.wiring.faults import fault_layers, faulty_clock
from batuta.wiring.storage import open_requests

if TYPE_CHECKING:
    from pathlib import Path

    from batuta.app import App
    from batuta.remote.grpc import Host
    from batuta.settings import Settings
    from batuta.styles import AppStyle

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Hosted:
    """What a process hosts."""

    app: str
    style: str
    agents: tuple[str, ...]
    address: str

    def to_json(self) -> Mapping[str, object]:
        """Turn into the data of the line that says it is ready."""
        return {
            "event": READY,
            "app": self.app,
            "style": self.style,
            "agents": list(self.agents),
            "address": self.address,
            "process": os.getpid(),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Hosting:
    """How agents are hosted.

    Args:
        style: The style whose agents they are; empty takes the first that has them.
        plain: Listen for other machines too without TLS.
        attached: Stop too when standard input ends: whoever holds its other end is gone then.
        on_ready: Called once calls are answered; with port 0 it is the way to learn the port.
        on_stop: Called when told to stop, in the signal's handler: it may do hardly anything.
        say: Told of each call that was answered.
        dress: Changes the App before its agents are made, such as its models.
        fresh: Folder on which the App is made anew; None takes it as its module has it.
    """

    style: str = ""
    plain: bool = False
    attached: bool = False
    on_ready: Callable[[Hosted], None] = lambda hosted: None
    on_stop: Callable[[], None] = lambda: None
    say: Callable[[str], None] = lambda line: None
    dress: Callable[[App], App] = lambda app: app
    fresh: Path | None = None


async def host(target: Target, settings: Settings, how: Hosting | None = None) -> None:
    """Host agents of an App, where the settings say, until SIGINT, SIGTERM or SIGHUP.

    Raises:
        ConfigError: There is no such App or agent, no secret is set, the port is taken, or other
            machines could listen in.
    """
    how = how or Hosting()
    check_listening(settings.host, settings, plain=how.plain)
    stop = asyncio.Event()
    with _told_to_stop(stop, how):
        app = await open_app(target.app, settings, fresh=how.fresh)
        try:
            app = how.dress(set_up(app, settings))
            style = resolve(app, settings).having(target.agents, how.style)
            async with hosted(style, names=target.agents, say=how.say) as serving:
                how.on_ready(Hosted(app.name, style.key, target.agents, serving.address))
                await stop.wait()
        finally:
            if app.close is not None:
                await app.close()


def check_listening(host: str, settings: Settings, *, plain: bool) -> None:
    """Refuse to talk to other machines in plain text.

    Args:
        plain: It is wanted.

    Raises:
        ConfigError: The host is not this machine alone, and no certificate is set.
    """
    if plain or settings.tls_cert or is_loopback(host):
        return
    raise ConfigError(
        f"Host {host or '(all)'} can be reached from other machines, and what is said between them "
        "and this one could be read and changed on the way",
        "Set BATUTA_TLS_CERT and BATUTA_TLS_KEY, or say --no-tls where the network itself is safe.",
    )


@asynccontextmanager
async def hosted(
    style: AppStyle, *, names: Sequence[str], say: Callable[[str], None] = lambda line: None
) -> AsyncGenerator[Host]:
    """Host some of a style's agents while the block lasts.

    Others are here too where the one in charge is hosted, or elsewhere as the settings say.

    Args:
        say: Told of each call that was answered.

    Raises:
        ConfigError: No secret is set, or the port is taken.
    """
    app, settings = style.app, style.settings
    access = access_for(settings)
    from batuta.remote.grpc import Host

    shared = models(default_model(app, settings), settings)
    shared()  # so that a missing key is told before the first call
    plan = active_plan.get()  # a lab's, or a test's, whose hosts are of its own process
    clock = faulty_clock(plan, clock_of(settings, app.time_zone))
    made = partial(local_runtime, models=shared, settings=settings, clock=clock)
    agents = style.agents(None, Resources(models=shared, runtime=made, keeps=True, clock=clock))
    in_charge = agents[-1].name
    runtime = made(beneath=fault_layers(plan, ()))
    runtime.effects = requests = open_requests(settings)

    def told(name: str, line: str) -> None:
        say(line if len(names) == 1 else f"{name}: {line}")

    for agent in style.hosted(names, agents):
        if agent.name in names:
            runtime.register(Watched(agent=agent, clock=clock, say=told))
        elif in_charge in names:  # whom it may call
            runtime.register(agent)
    where = f"[{settings.host}]" if ":" in settings.host else settings.host
    async with Host(
        runtime, f"{where}:{settings.port}", access=access, hooks=app.hooks, agents=names
    ) as serving:
        await shared.connect()
        try:
            yield serving
        finally:
            await requests.aclose()


@contextmanager
def _told_to_stop(stop: asyncio.Event, how: Hosting) -> Generator[None]:
    """Set the event at a signal, or when standard input ends where that was asked for."""
    loop = asyncio.get_running_loop()

    def end(*_: object) -> None:
        how.on_stop()
        with suppress(RuntimeError):  # the loop has ended already
            loop.call_soon_threadsafe(stop.set)

    def let_go() -> None:
        with suppress(OSError):
            while os.read(0, 1_024):
                pass
        end()

    # Not the loop's own way: that hears of nothing while somebody blocks the loop.
    before = {each: signal.signal(each, end) for each in _STOPPING}
    if how.attached:
        threading.Thread(target=let_go, name="batuta-attached", daemon=True).start()
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
