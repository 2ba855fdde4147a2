"""Why a message is no request to act on at once: part of what a model reads, worded by code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from batuta.core.redaction import redacted_text
from batuta.errors import EffectUnknown, ToolFailed

if TYPE_CHECKING:
    from batuta.errors import ToolError

Doubt = Literal[
    "negation", "question", "report", "condition", "someone else", "amount", "language", "unclear"
]  # fmt: skip
DOUBT = (
    "Why the last message is no plain request of the user's own, to be done now; null where it is. "
    "negation: it says not to; question: it only asks about it, or whether to; report: it tells, "
    "quotes or pastes what somebody said, tried or did; condition: it depends on what is not known "
    "(if, unless, when, maybe); someone else: it is for another person, or to be passed on or "
    "remembered; amount: more than one, or another length than usual; language: you cannot read "
    "its language; unclear: some words of weight fit nowhere in this form."
)
UNREAD = "Words of weight in the last message that fit nowhere in this form; null without any."
FURTHER = (
    "A second, separate wish of the last message, as a whole sentence in the user's words; the "
    "other fields hold the first. null without one."
)
NOTHING_DONE = "Nothing has been booked or done."
_REASONS: dict[str, str] = {
    "negation": f"All right. {NOTHING_DONE}",
    "question": f"{NOTHING_DONE} I cannot answer that, but I can act on a plain request.",
    "report": f"{NOTHING_DONE} That tells of it or quotes it, rather than asking me for it.",
    "condition": f"{NOTHING_DONE} I cannot know whether that will be so.",
    "someone else": f"{NOTHING_DONE} I cannot pass on or remember anything, nor act for others.",
    "amount": f"{NOTHING_DONE} I can only do one at a time, of the usual length.",
    "language": f"I only know English, I am sorry. {NOTHING_DONE}",
}


def say_doubt(doubt: str, unread: str = "") -> str:
    """Say why nothing has been done, "" where there is nothing to tell."""
    if doubt in _REASONS:
        return _REASONS[doubt]
    return f'{NOTHING_DONE} I did not take in "{unread}".' if unread else ""


def say_not_done(error: ToolError) -> str:
    """Say that a tool did not act: in its own words, or that nothing came of it where it broke."""
    cause = error.__cause__
    known = isinstance(error, ToolFailed) and not isinstance(error, EffectUnknown)
    if known and cause is not None and error.detail == redacted_text(cause):
        return f"{NOTHING_DONE} That did not work: {error.detail.rstrip('. ')}."
    return error.detail
