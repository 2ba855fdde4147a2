"""What every ``AttachmentStore`` does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from batuta.core.attachment import Attachment
from batuta.core.attachment_store import AttachmentStore
from batuta.core.clock import ManualClock
from tests.pictures import PDF, PNG

IMAGE, RULES = Attachment.of(PNG), Attachment.of(PDF)
LARGE = Attachment.of(b"words and more " * 60_000)
DAY_S = 86_400
BEGIN = dt.datetime(2019, 3, 1, 6, tzinfo=dt.UTC)
Open = Callable[[ManualClock], AttachmentStore]


class AttachmentStoreContract:
    """A subclass gives ``open_store``, whose stores keep for ten days."""

    async def test_bytes_come_back_by_digest(self, open_store: Open) -> None:
        store = open_store(ManualClock(BEGIN))
        await store.put("ses_1", "ana", [IMAGE, LARGE])
        await store.put("ses_1", "ana", [IMAGE])
        asked = [IMAGE.digest, LARGE.digest, RULES.digest]

        assert await store.get("ses_1", "ana", asked) == {
            IMAGE.digest: PNG,
            LARGE.digest: LARGE.data,
        }

    async def test_nobody_elses_and_no_other_conversations(self, open_store: Open) -> None:
        store = open_store(ManualClock(BEGIN))
        await store.put("ses_1", "ana", [IMAGE])

        assert await store.get("ses_1", "ben", [IMAGE.digest]) == {}
        assert await store.get("ses_2", "ana", [IMAGE.digest]) == {}

    async def test_deleted_with_their_conversation(self, open_store: Open) -> None:
        store = open_store(ManualClock(BEGIN))
        await store.put("ses_1", "ana", [IMAGE, LARGE])
        await store.put("ses_2", "ana", [IMAGE])
        await store.delete("ses_1", "ben")
        await store.delete("ses_2", "ana")

        assert set(await store.get("ses_1", "ana", [IMAGE.digest])) == {IMAGE.digest}
        assert await store.get("ses_2", "ana", [IMAGE.digest]) == {}

    async def test_kept_as_long_as_they_are_used(self, open_store: Open) -> None:
        clock = ManualClock(BEGIN)
        store = open_store(clock)
        await store.put("ses_1", "ana", [IMAGE, RULES])
        for _ in range(2):
            clock.advance(6 * DAY_S)
            assert set(await store.get("ses_1", "ana", [IMAGE.digest])) == {IMAGE.digest}

        assert await store.get("ses_1", "ana", [RULES.digest]) == {}
        clock.advance(11 * DAY_S)
        assert await store.get("ses_1", "ana", [IMAGE.digest]) == {}

    async def test_one_without_bytes_is_left_alone(self, open_store: Open) -> None:
        store = open_store(ManualClock(BEGIN))
        await store.put("ses_1", "ana", [Attachment(IMAGE.digest, "image/png", 1)])

        assert await store.get("ses_1", "ana", [IMAGE.digest]) == {}
