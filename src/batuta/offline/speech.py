"""The sentences that the stand-in says in a conversation about finding and doing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time

from batuta.offline.desk import OfferedTool
from batuta.offline.options import YES_TAKES, ListedOption, as_date, spoken_day
from batuta.offline.prose import MOST_LISTED
from batuta.offline.schema import Field
from batuta.offline.shortlist import Shortlist
from batuta.offline.when import When
from batuta.offline.wish import PendingRequest

OPEN_CHOICE = "Which one would you like?"


def _clock(at: time | None) -> str:
    return f"{at:%H:%M}" if at else ""


def say_time(wish: PendingRequest) -> str:
    """Say the wished time of day, "" where none is known."""
    if wish.time:
        return f"at {_clock(wish.time)}"
    if wish.part and (wish.start or wish.end):
        if wish.part.startswith("after"):
            return wish.part
        bare = wish.part.removeprefix("half ")
        return f"at {bare}" if bare in ("lunch", "night") else f"in the {bare}"
    if wish.start and wish.end:
        return f"between {_clock(wish.start)} and {_clock(wish.end)}"
    if wish.start:
        return f"from {_clock(wish.start)} on"
    return f"before {_clock(wish.end)}" if wish.end else ""


def say_when(wish: PendingRequest) -> str:
    """Say the wished day and time, "" where neither is known."""
    day = f"on {spoken_day(wish.date, today=wish.premises.now.date())}" if wish.date else ""
    return f"{day} {say_time(wish)}".strip()


_REASONS = {
    "past": "That is in the past.",
    "impossible": "There is no such date in the calendar.",
    "recurring": "I can only take one date at a time, not a repeating one.",
    "conflict": "The parts of that date and time do not agree.",
    "several": "I found more than one date or time in that.",
    "vague": "I need one exact day for that.",
}


def say_trouble(when: When) -> str:
    """Explain why a date or time cannot be acted upon, and ask for another."""
    problem = when.problem or "vague"
    reason = _REASONS[problem]
    if when.named and not when.time and problem == "past":
        reason = f"{spoken_day(when.named)} is in the past."
    if when.named and problem == "conflict":
        reason = f"{reason} I read {spoken_day(when.named)}."
    asked = "date and time" if problem == "several" else "date"
    return f"{reason} Which {asked} do you mean?"


def ask_for(missing: Sequence[Field]) -> str:
    """Ask for what is missing, by name."""
    names = ["date" if f.is_date else "time" if f.is_time else f.spoken for f in missing]
    unique = list(dict.fromkeys(names))
    listed = " and ".join([", ".join(unique[:-1]), unique[-1]] if len(unique) > 1 else unique)
    return f"{'What' if unique == ['time'] else 'Which'} {listed} would you like?"


def _line(wish: PendingRequest, option: ListedOption, *, ids: bool) -> str:
    other = as_date(option.day)
    day = f", {spoken_day(other)}" if other and other != wish.date else ""
    return f"{' '.join(option.label.split())}{day}" + (
        f" ({_marked_id(option.id)})" if ids and option.id else ""
    )


def _marked_id(identifier: str) -> str:
    """Name an identifier as one where nothing in it says so."""
    return identifier if any(map(str.isdigit, identifier)) else f"id {identifier}"


def _lines(wish: PendingRequest, options: Sequence[ListedOption], *, ids: bool) -> list[str]:
    shown = options if ids else options[:MOST_LISTED]
    lines = [f"{n}. {_line(wish, o, ids=ids)}" for n, o in enumerate(shown, 1)]
    more = len(options) - len(shown)
    return [*lines, *([f"… and {more} more; name a time to see them."] if more else [])]


def _opening(wish: PendingRequest, listed: Shortlist) -> str:
    when = say_when(wish)
    if listed.absent:
        name = f"{listed.absent[:1].upper()}{listed.absent[1:]}"
        why = listed.note if listed.note and name in listed.note else f"{name} is not open {when}."
        return f"{why} What is:".replace(" .", ".")
    if listed.exact:
        found = f"This is open {when}:" if when else "This is what I found:"
        return f"{listed.note} {found}".lstrip()
    if listed.note:
        return f"{listed.note} The nearest:"
    return f"Nothing is open {when}. The nearest:" if when else "Not quite that, but near it:"


def offer(
    wish: PendingRequest, listed: Shortlist, doer: OfferedTool | None, *, unread: Sequence[str] = ()
) -> str:
    """Offer options; only what fits exactly is put so that a plain yes takes it.

    Args:
        unread: Words of the user's that the offer does not answer to: then a yes takes nothing.
    """
    options, when = listed.options, say_when(wish)
    if not options:
        again = " Would you like another day or time?" if when and doer else ""
        nothing = f"I found nothing{' ' + when if when else ''}."
        return f"{listed.note or nothing}{again}"
    caution = [say_unread(unread)] if unread else []
    lines = [*caution, _opening(wish, listed), *_lines(wish, options, ids=doer is None)]
    if doer is None:
        return "\n".join(lines)
    question, plain = OPEN_CHOICE, listed.exact and not unread
    if plain and len(options) == 1:
        question = f"{YES_TAKES} {doer.verb} it?"
    elif plain and len({o.start for o in options}) == 1 and wish.time:
        question = f"{YES_TAKES} {doer.verb} the first one, or would you like another?"
    return "\n".join([*lines, question])


MOST_UNREAD = 6
"""Words that were not taken in and are said back."""


def say_unread(unread: Sequence[str]) -> str:
    """Say back what was not taken in."""
    return f'I did not take in "{" ".join(unread[:MOST_UNREAD])}".'


def say_help(desks: Sequence[OfferedTool]) -> str:
    """Say what can be done here, from the tools' own descriptions."""
    told = [_imperative(d.tool.description.split(".")[0].strip()) for d in desks]
    told = [t for t in told if t]
    if not told:
        return "I did not understand that. What can I do for you?"
    return f"Here is what I can do: {'; '.join(told[:6])}. What would you like?"


def _imperative(sentence: str) -> str:
    """Turn "Finds slots" into "find slots"."""
    head, _, rest = (
        sentence.partition(": ")[2].partition(" ") if ": " in sentence else sentence.partition(" ")
    )
    verb = head.removesuffix("s") if head.endswith("s") and not head.endswith("ss") else head
    return f"{verb[:1].lower()}{verb[1:]} {rest}".strip()
