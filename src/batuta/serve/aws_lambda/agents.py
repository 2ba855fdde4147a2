"""Events that ask for an agent: this function hosts agents of a style for callers elsewhere."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from batuta.errors import AgentNotFound, ConfigError
from batuta.remote.aws_lambda import Working
from batuta.serve.aws_lambda.process_context import Context, Event, House, house, seconds_left
from batuta.styles import Resources, app_style, set_up
from batuta.styles.functions import lambda_access
from batuta.wiring import clock_of, default_model, local_runtime, models
from batuta.wiring.storage import open_requests

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
        app = set_up(here.app, settings)
        self._models = models(default_model(app, settings), settings)
        self._style = app_style(app, settings.style, settings)
        clock = clock_of(settings, app.time_zone)
        self._new_runtime = partial(
            local_runtime, models=self._models, settings=settings, clock=clock
        )
        resources = Resources(
            models=self._models, runtime=self._new_runtime, keeps=True, clock=clock
        )
        self._agents = self._style.agents(None, resources)
        self._runtimes: dict[str, LocalRuntime] = {}
        # A function's own disk is known to no other: only a table tells callers of a write.
        self._requests = open_requests(settings) if settings.store == "dynamodb" else None
        self.working = Working(
            runtime=self._runtime,
            ledger=lambda_access(settings, settings.secret).ledger,
            secret=settings.secret,
            hooks=app.hooks,
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
        names = tuple(each.name for each in self._agents)
        if agent not in names:
            raise AgentNotFound(agent, names)
        runtime = self._new_runtime()
        runtime.effects = self._requests
        runtime.register(*self._style.hosted([agent], self._agents))
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
