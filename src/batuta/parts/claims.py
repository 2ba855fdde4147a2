"""Whether an answer claims to have done something, for a record that knows of nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batuta.core.tool import Tool

_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_NO_CLAIM = re.compile(
    r"""\?\s*$|\b(?:not?|never|nothing|cannot|can|could|would|will|shall|may|might|must|should|if
    |once|unless|until|before|when|already|fully|all|every|each|other|another|others|someone
    |somebody|else|taken|want|like|to\sbe|yet)\b|n['’]t\b""",
    re.IGNORECASE | re.VERBOSE,
)
_OPENS = r"^\W*(?:done\W+)?(?:{past})\b(?=\W|$)"
_SAYS = (
    r"\b(?:is|are|was|were|been|have|has|had|it|that|i|you|we|now|got)\b(?:['’](?:ve|s|re|m))?(?:\s+(?:now|been|just|successfully"
    r"|also|have|has|\w+ly))*\s+(?:{past})\b"
)
_ALSO = ("confirmed", "reserved")


def claims(text: str, tools: Iterable[Tool]) -> Iterator[str]:
    """Give the sentences of an answer that claim a write was done.

    Args:
        tools: Those that write; what they do, in the past, is what can be claimed.
    """
    verbs = tuple(past for tool in tools if tool.effect == "write" for past in pasts(tool))
    if not verbs:
        return
    plain = text.casefold()
    if not any(past.casefold() in plain for past in (*verbs, *_ALSO)):
        return
    says = _pattern(verbs)
    for sentence in _SENTENCE.findall(text):
        if says.search(sentence) and not _NO_CLAIM.search(sentence):
            yield sentence.strip()


def pasts(tool: Tool) -> Sequence[str]:
    """Give what a tool does in the past: as it says itself, else by its name."""
    if tool.outcome is not None and tool.outcome.verb:
        return (tool.outcome.verb,)
    word = tool.name.split("_")[0].lower()
    return (word + ("d" if word.endswith("e") else "ed"),)


@lru_cache(maxsize=64)
def _pattern(verbs: tuple[str, ...]) -> re.Pattern[str]:
    past = "|".join(map(re.escape, dict.fromkeys([*verbs, *_ALSO])))
    return re.compile(f"{_OPENS}|{_SAYS}".replace("{past}", past), re.IGNORECASE)
