"""What is said where a text is not acted upon: why, what was understood, and where to turn."""

from __future__ import annotations

from batuta.offline.doubt import Doubt, Kind
from batuta.offline.options import YES_TAKES, invites_yes, options_said, spoken_day
from batuta.offline.speech import OPEN_CHOICE, say_when
from batuta.offline.when_words import rx
from batuta.offline.wish import DONE, PendingRequest

NOTHING_DONE = "Nothing has been booked or done."
ENGLISH_ONLY = f"I only know English, I am sorry. {NOTHING_DONE}"
_REASONS: dict[Kind, str] = {
    "negation": f"All right. {NOTHING_DONE}",
    "question": f"{NOTHING_DONE} I cannot answer that, but I can act on a plain request.",
    "report": f"{NOTHING_DONE} That tells of it or quotes it, rather than asking me for it.",
    "condition": f"{NOTHING_DONE} I cannot know whether that will be so.",
    "someone else": f"{NOTHING_DONE} I cannot pass on or remember anything, nor act for others.",
    "amount": f"{NOTHING_DONE} I can only do one at a time, of the usual length.",
}
STRONG = frozenset({"negation", "question", "report", "condition", "someone else", "amount"})
"""Doubts that are told before anything is looked up."""


def say_doubt(doubt: Doubt, wish: PendingRequest, verb: str) -> str:
    """Say why nothing is done; ask for a plain yes where day and time were understood."""
    reason = _REASONS.get(doubt.kind)
    if reason is None:
        left = f' "{doubt.left}"' if doubt.left else " all of that"
        reason = f"{NOTHING_DONE} I did not take in{left}."
    if doubt.kind == "negation" or wish.trouble is not None:
        return reason
    if wish.date and wish.time:
        return f"{reason}\n{YES_TAKES} {verb} one {say_when(wish)} all the same?"
    return reason


def say_ambiguous(number: str) -> str:
    """Ask whether a number is a place in the list or an hour."""
    return f"{NOTHING_DONE} Do you mean number {number} of the list, or the hour?"


def say_unsure(wish: PendingRequest, verb: str, *, thanked: bool, noise: bool) -> str:
    """Say that what was offered has not been taken, where a reply is no plain yes or choice.

    Args:
        noise: Whether the reply bears on nothing, so that a yes may still take the offer.
    """
    welcome = "You are welcome. " if thanked else ""
    return f"{welcome}{NOTHING_DONE}{say_open(wish, verb, binding=noise)}"


def say_open(wish: PendingRequest, verb: str, *, binding: bool) -> str:
    """Put what stands open once more, "" where nothing does.

    Args:
        binding: Whether a yes may take it; then the question says in full what a yes would do.
    """
    lines = wish.last.rstrip().splitlines()
    listed = [line for line in lines if options_said(line) or line.startswith("… and ")]
    asked = invites_yes(wish.last)
    if wish.done or not (listed or asked):
        return ""
    if not listed:
        return f"\n{lines[-1]}" if binding else " What would you like?"
    if not (binding and asked):
        return "\n".join(["", *listed, OPEN_CHOICE])
    first, day = options_said("\n".join(listed) + "\n")[0].label, ""
    if wish.date and not rx(r"[A-Z][a-z]+day \d").search(first):
        day = f" on {spoken_day(wish.date, today=wish.premises.now.date())}"
    other = ", or would you like another" if len(listed) > 1 else ""
    return "\n".join(["", *listed, f"{YES_TAKES} {verb} {first}{day}{other}?"])


def say_told(wish: PendingRequest, elsewhere: str) -> str:
    """Say what has been done in this conversation."""
    if wish.told:
        return "\n".join(
            [
                "This is what I have done here:",
                *(f"- {t.removeprefix(DONE + ': ')}" for t in wish.told),
            ]
        )
    told = "Nothing has been booked or done in this conversation, and I cannot see further back."
    return f"{told}{say_elsewhere(elsewhere)}"


def say_elsewhere(elsewhere: str) -> str:
    """Say where to turn, "" where nobody is named."""
    return f" For that, please turn to {elsewhere}." if elsewhere else ""
