"""An App under a style on another framework, model or data than the usual."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from batuta.errors import extras_named
from batuta.styles import FRAMEWORKS
from batuta.wiring.assistants import Choices, assistant
from batuta.wiring.copies import AppCopies
from batuta.wiring.limits import limits_of
from batuta.wiring.model_choice import default_model, models
from batuta.wiring.telemetry import joined

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.assistant import Assistant
    from batuta.faults import FaultPlan
    from batuta.models.named import NamedModels
    from batuta.settings import Settings
    from batuta.wiring.assistants import Assistants


@dataclass(frozen=True, kw_only=True, slots=True)
class Variation:
    """What differs from the usual.

    Args:
        framework: Drives the agents; empty for the usual one.
        model: Answers where nothing has a model of its own; empty for the usual one.
        data: Name of a copy of the App, on data of its own; empty for the App itself.
    """

    framework: str = ""
    model: str = ""
    data: str = ""


USUAL = Variation()
MOST_COPIES = 64


class Variations:
    """Makes them when they are first asked for, on a house's own stores, clock and threads.

    Their runs are not durable.
    """

    def __init__(self, house: Assistants) -> None:
        self._house = house
        self._copies = AppCopies(house=house)
        self._made: dict[tuple[str, Variation], Assistant] = {}
        self._models: dict[tuple[str, Variation], NamedModels] = {}
        self._of_struck: dict[int, NamedModels] = {}
        self._making: defaultdict[tuple[str, Variation], asyncio.Lock] = defaultdict(asyncio.Lock)

    def frameworks(self) -> Mapping[str, str]:
        """Give each framework's name, and what it lacks here; empty where it can be used."""
        return {
            name: "" if _is_there(each.module) else f"needs {extras_named((each.extra,))}"
            for name, each in FRAMEWORKS.items()
        }

    @property
    def no_copies(self) -> str:
        """Say why the App's data cannot be copied; empty where they can."""
        return self._copies.missing

    async def app(self, data: str) -> App:
        """Give the App on the data of that name.

        Raises:
            ConfigError: The App cannot be copied.
        """
        return await self._app(data)

    async def assistant(self, key: str, variation: Variation) -> Assistant:
        """Give the App under a style, started.

        Raises:
            ConfigError: The style, the framework or the model cannot be used here.
        """
        if variation == USUAL:
            return await self._house.style(key)
        async with self._making[key, variation]:  # others do not wait for what takes long to load
            made = self._made.get((key, variation))
            if made is None:
                made, picks = await self._started(key, variation)
                self._made[key, variation] = made
                self._models[key, variation] = picks
        return made

    async def struck(self, key: str, variation: Variation, plan: FaultPlan) -> Assistant:
        """Give the App under a style for one run that a plan's faults strike, started.

        Raises:
            ConfigError: The style, the framework or the model cannot be used here.
        """
        made, picks = await self._started(key, variation, plan)
        self._of_struck[id(made)] = picks
        return made

    async def retire(self, struck: Assistant) -> None:
        """End one whose run is over."""
        picks = self._of_struck.pop(id(struck), None)
        if picks is not None:
            self._house.beside.remove(struck)
            await struck.stop()
            await picks.aclose()

    async def aclose(self) -> None:
        """Close the connections of their models, and the copies; the house stops the rest."""
        for each in (*self._models.values(), *self._of_struck.values()):
            await each.aclose()
        self._models.clear()
        await self._copies.aclose()

    async def _started(
        self, key: str, variation: Variation, plan: FaultPlan | None = None
    ) -> tuple[Assistant, NamedModels]:
        house = self._house
        app, settings = await self._app(variation.data), _settings(house.settings, variation)
        if variation.model:
            app = replace(app, models={**app.models, "default": variation.model})
        picks = models(default_model(app, settings), settings)
        made = assistant(
            app,
            key,
            **Choices(
                settings=settings,
                models=picks,
                sessions=house.sessions,
                records=house.records,
                requests=house.requests,
                attachments=house.attachments,
                clock=house.clock,
                budget=house.budget(),
                threads=house.threads,
                faults=plan,
                limits=limits_of(settings),
            ),
        )
        made.runtime.observer = joined(made.runtime.observer, house.told)
        await picks.connect()
        await made.start()
        house.beside.append(made)
        return made, picks

    async def _app(self, data: str) -> App:
        if not data:
            return self._house.cast.app
        made = self._copies.open(data)
        names = self._copies.names()
        for name in names[: max(0, len(names) - MOST_COPIES)]:
            starting = any(k[1].data == name and lock.locked() for k, lock in self._making.items())
            if not starting and not any(on.runtime.working for on in self._on(name).values()):
                await self._end(name)
        return made

    def _on(self, data: str) -> dict[tuple[str, Variation], Assistant]:
        return {made: each for made, each in self._made.items() if made[1].data == data}

    async def _end(self, data: str) -> None:
        """End a copy and whoever works on it; from now on nobody finds them."""
        left = self._copies.leave(data)
        for made, each in self._on(data).items():
            del self._made[made], self._making[made]
            self._house.beside.remove(each)
            await each.stop()
            await self._models.pop(made).aclose()
        await left.close()


def _settings(settings: Settings, variation: Variation) -> Settings:
    """Give the settings of a variation; what they set up of the App is set up already."""
    made = replace(
        settings,
        durable="",
        mcp={},
        models={},
        model_settings={},
        framework=variation.framework or settings.framework,
    )
    return replace(made, model=variation.model) if variation.model else made


def _is_there(module: str) -> bool:
    with suppress(ModuleNotFoundError):  # of the package that it would be in
        return find_spec(module) is not None
    return False
