"""The doors beside ``/chat`` that one server can open: what each needs, and how it is mounted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from batuta.errors import ConfigError, missing_extra

if TYPE_CHECKING:
    from batuta.serve.http.app import Mount

ALL, NONE = "all", "none"
Given = Mapping[str, Mapping[str, Any]]
NOTHING: Given = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherDoor:
    """One way in that shares the HTTP door's server, identity, limits and runs.

    Args:
        name: In the setting ``doors``.
        path: Where it is mounted.
        library: Module that it brings; empty for none.
        extra: What installs the library; empty for none.
        room: Module with its ``mount``, imported where the door is opened.
    """

    name: str
    path: str
    room: str
    library: str = ""
    extra: str = ""

    @property
    def installed(self) -> bool:
        """Whether its library is here."""
        return not self.library or find_spec(self.library) is not None

    def load(self) -> Mount:
        """Import the door, and give what mounts it.

        Raises:
            ConfigError: Its extra is not installed.
        """
        if not self.installed:
            raise missing_extra(f"The door {self.name} needs {self.library}", self.extra)
        mount: Callable[..., object] = import_module(self.room).mount
        return mount  # pyright: ignore[reportReturnType]


DOORS: tuple[OtherDoor, ...] = (
    OtherDoor(name="playground", path="/", room="batuta.serve.playground"),
    OtherDoor(name="openai", path="/v1", room="batuta.serve.openai_api"),
    OtherDoor(name="a2a", path="/a2a", room="batuta.serve.a2a", library="a2a", extra="a2a"),
    OtherDoor(
        name="ag-ui", path="/ag-ui", room="batuta.serve.ag_ui", library="ag_ui", extra="ag-ui"
    ),
    OtherDoor(name="mcp", path="/mcp", room="batuta.serve.mcp.mounted", library="mcp", extra="mcp"),
)


def mounts_of(names: str, given: Given = NOTHING) -> Sequence[Mount]:
    """Load the doors of a setting: names with commas, ``none``, or ``all`` that are installed.

    Args:
        given: What the mount of a door takes beside the web application, by the door's name.

    Raises:
        ConfigError: There is no such door, or its extra is not installed.
    """
    wanted = [name.strip().lower() for name in names.split(",") if name.strip()]
    if wanted == [ALL]:
        return [_mount(door, given) for door in DOORS if door.installed]
    if wanted in ([], [NONE]):
        return []
    known = {door.name: door for door in DOORS}
    strange = [name for name in wanted if name not in known]
    if strange:
        raise ConfigError(
            f"There is no door {', '.join(strange)}",
            f"Set BATUTA_DOORS to some of {', '.join(known)}, or to {ALL} or {NONE}.",
        )
    return [_mount(known[name], given) for name in dict.fromkeys(wanted)]


def _mount(door: OtherDoor, given: Given) -> Mount:
    options = given.get(door.name)
    return partial(door.load(), **options) if options else door.load()
