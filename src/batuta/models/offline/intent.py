"""What an utterance asks for, by its words and by what was said before it."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Literal

from batuta.models.offline.when_words import rx

Action = Literal["request", "check", "choose", "confirm", "reject", "restart", "cancel", "other"]

_RESTART = r"\b(?:start(?:ing)? (?:over|again|afresh|fresh|from scratch)|begin again|from scratch|reset|from the (?:start|beginning))\b"
_CANCEL = (
    r"\b(?:never ?mind|forget (?:it|that|about|the|my|everything)|cancel(?:l?ing|led)?|cancellation"
    r"|call (?:it|the whole thing|this|that) off|get rid of|scrap (?:it|that|my|the)|drop it"
    r"|no longer (?:want|need|require)|(?:do not|don't|dont) (?:want|need) (?:it|that|my|the|a|anything)"
    r" ?.*any ?more|changed my mind(?!.*\d)|won'?t (?:be able to )?(?:make|need)|can'?t make (?:it|my)"
    r"|free up my|take .{1,30} off the books|undo|abort|quit)\b"
)
_CANCEL_TALK = r"\b(?:cancell?ation (?:policy|fee|charge|terms)|what (?:if|happens)|how (?:do|can|late|long)|can i still cancel|if i cancel)\b"
_YES = (
    r"^(?:(?:oh|ah|well|great|perfect|um+|hmm),? )*(?:yes|yeah|yea|yep|yup|ya|aye|sure|ok(?:ay)?|k|correct|right|exactly|perfect|great"
    r"|fine|cool|awesome|lovely|excellent|wonderful|good|alright|all right|confirm(?:ed)?|agreed|absolutely"
    r"|definitely|certainly|of course|indeed|please do|go ahead|do it|do that|book it|book that|sounds|that works"
    r"|works for me|that'?(?:s| is| would| will| sounds| fits| suits)|that (?:is|was|would|will|sounds|fits|suits|time|1|one)|it (?:does|is|works|sounds)|i (?:confirm|agree|accept)"
    r"|looks|all (?:good|correct|set)|by all means|why not|let'?s (?:do (?:it|that)|go)|i'?ll take (?:it|that)|please)\b"
)
_NO = r"^(?:(?:oh|ah|well|um+|hmm|actually|sorry),? )*(?:no|nope|nah|not|negative|none|neither|never|i don'?t (?:think|want)|don'?t|that'?s not|that is not|actually,? no|that (?:doesn'?t|does not|won'?t)|doesn'?t)\b"
_NOT_REFUSAL = (
    r"^(?:no (?:problem|worries)|not (?:a problem|bad)|no,? that'?s (?:fine|good|perfect|right))\b"
)
_THANKS = r"^(?:(?:ok|okay|great|perfect|cool|alright|many|no),? )*(?:thanks?|thank you|cheers|bye|goodbye|see you|have a (?:good|nice|great)|that'?s (?:all|it)|that (?:is|was|would be|will be) (?:all|it|everything))\b"

_WANT = (
    r"\b(?:(?:i|we|he|she|they)(?:'?d| would| will|'?ll)? ?(?:really |just |also |still )?(?:like|love|want|need|prefer|wish|hope|have to have)"
    r"|(?:want|need|like|looking|trying|hoping|wish|love|going|have) (?:to|for)|needs?|wanna|gimme|give me|get (?:me|us)|can (?:i|we) (?:get|have|grab|book|reserve|borrow)"
    r"|(?:could|may|might) (?:i|we) (?:get|have|book|reserve|borrow)|let'?s|i'?ll (?:take|have|be)|find (?:me|us)|set (?:me|us) up|set up|sign (?:me|us) up"
    r"|help (?:me|us) (?:with|get|book|find)|put (?:me|us) down|pencil|try to get|try (?:and )?get|any chance of|interested in|will be at|in for)\b"
)
_DO = (
    r"\b(?:re-?book|book|reserve|schedule|arrange|hold|secure|grab|organi[sz]e|make (?:me |us |it |that |the |a |an |another |my |our )"
    r"|making (?:the|a|an)|sort out|fix (?:me|us) up|fix up|set up|put in|lock in|order|borrow|lend|rent|hire|buy|get|take)\b"
)
_CHECK = (
    r"\b(?:available|availabilit(?:y|ies)|free|openings?|open|vacan(?:t|cy|cies)|unoccupied|left)\b"
)
_ASKS = (
    r"\?|^(?:is|are|do|does|can|could|would|will|have|any|anything|what|which|when|where|who|how|check|see|show|list|tell|find out|look|am)\b"
    r"|\b(?:is|are) (?:there|any)|\bany(?:thing)?\b|\b(?:do|have) you (?:have|got)|\bcheck\b|\bsee (?:if|what|whether)|\b(?:know|tell me) (?:if|what|whether|which)|\bavailability\b|\blook up\b|^open\b"
)
_OWN = r"\b(?:my|our|the) (?:\w+ ){0,2}?(?:booking|reservation|appointment|slot|court|table|loan)s?\b|\bi (?:have|had|made|booked|got)\b"
_CHANGE = r"\b(?:change|re-?book|re-?schedule|move|shift|switch|modify|amend|alter|update|postpone|push|bring forward|swap|edit|extend)\b"
_TALK = (
    r"^(?:what (?:is|was|are) the reason|why|how (?:do|much|long|far|busy|is|many people|does|can)|where|who|when (?:do|does|is|are|was)|last time"
    r"|tell me (?:a|about)|what(?:'s| is| are) (?:your|the) (?:name|address|price|prices|cost|rules|opening|hours|weather|phone|number))\b"
    r"|\b(?:wasn'?t|weren'?t|was not|stolen|complain|complaint|broken|dirty|lost|forgot|allowed|bring|okay to|ok to|park|parking|refund|price|cost|how much|weather"
    r"|no need to|reason for|last time i|directions|deposit|member(?:ship)?|password|dress code|food|menu|pets?|calendar)\b"
)
_DECLARED = r"^(?:at|on|for|by|from|make it|make that|how about|what about|let'?s|in the|the|this|next|around|maybe)\b"


_OWN_LEISURE = r"\b(?:i|we)(?:'?m| am|'?ll be| will be|'?re| are|'?d be| would be) (?:also |only )?(?:available|free|open)\b"


def _about(text: str, domain: Set[str]) -> bool:
    """Say whether the text names something of the application's own subject."""
    generic = r"\b(?:book(?:ing)?|reserv(?:e|ation)s?|appointments?|slots?|availabilit(?:y|ies)|something|anything|some ?where|session|game)\b"
    words = set(rx(r"[a-z]{3,}").findall(text))
    stems = {w.rstrip("s") for w in words}
    return bool(rx(generic).search(text)) or bool(stems & domain) or not domain


def _is_cancel(text: str) -> bool:
    return bool(rx(_CANCEL).search(text)) and not rx(_CANCEL_TALK).search(text)


def _answer(text: str, *, detailed: bool) -> Action | None:
    """Read the text as a yes or a no to what was proposed."""
    if rx(_NO).search(text) and not rx(_NOT_REFUSAL).search(text):
        return "request" if detailed else "reject"
    if (rx(_YES).search(text) or rx(_NOT_REFUSAL).search(text)) and not detailed:
        return "confirm"
    return None


def _is_talk(text: str, *, ongoing: bool) -> bool:
    return bool(rx(_TALK).search(text)) and not (ongoing and rx(_DECLARED).search(text))


def _wish(text: str, domain: Set[str], *, detailed: bool) -> Action:
    """Tell a request from a question about what is free, and both from anything else."""
    text = rx(_OWN_LEISURE).sub(" ", text)
    asks, free = bool(rx(_ASKS).search(text)), bool(rx(_CHECK).search(text))
    doing, wanting = bool(rx(_DO).search(text)), bool(rx(_WANT).search(text))
    if detailed and (free and asks or rx(r"^(?:(?:please|can you|could you) )?(?:check|look up)\b").search(text)):
        if not doing:
            return "check"
    if not _about(text, domain):
        return "other"
    booking = rx(r"\b(?:book|reserve|schedule|make|hold|secure)\b(?! (?:club|shop))").search(text)
    if free and asks and not (booking and not rx(r"\b(?:is|are) (?:there|any)\b").search(text)):
        return "check"
    if rx(
        r"\b(?:do|have) you (?:have|got)\b|\b(?:is|are) there\b|\bwhat (?:times|slots|courts)\b|\bwhich\b|^(?:check|show|list|see)\b"
    ).search(text):
        return "check"
    if free and rx(r"^(?:any|what|when|which|open|free|available)\b").search(text):
        return "check"
    if doing or wanting:
        return "request"
    if free and not detailed:
        return "check"
    return "request" if detailed or rx(r"\b(?:booking|reservation)\b").search(text) else "other"


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of an utterance beside its words.

    Args:
        detailed: The text itself gives a detail (date, time, a field's value).
        terse: Beside such details it says next to nothing.
        filled: It gives a field other than date or time.
        chosen: It names one of the options offered, or leaves the choice open.
        offered: Options or a proposal stand open.
        ongoing: The assistant has spoken before.
    """

    detailed: bool = False
    terse: bool = False
    chosen: bool = False
    filled: bool = False
    offered: bool = False
    ongoing: bool = False


def action_of(text: str, signs: Signs, domain: Set[str]) -> Action:
    """Name what the user wants with a normalised text.

    Args:
        domain: Words of the application's subject, in the singular.
    """
    if rx(_RESTART).search(text):
        return "restart"
    if _is_cancel(text):
        return "cancel"
    if signs.offered and signs.chosen:
        return "choose"
    if rx(r"\b(?:good)?bye\W*$").search(text):
        return "other"
    if signs.ongoing and (answer := _in_conversation(text, signs)):
        return answer
    if signs.detailed and signs.terse:
        return "request"
    return _opening(text, signs, domain)


def _in_conversation(text: str, signs: Signs) -> Action | None:
    """Read what only makes sense after the assistant has spoken."""
    if rx(_THANKS).search(text) and not signs.detailed:
        return "reject" if text.startswith("no") else "other"
    if answer := _answer(text, detailed=signs.detailed):
        return answer
    if _is_talk(text, ongoing=True) or not signs.detailed:
        return None
    free = rx(_CHECK).search(text) and rx(_ASKS).search(text)
    return "check" if free and not rx(r"\b(?:book|reserve|make)\b").search(text) else "request"


def _opening(text: str, signs: Signs, domain: Set[str]) -> Action:
    """Read a text that stands by itself."""
    if _is_talk(text, ongoing=signs.ongoing):
        return "other"
    if not signs.ongoing and rx(_CHANGE).search(text) and rx(_OWN).search(text):
        return "other"
    answer = _answer(text, detailed=signs.detailed)
    if answer and len(text.split()) < 5:
        return answer
    return _wish(text, frozenset[str]() if signs.filled else domain, detailed=signs.detailed)
