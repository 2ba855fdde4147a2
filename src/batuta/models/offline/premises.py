"""What a request says of its surroundings: the present time, and what the application is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from batuta.core.message import Message
from batuta.core.model import ModelRequest
from batuta.models.offline.schema import fields_of
from batuta.models.offline.when_words import rx

_NOW = r"Now:\s*(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)"
_STOP = """
about above action after again agent all also always and answer any anything are array ask
asked assistant available before being between boolean but call can cancel change changes
check choice choose confirm confirmation date day days description detail details digits
else enum every field fields find finds first for format free from give given gives good has
have help hour hours how integer into its iso json label last later like list mean message
messages more name named needs never new next none not nothing now null number numbers
object offer offered once one only open option options order ordinal other otherwise over
part person picked picks plain please proposed read reject reply request required restart
result results return returns said say says second see set short show something specialist
start starts string system take task tell text than that the their them then there they
thing things this those time times today tomorrow tool tools type use used user users using
value values want wants was what when where which who will with word words works write you
your yes zone europe london whatever mind said saying
"""
"""Words of instructions and schemas that say nothing of an application's subject."""


def now_of(messages: Sequence[Message]) -> datetime:
    """Read "now" from the system messages.

    Without a ``Now:`` line the start of the Unix era stands in, so that nothing counts as past.
    """
    for message in messages:
        if message.role == "system" and (m := rx(_NOW).search(message.text)):
            return datetime.fromisoformat(m[1])
    return datetime.fromisoformat("1970-01-01T00:00")


def domain_of(request: ModelRequest) -> frozenset[str]:
    """Collect the words that the instructions, tools and fields are about."""
    texts = [m.text for m in request.messages if m.role == "system"]
    for tool in request.tools:
        texts += [tool.name, tool.description]
        texts += [f.words for f in fields_of(tool.parameters)]
    if request.output is not None:
        texts += [f.words for f in fields_of(request.output.schema)]
        texts.append(request.output.description)
    words = rx(r"[a-z]{4,}").findall(" ".join(texts).lower().replace("_", " "))
    stop = set(_STOP.split())
    return frozenset(w.rstrip("s") for w in words if w not in stop)
