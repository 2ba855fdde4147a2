"""The database of durable runs: made where there is none, clear errors where it cannot be used."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from dbos import DBOS

from batuta.core.clock import machine_time
from batuta.errors import ConfigError, StoreBusy, StoreUnusable, notes_of
from batuta.runtimes.durable import Engine, Store, store
from batuta.runtimes.durable.dbos_private import recover_runs_of
from batuta.runtimes.durable.slots import Holder, Slots, is_gone
from batuta.settings import Settings
from batuta.wiring.storage import durable_engine
from tests.postgres import Postgres
from tests.unit.core.rig import HELLO, echo
from tests.unit.runtimes.durable.rig import attempt


def test_the_file_is_made_with_its_folder_and_for_its_owner_alone(tmp_path: Path) -> None:
    made = Store(tmp_path / "new" / "durable.db")
    assert not made.has_runs()
    assert not (tmp_path / "new").exists()
    assert made.all("SELECT count(*) FROM batuta_slots") == [(0,)]
    made.close()
    assert (tmp_path / "new" / "durable.db").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match="BATUTA_DURABLE"):
        _ = Store(tmp_path / "file" / "durable.db").database


@pytest.mark.parametrize("content", ["no database at all, but long enough to look at" * 9, ""])
def test_a_damaged_or_empty_file_is_a_storage_error_and_stays_as_it_is(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / "durable.db").write_text(content)
    with pytest.raises(StoreUnusable) as caught:
        _ = Store(tmp_path / "durable.db").database
    assert notes_of(caught.value) == (f"File: {tmp_path / 'durable.db'}",)
    assert str(tmp_path) not in str(caught.value)
    assert (tmp_path / "durable.db").read_text() == content


def _removed(file: Path) -> None:
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()


def _replaced(file: Path) -> None:
    _removed(file)
    with closing(Store(file)) as other:
        other.all("SELECT 1")


@pytest.mark.parametrize("harm", [_removed, _replaced, lambda file: file.write_bytes(b"")])
def test_a_file_that_has_gone_since_it_was_opened_is_not_written_to(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    made = Store(tmp_path / "durable.db")
    made.probe()
    assert made.all("SELECT count(*) FROM batuta_questions") == [(0,)]  # it leaves nothing
    harm(tmp_path / "durable.db")
    for use in (made.check, made.probe):
        with pytest.raises(StoreUnusable, match="is gone"):
            use()
    made.close()


def test_a_file_damaged_while_open_fails_its_probe(tmp_path: Path) -> None:
    made = Store(tmp_path / "durable.db")
    made.probe()
    for each in tmp_path.glob("durable.db*"):
        each.write_bytes(b"\xff" * each.stat().st_size)
    with pytest.raises(StoreUnusable, match="cannot be used"):
        made.probe()
    made.close()


def test_a_locked_file_is_busy_and_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_BUSY_S", 0.1)
    with closing(sqlite3.connect(tmp_path / "durable.db", isolation_level=None)) as other:
        other.execute("CREATE TABLE something (text)")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreBusy) as caught:
            _ = Store(tmp_path / "durable.db").database
        assert caught.value.retryable


def _connected(url: str) -> int:
    """Count the connections that others have to a database."""
    looking = Store(url)
    [(count,)] = looking.all(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'batuta' AND pid <> pg_backend_pid()"
    )
    looking.close()
    return count


def test_a_database_that_cannot_be_used_is_left_without_a_connection(postgres: Postgres) -> None:
    url = postgres.database()
    closed = Store(f"{url}?options=-c%20default_transaction_read_only%3Don")
    with pytest.raises(ConfigError, match="read-only"):
        _ = closed.database
    assert _connected(url) == 0


def test_what_a_thread_gives_back_after_the_end_is_closed(postgres: Postgres) -> None:
    url = postgres.database()
    made = Store(url)
    late = made.database.connect()
    made.close()
    late.close()
    assert _connected(url) == 0


def test_threads_that_come_at_once_open_one_database(tmp_path: Path) -> None:
    made = Store(tmp_path / "durable.db")
    with ThreadPoolExecutor(8) as threads:
        opened = {id(each.result()) for each in [
            threads.submit(lambda: made.database) for _ in range(8)
        ]}  # fmt: skip
    made.close()
    assert len(opened) == 1


def test_no_database_there_is_a_clear_error_without_its_password() -> None:
    with pytest.raises(ConfigError) as caught:
        _ = Store("postgresql://ana:hunter2@127.0.0.1:1/none").database
    assert "hunter2" not in str(caught.value)


def test_a_setting_that_names_no_database_is_a_clear_error() -> None:
    with pytest.raises(ConfigError, match="sqlite") as caught:
        durable_engine("app", Settings(durable="mysql://ana:hunter2@h/d"))
    assert "hunter2" not in str(caught.value)
    assert durable_engine("app", Settings()) is None


def test_an_old_sqlite_has_the_function_that_dbos_wants(tmp_path: Path) -> None:
    made = Store(tmp_path / "durable.db")
    [(seconds,)] = made.all("SELECT unixepoch('subsec')")
    made.close()
    assert abs(seconds - machine_time().timestamp()) < 60


async def test_a_second_engine_in_one_process_is_refused(tmp_path: Path) -> None:
    async with attempt(tmp_path, echo("main")):
        other = Engine(Store(tmp_path / "other.db"), "other")
        with pytest.raises(ConfigError, match="Another durable engine"):
            async with attempt(tmp_path / "x", echo("main")):
                pass
        assert other.table.hosts == {}
    async with attempt(tmp_path, echo("main")) as runtime:  # one after the other is fine
        assert (await runtime.run("main", HELLO)).text == "hello"


def test_the_private_name_of_dbos_is_still_there() -> None:
    assert callable(getattr(DBOS, "_recover_pending_workflows"))  # noqa: B009
    assert recover_runs_of([]) == 0


OpenSlots = Callable[..., Slots]


@pytest.fixture
def slots(tmp_path: Path) -> Iterator[OpenSlots]:
    made: list[Slots] = []

    def opened(lease_s: float = 60) -> Slots:
        made.append(Slots(Store(tmp_path / "durable.db"), "app", lease_s=lease_s))
        return made[-1]

    yield opened
    for each in made:
        each.store.close()


def test_each_process_gets_a_slot_of_its_own_and_a_free_one_again(slots: OpenSlots) -> None:
    first, second, third = (slots() for _ in range(3))
    assert (first.claim(), second.claim()) == ("slot-1", "slot-2")
    with pytest.raises(ConfigError, match="slot-1 is held"):
        third.claim("slot-1")
    first.release()
    assert third.claim() == "slot-1"


def test_a_slot_whose_process_is_gone_can_be_taken_at_once(slots: OpenSlots) -> None:
    first, second = slots(), slots()
    first.claim("w1")
    first.store.change("UPDATE batuta_slots SET pid = 4194304 + 7, began = '1'")
    [holder] = second.holders()
    assert is_gone(holder)
    assert second.claim("w1") == "w1"


def test_a_slot_on_another_machine_is_dead_after_a_lease_of_silence(slots: OpenSlots) -> None:
    first, second = slots(), slots()
    first.claim("w1")
    first.store.change("UPDATE batuta_slots SET host = 'elsewhere'")
    [holder] = second.holders()
    assert not second.is_dead(holder)
    assert second.is_dead(Holder(*holder[:5], silent_s=61))


def test_whoever_was_itself_not_heard_judges_nobody(slots: OpenSlots) -> None:
    first, second = slots(), slots()
    first.claim("w1")
    second.claim("w2")
    change = "UPDATE batuta_slots SET host = 'elsewhere', beat = beat - 3600 WHERE slot = 'w1'"
    first.store.change(change)
    assert second.inherit() == []  # it has been heard for less than a lease itself
    heard_long_enough = slots(lease_s=0.0)
    heard_long_enough.claim("w3")
    assert "w1" in [holder.slot for holder in heard_long_enough.inherit()]


def test_one_that_was_taken_for_dead_has_its_slot_again_when_it_wakes(slots: OpenSlots) -> None:
    sleeper, other = slots(), slots()
    sleeper.claim("a")
    other.claim("b")
    sleeper.release()  # silent for long, as after a sleep of the machine
    for holder in other.inherit():
        other.forget(holder)
    assert [h.slot for h in other.holders()] == []
    sleeper.beat()
    assert [h.slot for h in other.holders()] == ["a"]
    with pytest.raises(ConfigError, match="held by another"):
        slots().claim("a")
