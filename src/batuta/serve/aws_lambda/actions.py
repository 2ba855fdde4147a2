"""Events of a Bedrock Agent's action group: this function does the App's actions."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from batuta.remote.signing import shared_key
from batuta.serve.aws_lambda.process_context import Context, Event, house, seconds_left
from batuta.styles.functions import actions_of
from batuta.wiring import clock_of, local_runtime

if TYPE_CHECKING:
    from batuta.remote.aws_lambda.actions import Actions


@cache
def _actions() -> Actions:
    """Make them once.

    Raises:
        ConfigError: No secret is set.
    """
    here = house()
    shared_key(here.settings.secret)
    runtime = local_runtime(
        settings=here.settings, clock=clock_of(here.settings, here.app.time_zone)
    )
    return actions_of(here.app, runtime, here.settings.secret)


def answer_action(event: Event, context: Context) -> Any:
    """Do an action, and say what came of it as AWS wants it said.

    Raises:
        ConfigError: This function is set up wrongly.
    """
    actions = _actions()
    return house().run(actions.answer(event, seconds_left(context)))
