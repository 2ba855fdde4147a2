"""Holds the conversation of a scenario with an assistant, and tells what came of it."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from batuta.core.ask import Ask
from batuta.core.principal import Principal
from batuta.core.scenario import FIRST_PERSON, Scenario, ScriptedTurn
from batuta.errors import BatutaError
from batuta.faults import RIVAL, lie_in
from batuta.lab.goals import added, forbidden

if TYPE_CHECKING:
    from batuta.assistant import Assistant
    from batuta.core.record import RunRecord
    from batuta.faults import DrawnTurns

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


class ScriptedLine(NamedTuple):
    """What one person says next.

    Args:
        asked: Pattern of the answer that it wants before it; empty for any.
    """

    text: str
    asked: str


@dataclass(kw_only=True)
class TalkScript:
    """A scenario as it is said with one seed: which wordings.

    What is drawn follows from seed and place alone, so that every subject hears the same.
    """

    scenario: Scenario
    seed: int
    _used: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])

    def people(self) -> dict[str, list[ScriptedLine]]:
        """Give what each person says, in their order, in the wording that the seed draws."""
        queues: dict[str, list[ScriptedLine]] = {}
        for at, turn in enumerate(self.scenario.turns):
            each = ScriptedTurn(say=(turn,)) if isinstance(turn, str) else turn
            line = ScriptedLine(self._drawn(each.say, f"turn {at}"), each.asked)
            queues.setdefault(each.by or FIRST_PERSON, []).append(line)
        return queues

    def answer(self, by: str, asked: str) -> str | None:
        """Give what a person says to an answer; None where they have nothing to say."""
        for at, each in enumerate(self.scenario.answers):
            used = self._used[by, at]
            if each.by in ("", by) and used < each.times and asks(each.asked, asked):
                self._used[by, at] += 1
                return self._drawn(each.say, f"answer {at} {used + 1}")
        return None

    def _drawn(self, wordings: Sequence[str], place: str) -> str:
        return wordings[self._number(place) % len(wordings)]

    def _number(self, place: str) -> int:
        told = hashlib.sha256(f"{self.seed}|{self.scenario.name}|{place}".encode())
        return int.from_bytes(told.digest()[:8])


@dataclass(kw_only=True)
class Talking:
    """Holds the conversation: each person turn by turn, several people at once.

    Args:
        fault: Under which it is held: its runs have ids of their own.
        read: Reads the store, past the assistant that writes to it; None where nothing can.
        turns: Draws whose call comes next where several speak; None lets them go on as they come.
    """

    assistant: Assistant
    scenario: Scenario
    seed: int
    read: ReadState | None
    fault: str = ""
    turns: DrawnTurns | None = None
    _people: Sequence[str] = ()
    _begun: Counter[str] = field(default_factory=Counter[str])
    _sessions: dict[str, str] = field(default_factory=dict[str, str])
    _said: dict[str, str] = field(default_factory=dict[str, str])
    _seen: dict[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])

    async def hold(self) -> HeldTalk:
        """Hold it to everybody's end, or to the first answer to them that fails."""
        start = await self._state()
        talk = HeldTalk(start=start, state=start)
        script = TalkScript(scenario=self.scenario, seed=self.seed)
        said = script.people()
        self._people = tuple(said)
        if len(said) == 1:
            for by, lines in said.items():
                await self._speak(talk, script, by=by, lines=lines)
            return talk
        try:
            async with asyncio.TaskGroup() as group:
                for by, lines in said.items():
                    group.create_task(self._in_turn(talk, script, by=by, lines=lines))
        except ExceptionGroup as several:
            raise several.exceptions[0] from None
        talk.state = await self._state()
        return talk

    async def _in_turn(
        self, talk: HeldTalk, script: TalkScript, *, by: str, lines: Sequence[ScriptedLine]
    ) -> None:
        if self.turns is None:
            await self._speak(talk, script, by=by, lines=lines)
            return
        await self.turns.begin(by)
        try:
            await self._speak(talk, script, by=by, lines=lines)
        finally:
            await self.turns.end(by)

    async def _speak(
        self, talk: HeldTalk, script: TalkScript, *, by: str, lines: Sequence[ScriptedLine]
    ) -> None:
        """Say what one person has to say, then what they answer to questions."""
        for line in lines:
            if line.asked and not asks(line.asked, self._said.get(by, "")):
                continue
            if not await self._turn(talk, by, line.text):
                return
        while by in self._said and (text := script.answer(by, self._said[by])) is not None:
            if not await self._turn(talk, by, text):
                return

    async def _turn(self, talk: HeldTalk, by: str, text: str) -> bool:
        """Say one thing; give whether the conversation goes on."""
        most = self.scenario.limits.turns
        if most is not None and self._begun.total() >= most:
            return False
        ask = Ask(
            text=text,
            principal=Principal(by),
            session_id=self._sessions.get(by),
            run_id=self._run_id(by, self._begun[by]),
        )
        self._begun[by] += 1
        try:
            record = await self.assistant.answer(ask)
        except BatutaError as error:  # such as an answer that cannot be kept
            talk.error = f"{type(error).__name__}: {error}"
            await self._look(talk, by, None)
            return False
        self._sessions[by] = record.session_id
        self._said[by] = record.text
        talk.records.append(record)
        await self._look(talk, by, record)
        return record.reply is not None

    async def _look(self, talk: HeldTalk, by: str, record: RunRecord | None) -> None:
        """Look into the store, and see whether the answer is true."""
        talk.state = await self._state()
        talk.forbidden += forbidden(self.scenario.never, talk.state)
        if record is None:
            return
        if self.read is None:
            talk.false_claims += record.false_claims
            return
        start, after = self._of(by, talk.start), self._of(by, talk.state)
        before, self._seen[by] = self._seen.get(by, start), after
        lie = lie_in(record, before, after, tools=self.assistant.tools)
        done = any(effect.status == "done" for effect in record.effects)
        # Words without a deed may tell of what was done earlier in the conversation.
        earlier = not done and not added(before, after) and added(start, after)
        if lie and not earlier:
            talk.false_claims.append(lie)

    def _of(self, by: str, lines: Sequence[str]) -> Sequence[str]:
        """Leave out the lines that name another of the people, and not this one."""
        others = [each for each in self._people if each != by]
        if not others:
            return lines
        own = re.compile(_word_of([by]))
        theirs = re.compile(_word_of(others))
        return [line for line in lines if own.search(line) or not theirs.search(line)]

    async def _state(self) -> Sequence[str]:
        """Read the store, but for what a fault let somebody else do first."""
        lines = () if self.read is None else sorted(await self.read())
        return [line for line in lines if RIVAL.id not in line] if self.fault else lines

    def _run_id(self, by: str, turn: int) -> str:
        who = "" if by == FIRST_PERSON else f"{by} "
        told = hashlib.sha256(f"{self.seed}|{self.scenario.name}|{self.fault}|{who}{turn}".encode())
        return f"run_{told.hexdigest()[:24]}"


def _word_of(people: Sequence[str]) -> str:
    return rf"(?<!\w)(?:{'|'.join(map(re.escape, people))})(?!\w)"


def people_of(scenario: Scenario) -> Sequence[str]:
    """Name who speaks in a scenario, in the order in which they first do."""
    given = (turn.by if isinstance(turn, ScriptedTurn) else "" for turn in scenario.turns)
    return tuple(dict.fromkeys(by or FIRST_PERSON for by in given))


def asks(pattern: str, answer: str) -> bool:
    """Tell whether an answer is what a pattern means, in any case of letters.

    >>> asks("which court|which one", "Which court would you like?")
    True
    """
    return re.search(pattern, answer, re.IGNORECASE) is not None
