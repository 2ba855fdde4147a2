"""Apps of other kinds do what is plainly asked of them in every style, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from batuta.app import App
from batuta.core.redaction import Secret
from batuta.settings import Settings
from bench.language_apps import parcels, restaurant
from bench.language_doubt import placed
from bench.language_sets import said_to
from bench.language_unseen import clinic

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.usefixtures("aws_identity")]

TALKS: tuple[tuple[Callable[[list[str]], App], tuple[str, ...], str], ...] = (
    (clinic, ("Book a flu vaccination for tomorrow", "the first one"), "2026-03-03-flu-9"),
    (clinic, ("Can I get a flu shot tomorrow?", "the second one"), "2026-03-03-flu-11"),
    (clinic, ("I need a tetanus jab on Friday", "09:00", "yes"), "2026-03-06-tetanus-9"),
    (clinic, ("Don't book a flu shot tomorrow",), ""),
    (clinic, ("Book a flu vaccination for tomorrow if my fever is gone",), ""),
    (restaurant, ("Reserve a table on the terrace for tomorrow", "1"), "2026-03-03-terrace-18"),
    (restaurant, ("I'd like to book a table tomorrow", "at the bar", "1"), "2026-03-03-bar-18"),
    (restaurant, ("Did you reserve a garden table for tomorrow?",), ""),
    (parcels, ("Schedule a pickup for a small parcel tomorrow", "1"), "2026-03-03-small-10"),
    (parcels, ("Can you collect a small parcel tomorrow?", "1"), "2026-03-03-small-10"),
    (parcels, ("Ask Tom to schedule a pickup for a small parcel tomorrow",), ""),
)


@pytest.mark.parametrize("style", "abcdefgh")
async def test_an_app_of_another_kind_is_understood(style: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, secret=Secret("s" * 32))
    for kind in (clinic, restaurant, parcels):
        made: list[str] = []
        async with placed(kind(made), style, settings) as desk:
            for turns, wanted in ((t, w) for k, t, w in TALKS if k is kind):
                made.clear()
                answers = await said_to(desk, turns, lambda made=made: bool(made))
                assert made == ([wanted] if wanted else []), (turns, answers)
                assert all(answers)
