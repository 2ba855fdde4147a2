"""Holds one conversation of a scenario with an assistant, and tells what came of it."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batuta.core.ask import Ask
from batuta.core.principal import Principal
from batuta.core.scenario import FIRST_PERSON, Scenario, ScriptedTurn
from batuta.errors import BatutaError
from batuta.faults import RIVAL, lie_in
from batuta.lab.goals import added, forbidden

if TYPE_CHECKING:
    from batuta.assistant import Assistant
    from batuta.core.record import RunRecord

ReadState = Callable[[], Awaitable[Sequence[str]]]


@dataclass(kw_only=True, slots=True)
class HeldTalk:
    """What came of a conversation.

    Args:
        start: The store's state before it.
        state: The store's state now.
        forbidden: Lines that were there after some turn and must never be.
        error: What ended it that no record tells of.
    """

    start: Sequence[str]
    state: Sequence[str]
    records: list[RunRecord] = field(default_factory=list["RunRecord"])
    false_claims: list[str] = field(default_factory=list[str])
    forbidden: list[str] = field(default_factory=list[str])
    error: str = ""


@dataclass(kw_only=True)
class TalkScript:
    """A scenario as it is said with one seed: which wordings, and who speaks first.

    What is drawn follows from seed and place alone, so that every subject hears the same.
    """

    scenario: Scenario
    seed: int
    _used: Counter[int] = field(default_factory=Counter[int])

    def turns(self) -> list[tuple[str, str, str]]:
        """Give who says what, in order, and the pattern of the answer that it wants before it.

        Of several people each keeps their own order; whose turn comes next is drawn.
        """
        queues: dict[str, list[tuple[str, str, str]]] = {}
        for at, turn in enumerate(self.scenario.turns):
            each = ScriptedTurn(say=(turn,)) if isinstance(turn, str) else turn
            by = each.by or FIRST_PERSON
            queues.setdefault(by, []).append((by, self._drawn(each.say, f"turn {at}"), each.asked))
        order: list[tuple[str, str, str]] = []
        while queues:
            waiting = list(queues)
            by = waiting[self._number(f"next {len(order)}") % len(waiting)]
            order.append(queues[by].pop(0))
            if not queues[by]:
                del queues[by]
        return order

    def answer(self, by: str, asked: str) -> str | None:
        """Give what a person says to an answer; None where they have nothing to say."""
        for at, each in enumerate(self.scenario.answers):
            if each.by in ("", by) and self._used[at] < each.times and asks(each.asked, asked):
                self._used[at] += 1
                return self._drawn(each.say, f"answer {at} {self._used[at]}")
        return None

    def _drawn(self, wordings: Sequence[str], place: str) -> str:
        return wordings[self._number(place) % len(wordings)]

    def _number(self, place: str) -> int:
        told = hashlib.sha256(f"{self.seed}|{self.scenario.name}|{place}".encode())
        return int.from_bytes(told.digest()[:8])


@dataclass(kw_only=True)
class Talking:
    """Holds the conversation, turn by turn.

    Args:
        fault: Under which it is held: its runs have ids of their own.
        read: Reads the store, past the assistant that writes to it; None where nothing can.
    """

    assistant: Assistant
    scenario: Scenario
    seed: int
    read: ReadState | None
    fault: str = ""
    _sessions: dict[str, str] = field(default_factory=dict[str, str])
    _said: dict[str, str] = field(default_factory=dict[str, str])

    async def hold(self) -> HeldTalk:
        """Hold it to its end, or to the first answer that fails."""
        start = await self._state()
        talk = HeldTalk(start=start, state=start)
        script = TalkScript(scenario=self.scenario, seed=self.seed)
        for by, text, asked in script.turns():
            if asked and not asks(asked, self._said.get(by, "")):
                continue
            if not await self._turn(talk, by, text):
                return talk
        for by in list(self._sessions):
            while (text := script.answer(by, self._said[by])) is not None:
                if not await self._turn(talk, by, text):
                    return talk
        return talk

    async def _turn(self, talk: HeldTalk, by: str, text: str) -> bool:
        """Say one thing; give whether the conversation goes on."""
        most = self.scenario.limits.turns
        if most is not None and len(talk.records) >= most:
            return False
        ask = Ask(
            text=text,
            principal=Principal(by),
            session_id=self._sessions.get(by),
            run_id=self._run_id(len(talk.records)),
        )
        try:
            record = await self.assistant.answer(ask)
        except BatutaError as error:  # such as an answer that cannot be kept
            talk.error = f"{type(error).__name__}: {error}"
            await self._look(talk, None)
            return False
        self._sessions[by] = record.session_id
        self._said[by] = record.text
        talk.records.append(record)
        await self._look(talk, record)
        return record.reply is not None

    async def _look(self, talk: HeldTalk, record: RunRecord | None) -> None:
        """Look into the store, and see whether the answer is true."""
        before, talk.state = talk.state, await self._state()
        talk.forbidden += forbidden(self.scenario.never, talk.state)
        if record is None:
            return
        if self.read is None:
            talk.false_claims += record.false_claims
            return
        lie = lie_in(record, before, talk.state, tools=self.assistant.tools)
        done = any(effect.status == "done" for effect in record.effects)
        # Words without a deed may tell of what was done earlier in the conversation.
        earlier = not done and not added(before, talk.state) and added(talk.start, talk.state)
        if lie and not earlier:
            talk.false_claims.append(lie)

    async def _state(self) -> Sequence[str]:
        """Read the store, but for what a fault let somebody else do first."""
        lines = () if self.read is None else sorted(await self.read())
        return [line for line in lines if RIVAL.id not in line] if self.fault else lines

    def _run_id(self, turn: int) -> str:
        told = hashlib.sha256(f"{self.seed}|{self.scenario.name}|{self.fault}|{turn}".encode())
        return f"run_{told.hexdigest()[:24]}"


def asks(pattern: str, answer: str) -> bool:
    """Tell whether an answer is what a pattern means, in any case of letters.

    >>> asks("which court|which one", "Which court would you like?")
    True
    """
    return re.search(pattern, answer, re.IGNORECASE) is not None
