"""What is said where a text is not acted upon: why, what was understood, and where to turn."""

from __future__ import annotations

from batuta.offline.doubt import Doubt, Kind
from batuta.offline.options import options_said
from batuta.offline.speech import YES_TAKES, invites_yes, say_when
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


def say_unsure(wish: PendingRequest, *, thanked: bool) -> str:
    """Say that what was offered has not been taken, where a reply is no plain yes or choice."""
    welcome = "You are welcome. " if thanked else ""
    return f"{welcome}{NOTHING_DONE}{say_open(wish)}"


def say_open(wish: PendingRequest) -> str:
    """Put what stands open once more, so that it can still be taken; "" where nothing does."""
    lines = wish.last.rstrip().splitlines()
    listed = [line for line in lines if options_said(line) or line.startswith("… and ")]
    if wish.done or not (listed or invites_yes(wish.last)):
        return ""
    return "\n".join(["", *listed, *([] if lines[-1] in listed else lines[-1:])])


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
