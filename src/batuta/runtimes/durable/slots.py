"""Worker slots: a stable name for each process, so that what one left behind can be found."""

from __future__ import annotations

import logging
import os
from itertools import count
from typing import NamedTuple

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from batuta.core.clock import Clock, SystemClock
from batuta.core.ids import new_id
from batuta.core.owner import began_at, has_ended, host_name
from batuta.core.redaction import redacted_text
from batuta.errors import ConfigError
from batuta.runtimes.durable.store import Store

_LOG = logging.getLogger(__name__)
LEASE_S = 15.0
_BEATS = 5  # within a lease
_GIVEN_BACK_S = 1e8  # a silence that only a slot with its beat at zero can have


class Holder(NamedTuple):
    """Who holds a slot, and how long ago it was last heard of."""

    slot: str
    token: str
    host: str
    pid: int
    began: str
    silent_s: float


class Slots:
    """The slots of one App's processes.

    A slot is dead where its process is known to be gone, was given back, or has been silent for a
    lease. After an outage of the database nobody could be heard, so whoever comes back judges the
    others only when it has itself been heard for a whole lease.

    Args:
        lease_s: Seconds of silence after which a process counts as dead.
    """

    def __init__(
        self, store: Store, app: str, *, lease_s: float = LEASE_S, clock: Clock | None = None
    ) -> None:
        self.store, self.app, self.lease_s = store, app, lease_s
        self.beat_s = lease_s / _BEATS
        self.name = ""
        self._token = new_id("worker")
        self._clock: Clock = clock or SystemClock()
        self._heard = self._heard_since = self._clock.monotonic()

    def claim(self, wanted: str = "") -> str:
        """Take a slot, the first free one where none is wanted by name.

        Raises:
            ConfigError: The one wanted is held by a process that is alive.
        """
        names = [wanted] if wanted else (f"slot-{number}" for number in count(1))
        for name in names:
            holder = self._holder(name)
            taken = self._insert(name) if holder is None else self._take(holder)
            if taken:
                self.name = name
                self._heard = self._heard_since = self._clock.monotonic()
                return name
        raise ConfigError(
            f"Worker slot {wanted} is held by another process that is alive",
            f"Stop that one, or take another slot. One that died is free after {self.lease_s:g} s.",
        )

    def beat(self) -> None:
        """Tell that this process is alive; one that was taken for dead takes its slot again."""
        now = self._clock.monotonic()
        sql = (
            "UPDATE batuta_slots SET beat = now_s() "
            "WHERE app = :app AND slot = :slot AND token = :token"
        )
        if not self.store.change(sql, app=self.app, slot=self.name, token=self._token):
            self._insert(self.name)  # until then nobody would take over what it leaves behind
        if now - self._heard > self.lease_s / 2:
            self._heard_since = now
        self._heard = now

    def release(self) -> None:
        """Give the slot back; what it left behind is taken over by others.

        Where the database cannot be used any more, others take it over once it has been silent.
        """
        try:
            self._silence(self.name)
        except SQLAlchemyError as error:
            _LOG.warning("Slot %s is not given back: %s", self.name, redacted_text(error))

    def holders(self) -> list[Holder]:
        """List all slots of the App but this process's own."""
        sql = (
            "SELECT slot, token, host, pid, began, now_s() - beat "
            "FROM batuta_slots WHERE app = :app ORDER BY slot"
        )
        found = (Holder(*row) for row in self.store.all(sql, app=self.app))
        return [holder for holder in found if holder.token != self._token]

    def inherit(self) -> list[Holder]:
        """Take the slots that are dead; call ``forget`` for each once its runs are taken over."""
        if self._clock.monotonic() - self._heard_since < self.lease_s:
            dead = [h for h in self.holders() if is_gone(h)]
        else:
            dead = [h for h in self.holders() if self.is_dead(h)]
        return [holder for holder in dead if self._take(holder)]

    def forget(self, holder: Holder) -> None:
        """Remove a slot whose runs are taken over."""
        sql = "DELETE FROM batuta_slots WHERE app = :app AND slot = :slot AND token = :token"
        self.store.change(sql, app=self.app, slot=holder.slot, token=self._token)

    def give_back(self, holder: Holder) -> None:
        """Leave a slot to others, as it still has runs that this process cannot take over."""
        self._silence(holder.slot)

    def is_dead(self, holder: Holder) -> bool:
        """Tell whether a slot's process is gone."""
        return holder.silent_s > self.lease_s or is_gone(holder)

    def _holder(self, name: str) -> Holder | None:
        return next((h for h in self.holders() if h.slot == name), None)

    def _insert(self, name: str) -> bool:
        sql = (
            "INSERT INTO batuta_slots (app, slot, token, host, pid, began, beat) "
            "VALUES (:app, :slot, :token, :host, :pid, :began, now_s())"
        )
        try:
            return self.store.change(sql, slot=name, **self._self()) == 1
        except IntegrityError:  # another process was faster
            return False

    def _take(self, holder: Holder) -> bool:
        if not self.is_dead(holder):
            return False
        sql = (
            "UPDATE batuta_slots SET token = :token, host = :host, pid = :pid, began = :began, "
            "beat = now_s() "
            "WHERE app = :app AND slot = :slot AND token = :old"
        )
        return self.store.change(sql, slot=holder.slot, old=holder.token, **self._self()) == 1

    def _silence(self, name: str) -> None:
        sql = (
            "UPDATE batuta_slots SET beat = 0 WHERE app = :app AND slot = :slot AND token = :token"
        )
        self.store.change(sql, app=self.app, slot=name, token=self._token)

    def _self(self) -> dict[str, str | int]:
        pid = os.getpid()
        return {
            "app": self.app,
            "token": self._token,
            "host": host_name(),
            "pid": pid,
            "began": began_at(pid),
        }


def is_gone(holder: Holder) -> bool:
    """Tell whether a slot was given back, or its process on this machine has certainly ended."""
    return holder.silent_s > _GIVEN_BACK_S or has_ended(holder.host, holder.pid, holder.began)
