"""The door to a framework, which knows nothing of it until somebody comes through."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from batuta.frameworks.loading import load

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.parts.loop import LoopResult, LoopSpec


@dataclass(frozen=True)
class DrivenLoop(ABC):
    """An ``AgentLoop`` whose crank a framework turns: a module of ours drives it.

    A framework's own loop says by these what it is:

    Args:
        drive_by: The module that imports the framework.
        what: The framework, as an error names it.
        extra: What installs it.
        library: Its top modules.
    """

    drive_by: ClassVar[str]
    what: ClassVar[str]
    extra: ClassVar[str]
    library: ClassVar[tuple[str, ...]]

    async def drive(self, spec: LoopSpec, messages: Sequence[Message], run: Run) -> LoopResult:
        """Run the agent on messages: the conversation so far and the new one.

        Raises:
            ConfigError: The framework is not installed, or two tools have one name.
            BatutaError: As the run's own ask, use and call raise them.
        """
        await self.start()
        return await import_module(self.drive_by).drive(spec, messages, run)

    async def start(self) -> None:
        """Import the framework, which may take seconds, so that no run has to wait for it.

        Raises:
            ConfigError: It is not installed.
        """
        how = {"what": self.what, "extra": self.extra}
        await load(self.drive_by, **how, library=self.library, work=self.imported)

    def imported(self) -> None:
        """Import the module, and do what else is slow."""
        import_module(self.drive_by)
