"""The sentences that the rules had not met when they were written, in four styles."""

from __future__ import annotations

import pytest

from bench.language_unseen import others, tennis

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.usefixtures("aws_identity")]


@pytest.mark.parametrize("style", "dbaf")
async def test_the_club_books_what_is_meant_and_nothing_else(style: str) -> None:
    told = await tennis(style)
    assert all(told.values())
    assert [
        (s, answer) for rows in told.values() for s, _, right, answer in rows if not right
    ] == []


@pytest.mark.parametrize("style", "dbaf")
async def test_apps_of_another_kind_do_what_is_meant_and_nothing_else(style: str) -> None:
    told = await others(style)
    assert {made for _, made, _, _ in told} == {True, False}
    assert [(said, answer) for said, _, right, answer in told if not right] == []
