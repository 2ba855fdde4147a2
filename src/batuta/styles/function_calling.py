"""Style D: the model suggests calls, our loop makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batuta.styles.style import Options, Style

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.agent import Agent


def _build(app: App, options: Options) -> tuple[Agent, ...]:
    from batuta.control.function_calling import FunctionCalling

    model = app.model_of(FUNCTION_CALLING.model)
    given: dict[str, Any] = {"output_type": app.output_type, **options}
    made = FunctionCalling(
        tools=app.tools, instructions=app.localised(app.instructions), model=model, **given
    )  # fmt: skip
    return (made,)


FUNCTION_CALLING = Style(
    key="d",
    name="Function calling",
    decides="the model suggests, your code loops",
    runs="shared",
    when="the order depends on the request, and you keep the loop",
    page="control/function_calling.md",
    model="d",
    tools=True,
    reads=("instructions",),
    build=_build,
)
