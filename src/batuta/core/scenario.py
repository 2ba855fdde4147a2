"""A conversation to show or to measure: what people say in it, and what must come of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from batuta.core.slots import new_dict


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedTurn:
    """One message of one person.

    Args:
        say: Wordings of the same; a measurement draws one by its seed.
        by: Who says it; empty for the scenario's first person.
        asked: Pattern of the answer before it; where that is no such answer, nothing is said.
    """

    say: Sequence[str]
    by: str = ""
    asked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedAnswer:
    """What a person says to a question, once all turns are said.

    Args:
        asked: Pattern of what was asked, in any case of letters.
        say: Wordings of the same; a measurement draws one by its seed.
        by: Who says it; empty for whoever was asked.
        times: How often each person does at most; one who changes their mind says another thing
            first, once.
    """

    asked: str
    say: Sequence[str]
    by: str = ""
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectCall:
    """A use of one of the App's tools with no model between.

    Args:
        by: On whose behalf; empty for the scenario's first person.
    """

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=new_dict)
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioLimits:
    """What a conversation may take at most; None is without limit.

    Args:
        turns: Messages of all people together; the conversation ends there.
    """

    turns: int | None = 12
    model_calls: int | None = None
    tool_calls: int | None = None
    usd: Decimal | None = None


DEFAULT_LIMITS = ScenarioLimits()
FIRST_PERSON = "ana"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A conversation to show or to measure.

    Days in texts are written as ``{tomorrow}``, ``{saturday}`` or ``{+3}``, counted from ``now``.

    Args:
        turns: What the user says, one after the other.
        expects: Names of the writing tools that should be done in it, in order; () for none, None
            where nothing is said of that.
        check: Looks into the App's data after it, and says what is not as it should be; empty where
            all is.
        kind: What it is an example of, such as "taken slot".
        answers: What people say to questions once the turns are over, the first that fits.
        before: What is done before it, such as others' bookings.
        holds: Lines that the App's ``state`` must have in the end, and no new ones beside them;
            ``*`` stands for any text, ``|`` between two that will do, and ``?`` before what may be
            there and need not. None leaves it to ``expects`` and ``check``.
        never: Lines that it must not have after any turn.
        gold: What leads there with no model between: a proof that it can succeed.
        limits: What it may take.
        now: ISO time at which the clock stands, local to the App's time zone; empty for the run's.
    """

    name: str
    turns: Sequence[str | ScriptedTurn]
    expects: Sequence[str] | None = None
    check: Callable[[], Awaitable[str]] | None = None
    kind: str = ""
    answers: Sequence[ScriptedAnswer] = ()
    before: Sequence[DirectCall] = ()
    holds: Sequence[str] | None = None
    never: Sequence[str] = ()
    gold: Sequence[DirectCall] | None = None
    limits: ScenarioLimits = DEFAULT_LIMITS
    now: str = ""

    @property
    def sayings(self) -> tuple[str, ...]:
        """What is said where nothing is drawn: the first wording of each turn."""
        return tuple(turn if isinstance(turn, str) else turn.say[0] for turn in self.turns)
