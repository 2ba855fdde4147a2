"""Names of one letter: "court B", and "B" without the noun that it belongs to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from batuta.offline.when_words import DAY, rx

ANY_NOUN = ("slot", "option", "choice", "number")
"""What options are called whatever they are."""
_BEFORE = (
    r"\b(?:book|reserve|schedule|take|grab|get|hold|have|want|need|like|fancy|love"
    r"|secure|arrange|prefer|try|play(?: on)?|put)"
    r"(?: (?:me|us|for me|for us|(?:me|us) (?:on|onto|in for|down for)))?(?: please)?"
)
_AFTER = (
    rf"(?=,? (?:tomorrow|today|tonight|this|next|on|at|for (?!me|us)|from|in the|{DAY}|the \d"
    r"|\d{1,2}(?::\d\d)? ?[ap]m|please|if|instead|(?:or|and|plus|then) (?:court |slot )?[a-z])\b"
    r"|,? ?&|, (?:court |slot )?[a-z]\b|[.!]? *$)"
)
_BARE_NAME = (
    rf"(?i){_BEFORE} ((?-i:[B-HJ-Z]|[b-hj-z]|A)){_AFTER}"
    rf"|^(?:(?:hi|hello|please|not),? )*((?-i:[B-HJ-Z]|[b-hj-tv-z]|A)){_AFTER}(?=.*\d)"
)

_LETTER_ALONE = r"(?<![\w'])[A-HJ-Zb-hj-z](?![\w'])"


_SPELT_OTHERWISE = (
    (r"(?i)\b(?:crt|ct|cort)(?= (?:[a-z]\b|\d|tom|tmr|tod|for|on|at))", "court"),
    (
        (
            r"(?i)\b(court|slot|table|room|number)(?:[-:#]| ?- ?|: | number | no\.? )"
            r"([a-z]|\d{1,2})(?![\w'-])"
        ),
        r"\1 \2",
    ),
    (r"(?i)\b(court|slot|table|room|number) [\"'“‘]([a-z]|\d{1,2})[\"'”’]", r"\1 \2"),
    (r"\b(?:the )?([B-HJ-Z]|(?<=the )A) (court|slot|table|room)\b", r"\2 \1"),
)
"""Ways to write a noun and its name, put in the one that the rules know."""


def with_noun(text: str) -> str:
    """Put a noun before a name of one letter where a request names a thing by that alone.

    >>> with_noun("Book me B tomorrow at 4pm"), with_noun("book a court at 4pm")
    ('Book me slot B tomorrow at 4pm', 'book a court at 4pm')
    """
    for pattern, new in _SPELT_OTHERWISE:
        text = rx(pattern).sub(new, text)
    m = rx(_BARE_NAME).search(text) if rx(_LETTER_ALONE).search(text) else None
    if m is None:
        return text
    at = m.start(1) if m[1] else m.start(2)
    return f"{text[:at]}{ANY_NOUN[0]} {text[at:]}"


_ASKED_ABOUT = (
    r"(?i)^\W*(?:(?:and|so|ok|okay|hmm?|well|oh|or|but),? )*(?:how about|what about|what of"
    r"|how is|is|or"
    r"|and|would|could)? ?(?:the )?(?:[a-z]+ )?((?-i:[A-Z]|[b-hj-z]))"
    r"(?:,? (?:free|available|open|possible|ok|okay|still|too|also|then|instead|be|as well|maybe))*"
    r" ?\?+\s*$"
)


def asked_by_name(text: str, heads: Sequence[str]) -> str:
    """Write a question about one of the things offered in one way: "what about B?".

    >>> asked_by_name("what about B?", ["Court A", "Court B"])
    'Is Court B free?'
    """
    m = rx(_ASKED_ABOUT).search(text) if "?" in text else None
    named = [h for h in dict.fromkeys(heads) if m and h.rpartition(" ")[2].upper() == m[1].upper()]
    return f"Is {named[0]} free?" if len(named) == 1 and " " in named[0] else text


def label_in(text: str, nouns: Sequence[str]) -> str | None:
    """Read the name of one letter or number by which a text picks, alone or after a noun."""
    if nouns:
        names = "|".join(re.escape(n) for n in nouns)
        m = re.search(
            rf"\b(?:{names})\s+(?:no\.?\s+|number\s+)?([A-Za-z]|\d{{1,2}})(?![\w:'])", text, re.I
        )
        if m and (m[1] not in ("a", "i", "I") or (m[1] == "a" and _ends_name(text[m.end() :]))):
            return m[1].upper()
    m = re.fullmatch(_LETTER, rx(_ASKED_FOR).sub(r"take \1", text))
    return m[1].upper() if m else None


_ASKED_FOR = (
    r"(?i)^\W*(?:can|could|may) (?:i|we|you) (?:please )?"
    r"(?:have|take|get|book|reserve|do|go (?:for|with))(?: me| us)? ([^?]*)\?+\s*$"
)
"""A question that asks for one thing: "can I have B?"."""


def _ends_name(after: str) -> bool:
    """Say whether what follows a small "a" shows that it was a name, and no article."""
    return bool(
        rx(
            r"^\W*$|^\s*[,.;!]|^ (?:at|on|for (?!a|an|the|my|our|me|us)|tomorrow|today|tonight"
            r"|please|this|next|then|from|it is|is|will|would|works|sounds|thanks|thx|if)\b"
        ).search(after.lower())
    )


_LETTER = (
    r"(?i:\s*(?:(?:ok|okay|yes|yeah|yep|sure|right|great|perfect|good|well|hm+|oh|ah|then|cool|nice"
    r"|sweet|fine|lovely|alright|all right|awesome|excellent|brilliant|super|mine'?s|mine is|the"
    r" (?:one|1) on|(?:i|we)(?:'d| would|'ll| will)? go"
    r"|(?:i|we)(?:'?ll| will| can| could)? (?:take|have|choose|pick|say|go (?:with|for)|book)"
    r"|(?:i|we)(?:'d| would) (?:like|take|prefer|say|go (?:with|for))"
    r"|(?:i|we)(?:'?d)? (?:want|choose|pick|prefer|fancy|love|like|need|select|opt for)"
    r"|my choice is|(?:i|we)(?:'d| would|'ll| will) be (?:happy|fine|good|glad|ok|okay"
    r"|content) with"
    r"|(?:how|what) about(?=[^?]*\bbook it\b)"
    r"|i (?:am|'m) going (?:for|with)|i think (?=[a-z]\b)"
    r"|i (?:think|guess) (?=i'?ll )|let it be"
    r"|(?:let'?s|let (?:me|us)) (?:take|do|go (?:with|for)|have|say|make it|book)"
    r"|take|book|reserve|make it|pick|choose|definitely|just|(?:book|put|get|give|grab)"
    r" (?:me|us)(?: (?:down for|on|in for))?|gimme|go(?:ing)? (?:with|for)"
    r"|please|numb?er|the|that'?s|it'?s|rather)\b,?\s*)*)"
    r"([B-HJ-Z]|[b-hj-z]|A)"
    r"(?i:(?:'s (?:fine|good|ok|okay|great|perfect|best|the (?:one|1)))?)"
    r"(?i:\s*(?:,?\s*(?:please|then|it is|is (?:fine|good|ok|great|perfect|ideal)"
    r"|(?:works|suits|will (?:do|work|suit)|would (?:do|work|suit))(?: (?:well|fine|nicely|best"
    r"|great"
    r"|perfectly|better|me|us|for (?:me|us)))*"
    r"|(?:that'?s|that is|that'?ll be|that would be|it'?s) (?:great|fine|good|perfect|lovely"
    r"|ideal|best"
    r"|brilliant|wonderful|the (?:one|1)|all|it)"
    r"|(?:would|will|'d) be (?:fine|good|great|perfect|ideal|lovely|nice|best)|thanks?|thank you"
    r"|(?:sounds|looks) (?:good|great|perfect|fine|nice)|one|court|slot|option|if (?:i"
    r"|we) (?:may|can|could|might)"
    r"|please book it|and(?= thank)|as (?:always|usual"
    r"|ever|before)|again|cheers|thx|for (?:me|us)|book it"
    r"|book that(?: one)?|go ahead|i think|i'?d say)\b)*[.!]*\s*)"
)
"""A letter that stands for an option, and what may surround it."""
