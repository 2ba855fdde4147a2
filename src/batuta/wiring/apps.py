"""Opens Apps by name, and what they work on."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from batuta.core.redaction import redacted_text
from batuta.errors import ConfigError
from batuta.wiring.clock import clock_of
from batuta.wiring.storage import open_bookings

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.settings import Settings
    from batuta.tennis.bookings import TennisClub


async def open_app(name: str, settings: Settings, *, fresh: Path | None = None) -> App:
    """Open an App by name: ``tennis``, or ``module:attribute`` of one's own.

    Args:
        fresh: Folder on which it is made anew, by its own ``fresh``; None takes it as it is.

    Raises:
        ConfigError: There is no such module or attribute, it is no App, or not made anew.
    """
    app = await _found(name, settings)
    if fresh is None:
        return app
    if app.fresh is None:
        mend = "Give App(fresh=…): a function of a folder that makes it on data there."
        raise ConfigError(f"App {app.name} cannot be made anew", mend)
    if app.close is not None:
        await app.close()
    return app.fresh(fresh)


async def _found(name: str, settings: Settings) -> App:
    from batuta.app import App
    from batuta.tennis.app import tennis_app

    if name == "tennis":
        return tennis_app(await open_tennis(settings))
    module, _, attribute = name.partition(":")
    try:
        found: object = getattr(import_module(module), attribute or "app")
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"There is no App {name!r}: {error}",
            "Give tennis, or your own as package.module:app.",
        ) from error
    except AttributeError as error:
        mend = _into_folder(module) or "Name it after a colon."
        raise ConfigError(f"There is no App {name!r}: {error}", mend) from error
    except (Exception, SystemExit) as error:
        raise ConfigError(
            f"App {name} cannot be opened: {redacted_text(error)}", "Mend its module."
        ) from error
    if not isinstance(found, App):
        raise ConfigError(f"{name} is {type(found).__name__}, not an App", "Name an App.")
    return found


def _into_folder(module: str) -> str:
    """Say where to go where a folder without code of its own stands before the module meant."""
    found = vars(sys.modules[module]) if module in sys.modules else {}
    folders = [Path(each) for each in found.get("__path__", ())]
    own = f"{module.rpartition('.')[2]}.py"
    if found.get("__file__") or not any((each / own).exists() for each in folders):
        return ""
    return f"{module} is a folder here: go into it first, or name {module}.{own[:-3]}:…."


async def open_tennis(settings: Settings) -> TennisClub:
    """Open the club's front desk, and apply the seed file where one is set.

    Raises:
        ConfigError: The club or seed file cannot be used.
    """
    from batuta.tennis.bookings import TennisClub
    from batuta.tennis.club import Club
    from batuta.tennis.seeding import Seed, apply

    club = Club.from_toml(settings.club) if settings.club else Club()
    seed = Seed.from_file(settings.seed, club) if settings.seed else None
    store = open_bookings(settings)
    if seed is not None:
        await apply(seed, store, now=clock_of(settings, club.time_zone).now())
    return TennisClub(club, store)
