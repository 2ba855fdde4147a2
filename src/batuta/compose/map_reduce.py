"""One task is split into parts, an agent does each part, and another makes one answer of them.

**Decides:** your code; the splitter, where it is an agent, decides on the parts.
**Model calls:** the splitter's, the mapper's for each part, the reducer's.
**Fails when:** a part needs another one, or the reducer cannot take all the parts.
**Source:** Dean and Ghemawat, "MapReduce: simplified data processing on large clusters" (2004).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from batuta.core.message import Message
from batuta.errors import RuntimeFailure
from batuta.parts.answers import Combine, agents_in, check_way, combined
from batuta.parts.members import (
    Composed,
    MemberResult,
    attempt,
    attempt_all,
    check_members,
    failure,
    told_of,
    with_record,
)
from batuta.parts.options import check_options

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.run import Run
    from batuta.core.trace import Decider

Split = Callable[[Message], Sequence["str | Message"]]
PARTS = "parts"


@dataclass(frozen=True, kw_only=True)
class MapReduce(Composed):
    """Splits, maps, reduces; the parts' order is kept from end to end.

    Args:
        split: A function from the message to its parts, or an agent (object or name) that answers
            with a JSON list: as ``parts`` in its data, or as its text. A part that is an object is
            the mapper's data; anything else is its text.
        mapper: Agent that does one part.
        reducer: A function such as ``with_headings``, or an agent that makes one answer; parts are
            told to it by number, ``part 1`` first.
        on_error: ``fail_fast`` gives the rest up at the first failed part and raises its error;
            ``partial`` reduces what there is and tells the reducer what is missing.
        limit: Most parts at the same time.
        most_parts: More than these are refused, before the first is begun.
        timeout_s: Most seconds for each part; None for the run's.
    """

    split: Split | Agent | str
    mapper: Agent | str
    reducer: Combine | Agent | str
    name: str = "map_reduce"
    role: str = "splits a task, does its parts at once and puts them together"
    on_error: Literal["fail_fast", "partial"] = "fail_fast"
    limit: int | None = 8
    most_parts: int = 100
    timeout_s: float | None = None
    decides: Decider = "code"

    def __post_init__(self) -> None:
        check_options(self)
        check_members([self.mapper], "mapper")
        if self.on_error not in {"fail_fast", "partial"}:
            raise ValueError("on_error must be 'fail_fast' or 'partial'.")
        if self.most_parts < 1:
            raise ValueError("most_parts must be 1 or more.")
        for name in ("split", "reducer"):
            check_way(name, getattr(self, name))

    def parts(self) -> Sequence[Agent | str]:
        """Give the splitter, the mapper and the reducer, where they are agents."""
        split = cast("Combine | Agent | str", self.split)
        return [*agents_in(split), self.mapper, *agents_in(self.reducer)]

    async def execute(self, message: Message, run: Run) -> Message:
        """Split, do all parts, and make one answer."""
        splitter, parts = await self._split(message, run)
        run.decide(f"{len(parts)} parts")
        fast = self.on_error == "fail_fast"
        ran = await attempt_all(
            run,
            [(self.mapper, part) for part in parts],
            enough=(lambda ended: not ended[-1].ok) if fast else None,
            limit=self.limit,
            timeout_s=self.timeout_s,
        )
        failed = [m for m in ran if m.error is not None]
        if failed and fast:
            run.decide("give up: a part failed", told_of(ran))
            failed[0].answer()
        if len(failed) == len(ran):
            raise failure(run, ran, f"all {len(ran)} parts failed")
        named = [replace(m, agent=f"part {number}") for number, m in enumerate(ran, 1)]
        reply, told = await combined(run, self.reducer, question=message, members=named)
        everybody = [*splitter, *ran, *told[len(ran) :]]
        stop = f"{len(ran) - len(failed)} of {len(ran)} parts done"
        return with_record(reply, "map_reduce", everybody, stop=stop, parts=len(ran))

    async def _split(self, message: Message, run: Run) -> tuple[list[MemberResult], list[Message]]:
        if isinstance(self.split, str) or hasattr(self.split, "execute"):
            ran = [await attempt(run, cast("Agent | str", self.split), message)]
            raw = _listed(ran[0].answer())
        else:
            given = cast("Split", self.split)(message)
            ran, raw = [], None if isinstance(given, str) else list(given)
        if not raw:
            why = "the splitter gave no list of parts" if raw is None else "there are no parts"
            raise RuntimeFailure(self.name, why)
        if len(raw) > self.most_parts:
            raise RuntimeFailure(self.name, f"{len(raw)} parts; most_parts is {self.most_parts}")
        return ran, [_part(item) for item in raw]


def _listed(answer: Message) -> list[Any] | None:
    """Read the parts out of a splitter's answer; None where it gave no list."""
    found: Any = (answer.data or {}).get(PARTS)
    if found is None:
        try:
            found = json.loads(answer.text)
        except ValueError:
            return None
    if isinstance(found, dict):
        found = cast("dict[str, Any]", found).get(PARTS)
    return cast("list[Any]", found) if isinstance(found, list) else None


def _part(item: Any) -> Message:
    """Make the mapper's message of one part."""
    if isinstance(item, Message):
        return item
    if isinstance(item, Mapping):
        data = dict(cast("Mapping[str, Any]", item))
        return Message.user(str(data.get("text") or json.dumps(data, ensure_ascii=False)), data)
    return Message.user(item if isinstance(item, str) else json.dumps(item, ensure_ascii=False))
