"""How diagram languages write a sequence, and what they must not read as more than text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Syntax:
    """How one language writes a sequence diagram; ``{}`` are ids and escaped texts."""

    opening: str
    closing: str
    user: str
    party: str
    call: str
    reply: str
    failure: str
    note: str
    escape: Callable[[str], str]


def _mermaid_text(text: str) -> str:
    """Write as ``#35;`` whatever Mermaid reads as more than text.

    Source: the sequence lexer, ``encodeEntities``, ``getRows`` and ``parseMessage`` of mermaid
    11.17; some look for words.
    """
    coded = _MERMAID_MARKS.sub(lambda found: _coded(found[0], "#{};"), text)
    return _MERMAID_WORDS.sub(lambda found: found[1] + _coded(found[2], "#{};"), coded)


def _plantuml_text(text: str) -> str:
    """Write as ``<U+0023>`` whatever PlantUML or its Creole reads as more than text.

    Source: https://plantuml.com/creole; tried with PlantUML 1.2019.06, which cannot write a
    backslash in that way.
    """
    coded = _PLANTUML_MARKS.sub(lambda found: _coded(found[0], "<U+{:04X}>"), text)
    return coded.replace("\\", "\\\\")


def _coded(text: str, code: str) -> str:
    return "".join(code.format(ord(char)) for char in text)


_MERMAID_MARKS = re.compile(r"[#;<>&%`\\]|\${2,}")
_MERMAID_WORDS = re.compile(r"(styl|classDe|wra)(e|f|p)", re.IGNORECASE)
_PLANTUML_MARKS = re.compile(r"[%#<&~|“”«»]|([*/_\"'\[\]{}=.-])\1+|/'|'/|^[*=._/\-]")


MERMAID = Syntax(
    opening="sequenceDiagram",
    closing="",
    user="    actor {0} as {1}",
    party="    participant {0} as {1}",
    call="    {0}->>{1}: {2}",
    reply="    {0}-->>{1}: {2}",
    failure="    {0}--x{1}: {2}",
    note="    Note over {0}: {2}",
    escape=_mermaid_text,
)
PLANTUML = Syntax(
    opening="@startuml",
    closing="@enduml",
    user='actor "{1}" as {0}',
    party='participant "{1}" as {0}',
    call="{0} -> {1} : {2}",
    reply="{0} --> {1} : {2}",
    failure="{0} -->x {1} : {2}",
    note="note over {0} : {2}",
    escape=_plantuml_text,
)
