"""Which subjects are meant by words, and whether all of them can run here."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from batuta.errors import ConfigError
from batuta.lab.results import OFFLINE, Subject
from batuta.lab.stands import settings_of
from batuta.styles import STYLES, resolve, set_up
from batuta.styles.frameworks import framework, framework_option
from batuta.telemetry.prices import default_prices
from batuta.wiring import models

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.settings import Settings
    from batuta.styles import Cast


def subjects_of(
    cast: Cast, *, styles: Sequence[str], frameworks: Sequence[str], asked: Sequence[str]
) -> tuple[Subject, ...]:
    """Combine styles, frameworks and models; a style that no framework drives has each model once.

    Args:
        styles: Keys, ranges such as ``a..h``, and compositions; none means all that can run.
        asked: Names of models; none means the offline one.

    Raises:
        ConfigError: A style is unknown or cannot run here, or a framework or model is unknown.
    """
    chosen = dict.fromkeys(key for word in styles for key in _keys(word, cast))
    keys = list(chosen) or [k for k in cast.runnable() if k not in cast.app.compositions]
    made: dict[Subject, None] = {}
    for key in keys:
        style = cast.find(key).style
        loops = frameworks if style.supply is framework_option else ()
        for loop in loops or ("",):
            for model in asked or (OFFLINE,):
                made[Subject(style=style.key, framework=loop, model=model)] = None
    for subject in made:
        check_subject(subject, cast.app, cast.settings)
    return tuple(made)


def check_subject(subject: Subject, app: App, settings: Settings) -> None:
    """See that a subject can run here.

    Raises:
        ConfigError: Its style, framework or model is unknown, or lacks something.
    """
    if subject.framework:
        framework(subject.framework)
    own = settings_of(subject, settings)
    cast = resolve(set_up(app, own), own)
    found = cast.find(subject.style)
    if found.lacks:
        raise found.cannot_run(
            f"Style {found.key} cannot be compared here: {found.lacks}",
            f"Styles that can: {', '.join(cast.runnable())}.",
        )
    models(own.default_model, own)()


def check_prices(subjects: Sequence[Subject], settings: Settings) -> None:
    """See that each subject's model has a price, so that a budget can hold.

    Raises:
        ConfigError: One has none; it is named.
    """
    prices = default_prices(settings.prices)
    for subject in subjects:
        model = settings_of(subject, settings).default_model
        if prices.price(model) is None:
            raise ConfigError(
                f"Model {model} has no price, so that no budget can hold",
                "Set it under [prices] in batuta.toml, or leave out the budget.",
            )


def _keys(word: str, cast: Cast) -> Sequence[str]:
    first, dots, last = word.strip().partition("..")
    if not dots:
        return (_known(first, cast),)
    usual = [style.key for style in STYLES if style.kind == "control"]
    if first not in usual or last not in usual or usual.index(first) > usual.index(last):
        raise ConfigError(f"{word!r} is no range of styles", f"Styles: {', '.join(usual)}.")
    return usual[usual.index(first) : usual.index(last) + 1]


def _known(word: str, cast: Cast) -> str:
    try:
        return cast.find(word).key
    except ConfigError as error:
        near = get_close_matches(word, [*cast.styles], n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise ConfigError(error.what, f"{hint}{error.mend}") from error
