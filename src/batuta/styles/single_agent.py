"""Style E: one agent, whose loop is an SDK's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batuta.styles.frameworks import USUAL, framework, framework_option
from batuta.styles.style import Options, Style

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.agent import Agent


def _build(app: App, options: Options) -> tuple[Agent, ...]:
    from batuta.control.single_agent import SingleAgent

    given: dict[str, Any] = {"output_type": app.output_type, **options}
    made = SingleAgent(
        loop=framework(given.pop("framework", USUAL)).loop(),
        tools=app.tools,
        instructions=app.localised(app.instructions),
        model=app.model_of(SINGLE_AGENT.model),
        **given,
    )
    return (made,)


SINGLE_AGENT = Style(
    key="e",
    name="Single agent",
    decides="the agent",
    runs="shared",
    when="an open request, one set of skills, little code",
    page="control/single_agent.md",
    extras=("agents",),
    model="e",
    tools=True,
    reads=("instructions",),
    build=_build,
    supply=framework_option,
)
