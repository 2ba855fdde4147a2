"""Who has the word while several agents share a conversation, and what was said by then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batuta.core.slots import new_dict, new_list, new_set
from batuta.parts.handoff import OPEN, Handoff

if TYPE_CHECKING:
    from batuta.core.message import Message


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnRules:
    """Who may hand the word to whom, and how often.

    Args:
        roles: Name to role of everybody.
        allow: Name to those that it may hand over to; one without an entry may to all.
        max_handoffs: For one message.
        max_visits: Most times that one agent gets the word for one message; None for no limit.
    """

    roles: Mapping[str, str]
    allow: Mapping[str, Sequence[str]]
    max_handoffs: int
    max_visits: int | None

    def check(self) -> None:
        """Refuse rules that do not fit each other.

        Raises:
            ValueError: A number is too small, or a name is of nobody.
        """
        if self.max_handoffs < 0:
            raise ValueError("max_handoffs must be 0 or more.")
        if self.max_visits is not None and self.max_visits < 1:
            raise ValueError("max_visits must be 1 or more, or None for no limit.")
        told = [*self.allow, *(name for to in self.allow.values() for name in to)]
        strange = [name for name in dict.fromkeys(told) if name not in self.roles]
        if strange:
            raise ValueError(f"allow tells of {', '.join(strange)}, no member of the swarm.")
        if any(isinstance(to, str) for to in self.allow.values()):
            raise ValueError("allow gives a list of names for each member, not one text.")


@dataclass(slots=True)
class TurnTaking:
    """The word, as it goes from one agent to the next.

    Args:
        given: Each handoff so far, as from, to and why.
        said: All that was said and done on the way, line by line.
        note: What the holder must be told, such as why a handoff was refused.
        failed: Those that could not answer.
    """

    rules: TurnRules
    holder: str
    given: list[tuple[str, str, str]] = field(default_factory=new_list)
    said: list[str] = field(default_factory=new_list)
    note: str = ""
    refused: bool = False
    failed: set[str] = field(default_factory=new_set)
    _visits: dict[str, int] = field(default_factory=new_dict)
    _givers: list[str] = field(default_factory=new_list)

    def __post_init__(self) -> None:
        self._visits[self.holder] = 1

    def why_not(self, to: str) -> str:
        """Say why the holder may not hand over to an agent; empty where it may."""
        rules = self.rules
        if to not in rules.roles:
            return f"there is no {to!r} here"
        if to == self.holder:
            return "you have the word yourself"
        if to not in rules.allow.get(self.holder, rules.roles):
            return f"you may not hand over to {to}"
        if to in self.failed:
            return f"{to} could not answer"
        if len(self.given) >= rules.max_handoffs:
            return f"the limit of {rules.max_handoffs} handoffs is reached"
        visits = self._visits.get(to, 0)
        if rules.max_visits is not None and visits >= rules.max_visits:
            return f"{to} has had the word {visits} times"
        return ""

    def hand_over(self, wish: Handoff, reply: Message) -> None:
        """Give the word to the next agent, with what the holder said and did."""
        self._hear(reply)
        self.said.append(f"{self.holder} handed over to {wish.to}: {wish.reason or 'no reason'}")
        self.given.append((self.holder, wish.to, wish.reason))
        self._givers.append(self.holder)
        self._visits[wish.to] = self._visits.get(wish.to, 0) + 1
        self.holder, self.note, self.refused = wish.to, "", False

    def refuse(self, wish: Handoff, reply: Message, why: str) -> None:
        """Leave the word with the holder, who is told why."""
        self._hear(reply)
        self.note, self.refused = f"You cannot hand over to {wish.to}: {why}.", True

    def give_back(self, why: str) -> bool:
        """Give the word back to whoever handed it to the holder; False where nobody did."""
        if not self._givers:
            return False
        self.note, self.refused = f"{self.holder} could not answer: {why}", False
        self.failed.add(self.holder)
        self.holder = self._givers.pop()
        return True

    def task(self, request: Message) -> Message:
        """Make what the holder reads: the request, what was said since, and who is open to it."""
        roles = self.rules.roles
        may = self.rules.allow.get(self.holder, roles)
        open_to = {n: role for n, role in roles.items() if n in may and not self.why_not(n)}
        data: dict[str, Any] = {**(request.data or {}), OPEN: open_to}
        if not self.said and not self.note:
            return request.revised(data=data)
        told = {"request": request.text, "said": list(self.said), "note": self.note}
        said = "\n".join(self.said) or "nothing"
        text = f"{request.text}\n\n{_SINCE}\n{said}\nYou have the word now. {self.note})".rstrip()
        return request.revised(text=text, data={**data, **told})

    def _hear(self, reply: Message) -> None:
        if reply.text.strip():
            self.said.append(f"{self.holder}: {reply.text.strip()}")
        self.said += [f"{self.holder}: {line}" for line in (reply.data or {}).get("used", ())]


_SINCE = "(The above is what the user said. It was said and done since then:"
