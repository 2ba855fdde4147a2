"""Copies of an App on data of their own, for who wants to compare from the same beginning."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING

from batuta.core.toolset import LiveTools
from batuta.errors import ConfigError
from batuta.styles import set_up

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.wiring.assistants import Assistants


@dataclass(frozen=True, kw_only=True)
class AppCopy:
    """One of them.

    Args:
        place: Folder of its data.
    """

    app: App
    place: Path

    async def close(self) -> None:
        """End it, and remove what it kept."""
        if self.app.close is not None:
            await self.app.close()
        shutil.rmtree(self.place, ignore_errors=True)


@dataclass(kw_only=True)
class AppCopies:
    """Makes them as they are first named, each in a folder that ends with the house."""

    house: Assistants
    _made: dict[str, AppCopy] = field(default_factory=dict[str, AppCopy])
    _folder: TemporaryDirectory[str] | None = None

    @property
    def missing(self) -> str:
        """Say why there can be none; empty where there can."""
        if self.house.app.fresh is None:
            return "the App does not say how it is made on data of its own: App(fresh=…)"
        tools: object = self.house.cast.app.tools
        return "its tools live on MCP servers of one store" if isinstance(tools, LiveTools) else ""

    def names(self) -> tuple[str, ...]:
        """Name them, the one that was longest not asked for first."""
        return tuple(self._made)

    def open(self, name: str) -> App:
        """Give the copy of a name, set up as the App here is; its data begin anew with its name.

        Raises:
            ConfigError: There can be none.
        """
        if name in self._made:
            self._made[name] = self._made.pop(name)
            return self._made[name].app
        fresh = self.house.app.fresh
        if self.missing or fresh is None:
            raise ConfigError(f"No copy of the App's data: {self.missing}", "Use its own.")
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="batuta-copies-")
        place = Path(mkdtemp(dir=self._folder.name))
        made = set_up(fresh(place), replace(self.house.settings, mcp={}))
        self._made[name] = AppCopy(app=made, place=place)
        return made

    def leave(self, name: str) -> AppCopy:
        """Take one out, to be closed: who asks for the name gets another."""
        return self._made.pop(name)

    async def aclose(self) -> None:
        """End them all."""
        for name in self.names():
            await self.leave(name).close()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
