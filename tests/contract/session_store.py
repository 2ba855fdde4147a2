"""What every ``SessionStore`` must do; a test module subclasses it, with ``open_store``."""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest

from batuta.core.message import Message, ToolCall
from batuta.core.session import Session, SessionStore
from batuta.errors import Conflict, SessionError

ODD = "Zoë O'Neil; DROP TABLE sessions --\n\0%_🎾"
HALF = "\ud83c"  # half of a surrogate pair: a client can send it, nothing can be stored under it
CALL = ToolCall("c1", "find_slots", {"day": "2019-03-02", "courts": ["A"], "at": None, "near": 2.5})
BAD_CALL = ToolCall("c2", "book", {}, invalid='{"slot":')
HISTORY = [
    Message.user("Tomorrow at 2 🎾 – „heute“ \ud83c\0", {"from": "web"}),
    Message("assistant", "", tool_calls=(CALL, BAD_CALL)),
    Message.tool(CALL, '["A"]', {"slots": [1, True, None, "ü"]}),
    Message("tool", "no JSON", call_id="c2", name="book"),
    Message.assistant("Court A is free.").with_metadata(seen=True, score=0.1),
]
STATE = {"workflow": {"values": {"day": "2019-03-02"}, "offered": []}, "ünï": [1, 2.5, None]}


def session(session_id: str = "s", principal_id: str = "ana", version: int = 0) -> Session:
    return Session(session_id, principal_id, version=version)


class SessionStoreContract:
    """Tests of one store; ``open_store`` opens it, empty at first, as often as it is called."""

    @pytest.fixture
    def store(self, open_store: Callable[[], SessionStore]) -> SessionStore:
        return open_store()

    async def test_a_session_comes_back_as_it_was_saved(self, store: SessionStore) -> None:
        saved = Session("s", "ana", list(HISTORY), copy.deepcopy(STATE), updated_at="2019-03-01")
        await store.save(saved)
        found = await store.load("s", "ana")
        assert found == Session("s", "ana", HISTORY, STATE, 1, "2019-03-01")
        assert [m.to_json() for m in found.history] == [m.to_json() for m in HISTORY]

    async def test_what_is_no_json_is_kept_as_json(self, store: SessionStore) -> None:
        day, price = dt.date(2019, 3, 2), Decimal("1.50")
        said = Message.assistant("Done.", {"day": day, "near": {1}}).with_metadata(price=price)
        await store.save(Session("s", "ana", [said], {"day": day, "by": {day: price}}))
        found = await store.load("s", "ana")
        assert found.state == {"day": "2019-03-02", "by": {"2019-03-02": "1.50"}}
        assert found.history[0].data == {"day": "2019-03-02", "near": [1]}
        assert found.history[0].metadata == {"price": "1.50"}

    async def test_what_can_be_no_json_is_cut_and_the_rest_is_kept(
        self, store: SessionStore
    ) -> None:
        await store.save(Session("s", "ana", state={"at": object(), "court": "A"}))
        kept = (await store.load("s", "ana")).state
        assert kept == {"at": "[cut: object, which is no JSON]", "court": "A"}

    async def test_each_save_raises_the_version_by_one(self, store: SessionStore) -> None:
        mine = session()
        for version in (1, 2, 3):
            await store.save(mine)
            assert mine.version == (await store.load("s", "ana")).version == version

    async def test_the_store_keeps_its_own_copy(self, store: SessionStore) -> None:
        mine = Session("s", "ana", [HISTORY[0]], {"seen": [1]})
        saving = asyncio.create_task(store.save(mine))
        await asyncio.sleep(0)
        mine.history.clear()
        mine.state["seen"].append(2)
        await saving
        found = await store.load("s", "ana")
        assert (found.history, found.state) == ([HISTORY[0]], {"seen": [1]})

    async def test_each_load_gives_an_object_of_its_own(self, store: SessionStore) -> None:
        await store.save(Session("s", "ana", [HISTORY[0]], {"seen": [1]}))
        mine = await store.load("s", "ana")
        mine.history.append(HISTORY[-1])
        mine.state["seen"].append(2)
        mine.state["more"] = {}
        (listed,) = await store.list("ana")
        listed.state["seen"].append(3)
        found = await store.load("s", "ana")
        assert (found.history, found.state) == ([HISTORY[0]], {"seen": [1]})

    async def test_what_was_saved_meanwhile_is_not_saved_over(
        self, open_store: Callable[[], SessionStore]
    ) -> None:
        here, there = open_store(), open_store()
        await here.save(session())
        first, second = await here.load("s", "ana"), await there.load("s", "ana")
        first.state["by"] = "first"
        await here.save(first)
        with pytest.raises(Conflict, match="'s'"):
            await there.save(second)
        assert (await there.load("s", "ana")).state == {"by": "first"}
        assert second.version == 1
        await there.save(await there.load("s", "ana"))

    async def test_a_new_session_does_not_replace_one_of_the_same_id(
        self, store: SessionStore
    ) -> None:
        await store.save(session())
        again = session()
        with pytest.raises(Conflict):
            await store.save(again)
        assert again.version == 0

    async def test_a_missing_session_is_an_error(self, store: SessionStore) -> None:
        for missing in ("s", "", HALF):
            with pytest.raises(SessionError) as caught:
                await store.load(missing, "ana")
            assert caught.value.session_id == missing
            with pytest.raises(SessionError):
                await store.delete(missing, "ana")

    async def test_anothers_session_is_as_if_it_were_not_there(self, store: SessionStore) -> None:
        await store.save(Session("anas", "ana", list(HISTORY)))
        for wanted in ("anas", "none"):
            told: list[str] = []
            for attempt in (
                store.load(wanted, "bob"),
                store.delete(wanted, "bob"),
                store.save(session(wanted, "bob", version=1)),
                store.save(session(wanted, "bob", version=7)),
            ):
                with pytest.raises(SessionError) as caught:
                    await attempt
                told.append(str(caught.value))
            assert set(told) == {str(SessionError(wanted))}
        assert await store.list("bob") == await store.list(HALF) == []
        assert (await store.load("anas", "ana")).history == HISTORY

    async def test_an_id_of_anothers_cannot_be_taken(self, store: SessionStore) -> None:
        await store.save(Session("s", "ana", list(HISTORY)))
        with pytest.raises(SessionError):
            await store.save(session("s", "bob"))
        assert (await store.load("s", "ana")).history == HISTORY

    async def test_a_deleted_session_is_gone_and_stays_so(self, store: SessionStore) -> None:
        mine = session()
        await store.save(mine)
        await store.delete("s", "ana")
        for attempt in (store.load("s", "ana"), store.delete("s", "ana"), store.save(mine)):
            with pytest.raises(SessionError):
                await attempt
        assert await store.list("ana") == []

    async def test_sessions_are_listed_last_saved_first_without_history(
        self, store: SessionStore
    ) -> None:
        for day, name in enumerate("abcd", start=1):
            await store.save(Session(name, "ana", list(HISTORY), {"n": day}, 0, f"2019-03-0{day}"))
        first = await store.load("a", "ana")
        first.updated_at = "2019-03-05"
        await store.save(first)
        listed = await store.list("ana", limit=2)
        assert listed == [
            Session("a", "ana", [], {"n": 1}, 2, "2019-03-05"),
            Session("d", "ana", [], {"n": 4}, 1, "2019-03-04"),
        ]
        assert [each.id for each in await store.list("ana")] == ["a", "d", "c", "b"]
        assert await store.list("ana", limit=0) == await store.list("ana", limit=-1) == []

    async def test_nothing_is_lost_when_many_save_at_once(
        self, open_store: Callable[[], SessionStore]
    ) -> None:
        stores = [open_store(), open_store()]
        await stores[0].save(session())

        async def add(number: int) -> None:
            store = stores[number % 2]
            while True:
                mine = await store.load("s", "ana")
                mine.history.append(Message.user(str(number)))
                try:
                    return await store.save(mine)
                except Conflict:
                    await asyncio.sleep(0)

        async with asyncio.TaskGroup() as group:
            for number in range(20):
                group.create_task(add(number))
        found = await stores[0].load("s", "ana")
        assert sorted(int(m.text) for m in found.history) == list(range(20))
        assert found.version == 21

    async def test_of_many_that_start_one_session_one_does(self, store: SessionStore) -> None:
        async def start(name: str) -> type[Exception] | None:
            try:
                return await store.save(session("s", name))
            except (Conflict, SessionError) as error:
                return type(error)

        ended = await asyncio.gather(*(start(name) for name in ["ana"] * 5 + ["bob"] * 5))
        owner = "ana" if None in ended[:5] else "bob"
        assert ended.count(None) == 1
        assert ended.count(Conflict) == 4
        assert ended.count(SessionError) == 5
        assert (await store.load("s", owner)).version == 1

    async def test_odd_names_are_kept_as_they_are(self, store: SessionStore) -> None:
        await store.save(session(ODD, ODD))
        assert (await store.load(ODD, ODD)).id == ODD
        assert [each.principal_id for each in await store.list(ODD)] == [ODD]
        assert await store.list("%") == []
