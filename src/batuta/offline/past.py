"""What a text tells of the past before it asks for something: "I booked last week. Book B"."""

from __future__ import annotations

from batuta.offline import doubt_words as doubts
from batuta.offline.doubt import is_quoted
from batuta.offline.request_words import VERBS
from batuta.offline.when_words import MOST_CHARACTERS, normalise, rx

_SENTENCES = r"(?<=[.!;])\s+(?=\S)|,\s+(?=(?:so|now|this time)\b)"
_WHO = (
    r"(?:i|we|it|he|she|they|(?:my|our|the|his|her|their|both|all|some)(?: [a-z]+){1,2}"
    r"|(?-i:[A-Z])[a-z]+)"
)
_DID = (
    r"(?:was|were|had|did|went|got|took|lost|won|came|made|gave|left|felt|met|ran|fell|broke|hurt"
    r"|forgot|found|kept|slept|spent|paid|ate|saw|began|chose|bought|brought|caught|drove|missed"
    r"|(?:\w{2,}(?<!e)ed)|(?:have|has|had|did|could|was|were)(?:n't| not))"
)
_TOLD = (
    rf"^(?:(?:well|so|hi|hello|hey|ok|okay|yesterday|last (?:time|week|month|year|night|{{day}})"
    r"|the (?:last|other) (?:time|day)|(?:this|yesterday) (?:morning|afternoon)|earlier|before|once"
    r"|recently|in the past|back then),? )*"
    rf"{_WHO}(?:'ve| have| has| had|n't)*(?: (?:only|already|just|once|really|always|last|first"
    rf"|also"
    rf"|both"
    rf"|even|nearly|almost))* {_DID}\b"
).replace("{day}", r"\w+day")
"""A sentence that tells what somebody did."""
_WANTED = (
    r"(?i)\b(?:needs?|wants?|like|prefer|wish for|hope for)\b(?: \w+)? (?:an?|the|some|\d+|court"
    r"|slot|one"
    r"|two|three)\b"
)
"""What is wanted beside what was, which the request that follows may speak of."""
_TELLS_OF_WORDS = (
    r"(?:said|told|wrote|written|heard|read|asked|claimed|mentioned|suggested|according|quot\w+"
    r"|recommended|advised|replied|answered|announced|shouted|whispered|typed|recited|instructed"
    r"|ordered|promised|wanted|agreed|meant|copied|pasted|translated|dreamt|dreamed|thought|changed"
    r"|decided|wondered|lied|demanded|begged|insisted|warned|cancel+ed|turned out|was wrong"
    r"|note|e-?mail|message|letter|poster|sign|text|leaflet|advert|slogan|website|page|form|list"
    r"|post"
    r"|(?:got|received|found|saw) (?:this|that|it|the following)\b"
    r"|was mistaken|was about|were about|was going|were going|was supposed|made (?:a|an) )"
)
"""What may make the request that follows somebody's words, or take it back."""


def without_past(text: str) -> str:
    """Drop what a text tells of the past where a request of its own follows.

    The text stays whole where what is told quotes, doubts or takes back something, or is all.

    >>> without_past("I booked a court last week. Book B tomorrow")
    'Book B tomorrow'
    >>> without_past("Anna said this yesterday. Book B tomorrow")
    'Anna said this yesterday. Book B tomorrow'
    """
    if len(text) > MOST_CHARACTERS or rx(_SENTENCES).search(text) is None or is_quoted(text):
        return text
    sentences = rx(_SENTENCES).split(text)
    kept = next((n for n, s in enumerate(sentences) if not tells_past(s)), len(sentences))
    rest = sentences[kept:]
    asked = normalise(rest[0]) if kept and rest else ""
    if not rx(_ASKS).search(asked) or rx(_OF_WHAT_WAS).search(asked):
        return text
    return text[text.index(rest[0], sum(len(s) for s in sentences[:kept])) :]


_OF_WHAT_WAS = (
    r"\b(?:it(?!')|them|those|the same|same (?:one|1|court|again)|that (?:one|1|court)|there)\b"
)
"""Points back to what was told."""
_ASKS = (
    r"^(?:(?:so|now|and|then|this time|today|please|hi|ok|okay|therefore|hence|kindly),? )*"
    r"(?:(?:can|could|would|will|may|might) (?:you|u|i|we)\b|(?:i|we)(?:'d| would|'ll| want"
    r"| need)\b"
    rf"|{VERBS}(?![\w']))"
)
"""Opens a sentence that asks for something."""


_NOT_DONE = (
    r"\b(?:haven't|hasn't|hadn't|didn't|couldn't|wasn't able to|weren't able to)(?: \w+ly| even"
    r"| yet)?"
    r" (?!(?:want|need|ask|mean|like|book|reserv|say|said|agree|order|request|think|intend|plan|car"
    r"|decid|know|tell|told|wish|get|make)\w*\b)\w+"
)
"""What somebody did not do, which refuses nothing."""


def tells_past(sentence: str) -> bool:
    """Say whether a sentence plainly tells what was, and of no words, doubt or refusal."""
    if rx(rf"(?i){_TOLD}").search(sentence) is None or rx(_WANTED).search(sentence):
        return False
    if sentence.rstrip().endswith((":", "?")):
        return False
    plain = rx(_NOT_DONE).sub(" ", normalise(sentence))
    turned = rf"(?<![\w'])(?:{doubts.NEGATIONS}|{_TELLS_OF_WORDS}|if|unless|maybe|whether)(?![\w'])"
    return rx(turned).search(plain) is None
