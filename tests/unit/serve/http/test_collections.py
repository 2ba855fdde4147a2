"""What the open door changes for the whole process is as before once it is closed."""

from __future__ import annotations

import gc

from batuta.serve.http.server import _rarer_collections


def test_garbage_is_looked_for_less_often_while_the_door_is_open_and_as_before_afterwards() -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    with _rarer_collections():
        assert gc.get_threshold()[0] > before[0]
        assert gc.get_freeze_count() > frozen
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
