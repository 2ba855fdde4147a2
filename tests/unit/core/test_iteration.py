"""What a tool gives to be awaited, iterated or read is taken once, for trace and model alike."""

from __future__ import annotations

import asyncio
import functools
import io
import itertools
import json
import tempfile
import threading
from collections import UserDict, UserList, deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from pydantic import BaseModel

from batuta.core.iteration import MOST_VALUES
from batuta.core.redaction import MOST_CHARS
from batuta.core.result import result_text
from batuta.core.run import Run
from batuta.core.tool import Tool, tool
from tests.unit.core.rig import named, ran


async def plain() -> str:
    """Look."""
    return "done"


@functools.wraps(plain)
def wrapped() -> Any:
    return plain()


def twice() -> Any:
    """Look."""

    async def outer() -> Any:
        return plain()

    return outer()


def generator() -> Iterator[str]:
    """Look."""
    yield "Mo"
    yield "Tu"


async def async_generator() -> AsyncIterator[str]:
    """Look."""
    yield "Mo"
    await asyncio.sleep(0)
    yield "Tu"


async def makes_generator() -> Any:
    """Look."""
    return generator()


def mapped() -> Any:
    """Look."""
    return map(str.upper, ["mo", "tu"])


def within() -> Any:
    """Look."""
    return {"days": generator(), "more": [filter(None, [0, 1])], "pair": zip("a", "b", strict=True)}


@dataclass
class Found:
    days: Any


class Told(BaseModel):
    days: Any


def held() -> Any:
    """Look."""
    return [Found(generator()), Told(days=generator()), Found("no")]


def in_others_containers() -> Any:
    """Look."""
    made = [deque([generator()]), UserDict(a=generator()), UserList([generator()])]
    return MappingProxyType({"all": made, "own": generator()})


class Unbound:
    """A proxy of what is not there, as of a request outside of one."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError("nothing is bound")


def unbound() -> Any:
    """Look."""
    return [Unbound(), "x"]


class Broken:
    def read(self, size: int) -> str:
        raise RuntimeError(f"no {size}")

    def readline(self) -> str:
        raise RuntimeError("no")

    def close(self) -> None:
        raise RuntimeError("no")


def broken_file() -> Any:
    """Look."""
    return [Broken(), 1]


def doubled() -> Any:
    """Look."""
    made: list[Any] = ["x"]
    for _ in range(60):
        made = [made, made]
    return made


def same_twice() -> Any:
    """Look."""
    one = generator()
    return [one, one]


def text_file() -> Any:
    """Look."""
    return io.StringIO("two\nlines")


def bytes_file() -> Any:
    """Look."""
    return [io.BytesIO(b"hi")]


def closed_file() -> Any:
    """Look."""
    file = io.StringIO("x")
    file.close()
    return file


def temporary() -> Any:
    """Look."""
    file = tempfile.NamedTemporaryFile("w+")  # noqa: SIM115 - handed over open
    file.write("kept")
    file.seek(0)
    return file


def nested_coroutine() -> Any:
    """Look."""
    return [plain()]


TAKEN: list[tuple[Callable[..., Any], Any]] = [
    (plain, "done"),
    (wrapped, "done"),
    (twice, "done"),
    (generator, ["Mo", "Tu"]),
    (async_generator, ["Mo", "Tu"]),
    (makes_generator, ["Mo", "Tu"]),
    (mapped, ["MO", "TU"]),
    (within, {"days": ["Mo", "Tu"], "more": [[1]], "pair": [["a", "b"]]}),
    (held, [{"days": ["Mo", "Tu"]}, {"days": ["Mo", "Tu"]}, {"days": "no"}]),
    (in_others_containers,
     {"all": [[["Mo", "Tu"]], {"a": ["Mo", "Tu"]}, [["Mo", "Tu"]]], "own": ["Mo", "Tu"]}),
    (unbound, ["[cut: Unbound, which cannot be written: RuntimeError]", "x"]),
    (broken_file, ["[cut: a file that cannot be read: RuntimeError]", 1]),
    (doubled, "[cut: more than 1000000 values, most of them the same]"),
    (same_twice, [["Mo", "Tu"], ["Mo", "Tu"]]),
    (text_file, "two\nlines"),
    (bytes_file, ["aGk="]),
    (closed_file, "[cut: a file that cannot be read: ValueError]"),
    (temporary, "kept"),
    (nested_coroutine, ["[cut: coroutine, which nobody awaits]"]),
]  # fmt: skip


@pytest.mark.parametrize("effect", ["read", "write"])
@pytest.mark.parametrize(("function", "gives"), TAKEN, ids=range(len(TAKEN)))
async def test_trace_and_model_and_workflow_see_the_same(
    function: Callable[..., Any], gives: Any, effect: Any
) -> None:
    async def main(run: Run) -> str:
        made = await run.use(Tool(function, effect=effect), {})
        assert result_text(made) == result_text(made)
        return result_text(made)

    record = await ran(main)
    assert record.error is None
    assert gives == (record.text if isinstance(gives, str) else json.loads(record.text))
    [end] = named(record.events, "tool", "end")
    assert (end.data or {})["result"] == gives


async def test_a_generator_that_fails_is_a_failed_tool() -> None:
    @tool
    def breaks() -> Iterator[str]:
        """Look."""
        yield "Mo"
        raise ValueError("no more")

    async def main(run: Run) -> Any:
        return await run.use(breaks, {})

    record = await ran(main)
    assert record.error is not None
    assert "ValueError: no more" in record.error["message"]


async def test_what_has_no_end_is_cut_and_let_go() -> None:
    ended: list[str] = []

    @tool
    def endless() -> Iterator[int]:
        """Look."""
        try:
            yield from itertools.count()
        finally:
            ended.append("plain")

    @tool
    async def endless_too() -> AsyncIterator[int]:
        """Look."""
        try:
            for n in itertools.count():
                yield n
        finally:
            ended.append("async")

    async def main(run: Run) -> str:
        one, other = await run.use(endless, {}), await run.use(endless_too, {})
        assert one == other
        return f"{len(one)} {one[-1]}"

    record = await ran(main)
    assert record.text == f"{MOST_VALUES + 1} [cut: the first {MOST_VALUES} values]"
    assert ended == ["plain", "async"]


async def test_a_long_file_is_cut_and_closed(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("x" * (3 * MOST_CHARS))
    opened: list[Any] = []

    @tool
    def reads() -> Any:
        """Look."""
        opened.append(path.open())
        return opened[0]

    async def main(run: Run) -> str:
        return result_text(await run.use(reads, {}))

    text = (await ran(main)).text
    assert text.endswith("x… [cut: the file goes on]")
    assert len(text) == MOST_CHARS
    assert opened[0].closed


async def test_a_generator_works_in_a_thread_and_holds_nobody_up() -> None:
    threads: list[int] = []

    @tool
    async def makes() -> Any:
        """Look."""
        return (threads.append(threading.get_ident()) for _ in range(2))

    async def main(run: Run) -> Any:
        return await run.use(makes, {})

    assert (await ran(main)).text == "[None, None]"
    assert threading.get_ident() not in threads
    assert len(threads) == 2


async def test_arguments_that_are_iterated_reach_the_tool_whole() -> None:
    @tool
    def counts(days: list[str]) -> int:
        """Count."""
        return len(days)

    async def main(run: Run) -> Any:
        return await run.use(counts, {"days": (day for day in ("Mo", "Tu"))})

    record = await ran(main)
    assert record.text == "2"
    [begun] = named(record.events, "tool")
    assert (begun.data or {})["arguments"] == {"days": ["Mo", "Tu"]}


async def test_what_stands_in_itself_is_no_trouble() -> None:
    @tool
    def knots() -> Any:
        """Look."""
        made: dict[str, Any] = {"days": generator()}
        made["self"] = [made] * 3
        return made

    async def main(run: Run) -> str:
        return result_text(await run.use(knots, {}))

    text = (await ran(main)).text
    assert json.loads(text)["days"] == ["Mo", "Tu"]
    assert "[cut: it stands in itself]" in text
