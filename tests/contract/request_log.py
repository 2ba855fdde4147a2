"""What every log of requests keeps to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from batuta.core.effect import LoggedEffect
from batuta.core.request import Request, RequestLog
from batuta.errors import RequestTakenOver

ASKED = Request(key="k", principal_id="ana", words="w", session_id="ses_1", run_id="run_1")
AGAIN = replace(ASKED, words="other", session_id="ses_2", run_id="run_2")


def effect(number: int = 1, **more: str) -> LoggedEffect:
    made = LoggedEffect(
        key=f"key-{number}",
        principal_id="ana",
        request="k",
        session_id="ses_1",
        run_id="run_1",
        tool="book",
        arguments={"slot": "é", "number": number},
        begun_at="2019-03-01T06:00:00+00:00",
    )
    return replace(made, **more)


class RequestLogContract:
    @pytest.fixture
    def open_store(self) -> Callable[[], RequestLog]:
        raise NotImplementedError

    @pytest.fixture
    def log(self, open_store: Callable[[], RequestLog]) -> RequestLog:
        return open_store()

    async def test_a_request_is_one_process_s_until_it_is_freed(
        self, open_store: Callable[[], RequestLog]
    ) -> None:
        one, other = open_store(), open_store()
        mine = await one.claim(ASKED)
        assert (mine.mine, mine.again, mine.first) == (True, False, ASKED)
        held = await other.claim(AGAIN)
        assert (held.mine, held.again, held.first) == (False, True, ASKED)
        assert (await other.claim(replace(AGAIN, principal_id="bob"))).mine
        await one.renew(mine)
        await one.free(mine)
        taken = await other.claim(AGAIN)
        assert (taken.mine, taken.again, taken.first) == (True, True, ASKED)
        await one.free(mine)  # it is another's by now
        assert not (await one.claim(ASKED)).mine
        await other.free(taken)

    async def test_only_the_run_at_work_on_a_request_may_begin_a_write(
        self, log: RequestLog
    ) -> None:
        claim = await log.claim(ASKED)
        assert await log.begin(effect(1)) is None
        await log.free(claim)
        later = await log.claim(AGAIN)
        with pytest.raises(RequestTakenOver):
            await log.begin(effect(2))
        assert await log.begin(effect(2, run_id="run_2")) is None
        await log.free(later)
        joined = await log.claim(AGAIN, fenced=False)
        assert await log.begin(effect(3, run_id="run_2")) is None
        await log.start(joined, "run_3")
        with pytest.raises(RequestTakenOver):
            await log.begin(effect(4, run_id="run_2"))
        await log.free(joined)

    async def test_writes_are_known_from_their_begin_on_but_for_those_that_failed(
        self, log: RequestLog
    ) -> None:
        for number in (1, 2, 3):
            assert await log.begin(effect(number)) is None
        done = replace(effect(2), status="done", result={"id": "BK", "n": [1, None]})
        await log.end(done)
        await log.end(replace(effect(3), status="failed"))
        assert await log.of_request("k", "ana") == (effect(1), done)
        assert await log.of_request("k", "bob") == await log.of_request("l", "ana") == ()

    async def test_what_is_done_is_not_begun_again(self, log: RequestLog) -> None:
        await log.begin(effect())
        assert await log.begin(effect()) is None
        done = replace(effect(), status="done", result="booked")
        await log.end(done)
        assert await log.begin(effect(run_id="run_9")) == done
        assert await log.of_request("k", "ana") == (done,)

    async def test_a_conversation_learns_of_writes_that_nobody_told(self, log: RequestLog) -> None:
        await log.begin(effect(1))
        await log.begin(effect(2, request="l", session_id="ses_2"))
        await log.begin(replace(effect(3, request="m"), principal_id="bob"))
        assert await log.orphans("ses_1", "ana") == (effect(1),)
        await log.settle("k", "bob")
        assert await log.orphans("ses_1", "ana") == (effect(1),)
        await log.settle("k", "ana")
        assert await log.orphans("ses_1", "ana") == ()
        assert await log.of_request("k", "ana") == (effect(1),)

    async def test_what_a_run_had_done_before_a_write_is_known_until_the_answer(
        self, log: RequestLog
    ) -> None:
        await log.begin(effect(steps="before"))
        await log.end(replace(effect(), status="done", result="é"))
        await log.settle("k", "ana")
        (told,) = await log.of_request("k", "ana")
        assert (told.status, told.steps) == ("done", "before")
        await log.settle("k", "ana", answered=True)
        (answered,) = await log.of_request("k", "ana")
        assert (answered.status, answered.steps) == ("done", "")
