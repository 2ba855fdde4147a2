"""Events that ask for an agent: this function hosts agents of a style for callers elsewhere."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from batuta.errors import AgentNotFound, ConfigError
from batuta.placement import Placement, apart
from batuta.placement.functions import lambda_access
from batuta.remote.aws_lambda import Working
from batuta.serve.aws_lambda.process_context import Context, Event, House, house, seconds_left
from batuta.styles import style_of, styled
from batuta.wiring import clock_of, default_model, local_runtime, models, with_models

if TYPE_CHECKING:
    from batuta.runtimes.local import LocalRuntime


class Agents:
    """The agents of the style that is set, each in a runtime of its own once it is asked for.

    Raises:
        ConfigError: No style is set, no secret, or no table that budgets are counted in.
    """

    def __init__(self, here: House) -> None:
        settings = here.settings
        if not settings.style:
            raise ConfigError(
                "This function hosts agents of no style", "Set BATUTA_STYLE, such as to g."
            )
        self._settings = settings
        self._app = with_models(here.app, settings.models)
        self._style = style_of(settings.style, self._app).key
        self._models = models(default_model(self._app, settings), settings)
        self._runtimes: dict[str, LocalRuntime] = {}
        self.working = Working(
            runtime=self._runtime,
            ledger=lambda_access(settings, settings.secret).ledger,
            secret=settings.secret,
            hooks=self._app.hooks,
        )

    async def _runtime(self, agent: str) -> LocalRuntime:
        found = self._runtimes.get(agent)
        if found is None:
            found = self._runtimes[agent] = self._made(agent)
            await self._models.connect()
            await found.start()
        return found

    def _made(self, agent: str) -> LocalRuntime:
        """Make the runtime of an agent: others are elsewhere for the one in charge alone."""
        settings = self._settings
        cast = styled(self._app, self._style, {})
        names = tuple(each.name for each in cast)
        if agent not in names:
            raise AgentNotFound(agent, names)
        elsewhere = dict(settings.placement.get(self._style, {}))
        elsewhere.pop(agent, None)
        if agent != names[-1]:
            elsewhere.clear()
        placement = Placement(elsewhere, settings.secret) if elsewhere else None
        runtime = local_runtime(
            models=self._models, settings=settings, clock=clock_of(settings, self._app.time_zone)
        )
        runtime.register(*apart(cast, placement, style=self._style, settings=settings))
        return runtime


@cache
def _agents() -> Agents:
    return Agents(house())


def answer_agent(event: Event, context: Context) -> Any:
    """Have an agent work, and give what it brought.

    Raises:
        ConfigError: This function is set up wrongly.
    """
    agents = _agents()
    return house().run(agents.working.answer(event, seconds_left(context)))
