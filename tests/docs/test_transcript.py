"""The transcript of the pages is what goes over the wires today."""

from __future__ import annotations

import pytest

from scripts import transcript


@pytest.mark.timeout(180)
async def test_transcript_is_todays(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "loopback")
    made = await transcript.page()

    assert made == transcript.PAGE.read_text("utf-8"), "run: python scripts/transcript.py"
    assert made.count("I was shown 32 by 18 pixels and 12 by 4 pixels.") == len(transcript.WIRES)
    assert made.count(f"- {transcript.THOUGHTS}") == 2 * len(transcript.WIRES)
