"""Names of one letter that stand without the noun they belong to: "book B tomorrow"."""

from __future__ import annotations

from batuta.offline.when_words import DAY, rx

ANY_NOUN = ("slot", "option", "choice", "number")
"""What options are called whatever they are."""
_BEFORE = (
    r"\b(?:book|reserve|schedule|take|grab|get|hold|have|want|secure|arrange|prefer|try|play(?: on)?)"
    r"(?: (?:me|us|for me|for us|(?:me|us) (?:on|onto|in for|down for)))?(?: please)?"
)
_AFTER = (
    rf"(?=,? (?:tomorrow|today|tonight|this|next|on|at|for (?!me|us)|from|in the|{DAY}|the \d"
    r"|\d{1,2}(?::\d\d)? ?[ap]m|please|if|instead)\b|[.!]? *$)"
)
_BARE_NAME = (
    rf"(?i){_BEFORE} ((?-i:[B-HJ-Z]|[b-hj-z]|A)){_AFTER}"
    rf"|^(?:(?:hi|hello|please|not),? )*((?-i:[B-HJ-Z]|[b-hj-tv-z]|A)){_AFTER}(?=.*\d)"
)


def with_noun(text: str) -> str:
    """Put a noun before a name of one letter where a request names a thing by that alone.

    >>> with_noun("Book me B tomorrow at 4pm"), with_noun("book a court at 4pm")
    ('Book me slot B tomorrow at 4pm', 'book a court at 4pm')
    """
    m = rx(_BARE_NAME).search(text)
    if m is None:
        return text
    at = m.start(1) if m[1] else m.start(2)
    return f"{text[:at]}{ANY_NOUN[0]} {text[at:]}"
