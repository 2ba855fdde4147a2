"""The further doors of ``batuta serve``: what each is called, needs, and is mounted by."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from batuta.errors import ConfigError, missing_extra

Closing = Callable[[], Awaitable[None]]
ALL = "all"


@dataclass(frozen=True, kw_only=True, slots=True)
class MountedDoor:
    """A door that the HTTP server has beside its own.

    Args:
        name: As the setting ``doors`` has it.
        library: What it needs, imported by the door when somebody first comes; empty for nothing.
        mount: Function, as ``module:name``, that takes the web application and the HTTP door, and
            gives what releases what the door holds.
    """

    name: str
    mount: str
    library: str = ""
    extra: str = ""

    @property
    def installed(self) -> bool:
        """Whether what it needs is here."""
        return not self.library or find_spec(self.library) is not None

    def mounted(self, app: Any, door: Any) -> Closing:
        """Add it to the web application."""
        module, _, name = self.mount.partition(":")
        return getattr(import_module(module), name)(app, door)


DOORS: tuple[MountedDoor, ...] = (
    MountedDoor(name="openai", mount="batuta.serve.openai_api:mount"),
    MountedDoor(name="ag-ui", library="ag_ui", extra="ag-ui", mount="batuta.serve.ag_ui:mount"),
    MountedDoor(name="mcp", library="mcp", extra="mcp", mount="batuta.serve.mcp.mounted:mount"),
)


def wanted(doors: str) -> Sequence[MountedDoor]:
    """Choose by the setting: names with commas, ``all`` for whatever is installed, empty for none.

    Raises:
        ConfigError: There is no such door, or its extra is not installed.
    """
    named = [name for each in doors.split(",") if (name := each.strip())]
    if named == [ALL]:
        return [door for door in DOORS if door.installed]
    known = {door.name: door for door in DOORS}
    if strange := [name for name in named if name not in known]:
        raise ConfigError(
            f"There is no door {', '.join(strange)}",
            f"Set BATUTA_DOORS to some of {', '.join(known)}, to {ALL}, or to nothing.",
        )
    found = [known[name] for name in dict.fromkeys(named)]
    for door in found:
        if not door.installed:
            raise missing_extra(f"Door {door.name} needs {door.library}", door.extra)
    return found
