"""Who sets nothing pays nothing for what could be set, and what counts that would see it."""

from __future__ import annotations

from bench.unset import PARTS, among, measured


async def test_a_plain_run_calls_nothing_of_settings_images_and_files() -> None:
    found = await measured()
    plain, settled, shown = found.values()

    assert [among(plain, names) for names in PARTS.values()] == [0, 0]
    assert among(settled, PARTS["settings"]) > 0
    assert among(shown, PARTS["images and files"]) > 0
    assert plain.total() < min(settled.total(), shown.total())
