"""A process that takes samples for ``batuta compare``: ``python -m batuta.cli.lab_worker``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from batuta.cli.opening import TENNIS, app_for
from batuta.core.ids import new_secret
from batuta.core.redaction import Secret
from batuta.faults import StruckMarks, tell_faults
from batuta.lab.stands import PlacedServices, StandParts
from batuta.lab.worker import WorkerSetup, serve_worker
from batuta.styles import access_for, app_style, placed_names
from batuta.wiring import clock_of

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.lab.plan import ComparisonPlan
    from batuta.settings import Settings


@dataclass(frozen=True, slots=True)
class LoopbackPlacing:
    """Places services on this machine's loopback, in processes of their own or in this one."""

    @asynccontextmanager
    async def hosted(
        self, app: App, style: str, settings: Settings
    ) -> AsyncGenerator[PlacedServices]:
        """See ``Placing.hosted``."""
        from batuta.hosting import hosted

        known = replace(settings, port=0, secret=settings.secret or Secret(new_secret()))
        found = app_style(app, style, known)
        where: dict[str, tuple[str, ...]] = {}
        async with AsyncExitStack() as running:
            for name in placed_names(found.names()):
                host = await running.enter_async_context(hosted(found, names=[name]))
                where[name] = (host.address,)
            yield PlacedServices(settings=replace(known, placement={style: where}))

    @asynccontextmanager
    async def processes(
        self, app: App, style: str, settings: Settings, *, name: str
    ) -> AsyncGenerator[PlacedServices]:
        """See ``Placing.processes``."""
        from batuta.hosting import ServiceSpec, placed
        from batuta.hosting.health import healthy

        folder = settings.home / "faults"
        found = app_style(app, style, settings)
        spec = ServiceSpec(app_name=name, style=found, faults=folder)
        async with placed(spec) as there:
            killed: set[str] = set()
            marks: list[StruckMarks] = []
            clock = clock_of(settings)
            running = {service.name: service for service in there.services}

            async def kill(name: str) -> None:
                process = running[name].process_id
                if process is not None:
                    killed.add(name)
                    os.kill(process, signal.SIGKILL)

            async def ready() -> None:
                access = access_for(there.settings)
                ended = any(each.name == EXITS for each in marks[-1].struck()) if marks else False
                for service in there.services if killed or ended else ():
                    while not await healthy(service.address, access, agent=service.name):
                        await clock.sleep(_AGAIN_S)
                killed.clear()

            def tell(fault: str, seed: int) -> StruckMarks:
                marks[:] = [tell_faults(folder, fault, seed=seed)]
                return marks[0]

            yield PlacedServices(settings=there.settings, kill=kill, ready=ready, tell=tell)


_AGAIN_S = 0.1
EXITS = "process-exit"


async def empty_club(folder: Path) -> None:
    """Forget every booking of the club in a folder."""
    from batuta.tennis.app import BOOKINGS_FILE
    from batuta.tennis.bookings_sqlite import SqliteBookings

    store = SqliteBookings(folder / BOOKINGS_FILE)
    try:
        await store.clear()
    finally:
        await store.aclose()


async def parts_for(plan: ComparisonPlan, settings: Settings, home: Path) -> StandParts:
    """Open what samples are taken with.

    Args:
        home: Where the App is opened; its samples have folders of their own.

    Raises:
        ConfigError: There is no such App.
    """
    app = await app_for(plan.app, replace(settings, home=home, store="sqlite"))
    # The services of an App of one's own open it by its name, on its own data: not to be emptied.
    reset = empty_club if plan.app == TENNIS else None
    return StandParts(plan=plan, app=app, settings=settings, placing=LoopbackPlacing(), reset=reset)


def main() -> int:
    """Take samples until whoever started this has no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this ends it
    with TemporaryDirectory(prefix="batuta-lab-") as home:

        async def parts(setup: WorkerSetup) -> StandParts:
            return await parts_for(setup.plan, setup.settings, Path(home))

        serve_worker(parts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
