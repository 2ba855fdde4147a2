"""What is made of things that have no hash is made once for each of them."""

from __future__ import annotations

from typing import Any

from batuta.core.identity_cache import cached_by_identity


def test_each_object_is_read_once_and_an_equal_one_by_itself() -> None:
    read: list[dict[str, int]] = []

    @cached_by_identity
    def total(*things: dict[str, int]) -> int:
        read.extend(things)
        return sum(sum(each.values()) for each in things)

    first, equal = {"a": 1}, {"a": 1}
    assert [total(first), total(first), total(equal), total(first, equal)] == [1, 1, 1, 2]
    assert [id(each) for each in read] == [id(first), id(equal), id(first), id(equal)]


def test_however_many_come_each_has_its_own_answer() -> None:
    @cached_by_identity
    def told(thing: Any) -> str:
        return str(thing)

    # Each is gone at once, so that the next may stand in its place with the same id.
    assert all(told([number]) == f"[{number}]" for number in range(2_000))
