"""``--record`` and ``--replay``: what they change about a conversation before it is opened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from batuta.core.configured_model import ConfiguredModel
from batuta.errors import ConfigError

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.model import Model
    from batuta.settings import Settings
    from batuta.testing.recorded import ReplayModel

Close = Callable[[], Awaitable[None]]


@dataclass
class Tape:
    """What stands between a conversation and its models: nothing, a recorder, or a recording.

    Args:
        settings: The clock stands while recording, so that a replay meets the same time.
        note: What to tell the user before it begins.
    """

    settings: Settings
    note: str = ""
    recorded: Path | None = None
    replayed: ReplayModel | None = None

    def on(self, app: App) -> App:
        """Give the App whose models are recorded or replayed."""
        if self.replayed is not None:
            names = dict.fromkeys([*app.models, "default"])
            played = {n: _like(app.models.get(n), self.replayed) for n in names}
            return replace(app, models=played)
        if self.recorded is not None:
            return self._recording(app, self.recorded)
        return app

    def last_note(self) -> str:
        """Say what is left to say at the end."""
        left = 0 if self.replayed is None else self.replayed.left
        return f"{left} recorded calls were not asked for." if left else ""

    def _recording(self, app: App, path: Path) -> App:
        from batuta.testing.recorded import Recorder, RecordingModel
        from batuta.wiring import default_model, models, set_up

        settings = self.settings
        app = set_up(app, settings)
        named = {**app.models, "default": default_model(app, settings)}
        # What was chosen by name is now in the App, as objects.
        self.settings = _modelless(settings)
        secrets = [vendor.key.reveal() for vendor in settings.vendors.values()]
        facts = {"app": app.name, "now": settings.now}
        recorder = Recorder(path, facts=facts, secrets=secrets)
        picks = models(_bare(named["default"]) or settings.default_model, settings)
        made = {
            name: _like(model, RecordingModel(picks(_bare(model)), recorder))
            for name, model in named.items()
        }
        return replace(app, models=made, close=_both(app.close, picks.aclose))


def _bare(model: str | Model) -> str | Model | None:
    """Give a model without settings of its own."""
    return model.model if isinstance(model, ConfiguredModel) else model


def _like(model: str | Model | None, other: Model) -> Model:
    """Give another model the settings of one."""
    if isinstance(model, ConfiguredModel):
        return ConfiguredModel(other, model.settings)
    return other


def _both(first: Close | None, second: Close) -> Close:
    async def close() -> None:
        try:
            if first is not None:
                await first()
        finally:
            await second()

    return close


@contextmanager
def tape(settings: Settings, record: Path | None, replay: Path | None) -> Generator[Tape]:
    """Lay a tape in; a replay without a folder of its own gets one that ends with it.

    Raises:
        ConfigError: Both were asked for, or the file is no recording.
    """
    if record is not None and replay is not None:
        raise ConfigError("--record and --replay together", "Give one of them.")
    if record is not None:
        from batuta.wiring import clock_of

        note = f"Recording into {record}; the clock stands."
        now = settings.now or clock_of(settings).now().isoformat(timespec="minutes")
        yield Tape(replace(settings, now=now), note, recorded=record)
    elif replay is None:
        yield Tape(settings)
    else:
        with TemporaryDirectory(prefix="batuta-replay-") as scratch:
            yield _replay(settings, replay, Path(scratch))


def _replay(settings: Settings, path: Path, scratch: Path) -> Tape:
    from batuta.testing.recorded import ReplayModel

    model = ReplayModel(path, secrets=[vendor.key.reveal() for vendor in settings.vendors.values()])
    own = settings.home != type(settings)().home
    settings = replace(
        _modelless(settings),
        home=settings.home if own else scratch,
        store=settings.store if own else "sqlite",
        now=settings.now or str(model.facts.get("now", "")),
    )
    names = ", ".join(model.models) or "nobody"
    note = f"A replay of {path}, in which {names} answered; no model is asked."
    if not own:
        note += " Nothing of it is kept: name a folder with --home to keep it."
    return Tape(settings, note, replayed=model)


def _modelless(settings: Settings) -> Settings:
    """Forget which models were chosen by name."""
    return replace(settings, models={}, model=type(settings)().model)
