from __future__ import annotations

import pytest

from batuta.packaging.aims import aim_of, passed_aims


@pytest.mark.parametrize("style", "abcdefghABCDEFGH")
def test_a_package_one_byte_too_large_is_told(style: str) -> None:
    most = int(aim_of(style).zipped_mb * 1_000_000)

    assert passed_aims(style, most) == []
    (said,) = passed_aims(style, most + 1)
    assert "larger" in said


@pytest.mark.parametrize("style", "abcdefgh")
def test_a_package_that_opens_too_slowly_is_told(style: str) -> None:
    most = aim_of(style).opening_cpu_ms

    assert passed_aims(style, 0, most) == []
    (said,) = passed_aims(style, 0, most + 1)
    assert "slower" in said


def test_styles_with_an_agents_sdk_have_more_room() -> None:
    assert aim_of("E") == aim_of("f") == aim_of("g")
    assert aim_of("e").zipped_mb > aim_of("h").zipped_mb == aim_of("a").zipped_mb
