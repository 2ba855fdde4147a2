"""Which styles cannot act here, since the server of their model shows it no tools."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from batuta.errors import BatutaError
from batuta.styles import label_of

if TYPE_CHECKING:
    from batuta.models.named import NamedModels
    from batuta.styles import AppStyle, Cast


async def toolless_models(style: AppStyle, models: NamedModels) -> tuple[str, ...]:
    """Name the models of a style whose servers say that they know no tools.

    A server that does not say is trusted, and one that cannot be asked is told of by the first run.
    """
    if not style.style.tools:
        return ()
    app = style.app
    named = [app.models.get(name) for name in (style.style.model, *style.style.member_names(app))]
    found: dict[str, None] = {}
    for model in {id(each): each for each in named}.values():  # each once
        try:
            able = await models.abilities(model)
        except BatutaError:
            continue
        found |= {name: None for name, each in able.items() if each.tools is False}
    return tuple(found)


def cannot_act(style: AppStyle, models: Iterable[str], cast: Cast) -> str:
    """Say in a sentence that a style's models are shown no tools, and which styles need none."""
    others = [
        each
        for each in cast.styles.values()
        if not each.style.tools and each.style.runs != "managed" and not each.lacks
    ]
    named = ", ".join(each.style.label for each in others if each.style.kind == "control")
    return (
        f"Style {label_of(style.key)} acts by tools, and the server of {' and '.join(models)} "
        f"shows its model none: it can talk and not act. Styles that need none: {named or 'none'}."
    )
