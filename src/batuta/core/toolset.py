"""The tools of an App or agent, of which some may come from elsewhere and change."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, overload

from batuta.core.tool import Tool, legal_name
from batuta.errors import BatutaError, ConfigError

_LOG = logging.getLogger(__name__)


class ToolSource(ABC):
    """Gives tools that may come and go, such as those of a server elsewhere.

    Args:
        name: What people call it; opens the name of a tool that another one has as well.
    """

    name: str

    @property
    @abstractmethod
    def version(self) -> int:
        """Another number whenever its tools have changed; 0 before they are known."""

    @property
    @abstractmethod
    def known(self) -> Sequence[Tool]:
        """The tools that it has now, by names of its own."""

    @property
    @abstractmethod
    def declared(self) -> Collection[str]:
        """Names of tools that can be relied on before it was asked."""

    @abstractmethod
    async def ready(self) -> None:
        """See that its tools are known.

        Raises:
            ToolServerUnreachable: They cannot be asked for now.
        """

    @abstractmethod
    async def start(self) -> None:
        """Begin to be used by somebody; as ``ready``."""

    @abstractmethod
    async def stop(self) -> None:
        """End one use of it; the last one lets go of what it holds."""


if TYPE_CHECKING:

    class GivenTools:
        """The type of a field ``tools``: functions and sources may be given, tools are found."""

        def __get__(self, of: object, owner: type) -> Sequence[Tool]: ...

        def __set__(
            self, of: object, value: Sequence[Tool | ToolSource | Callable[..., Any]]
        ) -> None: ...

else:
    GivenTools = Sequence


class LiveTools(Sequence[Tool]):
    """Tools of which some come from sources: always those that there are now.

    One's own keep their names. A source's tool whose name is taken, by one's own or by a source
    before it, gets the source's name in front: nobody can put a tool in another's place.

    Args:
        picked: Names of tools or sources, of which alone it is made up; None for all.
    """

    def __init__(
        self, given: Sequence[Tool | ToolSource], picked: Collection[str] | None = None
    ) -> None:
        self._given = tuple(given)
        self._picked = picked
        self._versions: tuple[int, ...] = (-1,)
        self._now: tuple[Tool, ...] = ()
        every = [each for each in self._given if isinstance(each, ToolSource)]
        self.sources = tuple(s for s in every if picked is None or _has_any(s, picked))

    @property
    def given(self) -> tuple[Tool | ToolSource, ...]:
        """What it is made of."""
        return self._given

    @overload
    def __getitem__(self, index: int) -> Tool: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Tool]: ...
    def __getitem__(self, index: int | slice) -> Tool | Sequence[Tool]:
        return self._present()[index]

    def __len__(self) -> int:
        return len(self._present())

    def pick(self, names: Collection[str]) -> LiveTools:
        """Give those of these names, and all of a source that is named itself."""
        return LiveTools(self._given, names)

    def names(self) -> set[str]:
        """Give the names that can be picked before any source was asked: of tools and sources."""
        known = {each.name for each in self._given}
        for source in self.sources:
            known.update(source.declared)
        return known

    async def ready(self) -> None:
        """See that the tools of every source are known; where one fails, of all others.

        Raises:
            ToolServerUnreachable: One cannot be asked now.
        """
        failed: BatutaError | None = None
        for source in self.sources:
            try:
                await source.ready()
            except BatutaError as error:
                failed = failed or error
        if failed is not None:
            raise failed

    async def start(self) -> None:
        """Begin to use the sources; where one fails, those before it are let go of.

        Raises:
            ToolServerUnreachable: One cannot be asked now.
        """
        up: list[ToolSource] = []
        try:
            for source in self.sources:
                await source.start()
                up.append(source)
        except BaseException:
            for source in reversed(up):
                await source.stop()
            raise

    async def stop(self) -> None:
        """End this use of the sources."""
        for source in reversed(self.sources):
            await source.stop()

    def _present(self) -> tuple[Tool, ...]:
        versions = tuple([source.version for source in self.sources])
        if versions != self._versions:
            self._now, self._versions = self._made(), versions
        return self._now

    def _made(self) -> tuple[Tool, ...]:
        own = [each for each in self._given if isinstance(each, Tool)]
        named = {tool.name: (tool, {tool.name}) for tool in own}
        for source in (each for each in self._given if isinstance(each, ToolSource)):
            for tool in source.known:
                name = (
                    tool.name
                    if tool.name not in named
                    else legal_name(f"{source.name}_{tool.name}")
                )
                if name in named:
                    _LOG.warning(
                        "Tool %s of %s is left out: its name is taken", tool.name, source.name
                    )
                    continue
                made = tool if name == tool.name else tool.renamed(name)
                named[name] = made, {name, tool.name, source.name}
        picked = self._picked
        return tuple(
            t for t, names in named.values() if picked is None or not names.isdisjoint(picked)
        )


def _has_any(source: ToolSource, picked: Collection[str]) -> bool:
    return source.name in picked or not set(source.declared).isdisjoint(picked)


def tools_of(
    given: Sequence[Tool | ToolSource | Callable[..., Any]], kind: str, whose: str
) -> Sequence[Tool]:
    """Make tools of plain functions among those given, each of a name of its own.

    Args:
        kind: What they are for, such as "Agent".
        whose: Its name.

    Raises:
        ConfigError: One cannot be a tool, or two have one name.
    """
    if type(given) is LiveTools:  # isinstance asks the abstract class, which takes longer
        return given
    names: set[str] = set()
    for each in given:
        if not isinstance(each, Tool):
            return _mixed(given, kind, whose)
        names.add(each.name)
    made: tuple[Any, ...] = given if isinstance(given, tuple) else tuple(given)
    if len(names) < len(made):
        _check_names(made, kind, whose)
    return made


def _mixed(given: Sequence[object], kind: str, whose: str) -> Sequence[Tool]:
    every = [each if isinstance(each, ToolSource) else _made(each, kind, whose) for each in given]
    own = tuple(each for each in every if isinstance(each, Tool))
    _check_names(every, kind, whose)
    return own if len(own) == len(every) else LiveTools(every)


def _check_names(made: Sequence[Tool | ToolSource], kind: str, whose: str) -> None:
    names = {each.name for each in made}
    if len(names) == len(made):
        return
    every = [each.name for each in made]
    twice = ", ".join(dict.fromkeys(name for name in every if every.count(name) > 1))
    raise ConfigError(f"{kind} {whose} has two tools of one name: {twice}", "Rename one.")


def _made(given: object, kind: str, whose: str) -> Tool:
    if isinstance(given, Tool):
        return given
    if not callable(given):
        raise ConfigError(
            f"{kind} {whose} has a {type(given).__name__} among its tools",
            "Give functions, what tool() made of them, or an McpServer.",
        )
    return Tool(given)
